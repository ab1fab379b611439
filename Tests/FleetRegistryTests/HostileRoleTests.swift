import FleetDiagnostics
import FleetRegistry
import Testing

@Suite struct HostileRoleTests {
  private func load(_ text: String) -> (role: Role?, found: [Diagnostic]) {
    let file = SourceText(name: "roles/mine/role.yaml", text: text)
    let (registry, diagnostics) = Registry.load(files: [file], over: nil)
    return (registry.role("mine"), diagnostics.all)
  }

  /// Found by the fuzzer: such a role was left out without a word.
  @Test(arguments: ["name:", "name: ~", "name: &mine"])
  func aRoleWhoseNameHasNoValueIsAnError(name: String) {
    let (role, found) = load(name + "\nsummary: s\nlayer: shared\n")
    #expect(role == nil)
    #expect(found.map(\.rule) == [.missingKey])
    #expect(found.first?.detail == "`name` has no value in a role.")
    #expect(found.first?.span?.start.line == 1)
  }

  @Test func aHealthCheckWithoutAKindIsOneError() {
    let (_, found) = load("name: mine\nsummary: s\nlayer: shared\nhealth: [{kind: }]\n")
    #expect(found.map(\.detail) == ["`kind` has no value in a health check."])
  }

  @Test(arguments: [
    "/srv/a b", "/srv/a;b", "/srv/$(x)", "/srv/../etc", "/srv/../\u{301}x", "srv", "/srv/'a'",
    "/srv/",
  ])
  func aPathParameterIsOneCleanWord(path: String) {
    let (_, found) = load(
      "name: mine\nsummary: s\nlayer: shared\nparams:\n  dir: {type: path, doc: d, default: \"\(path)\"}\n"
    )
    #expect(found.map(\.rule) == [.invalidValue], "\(path)")
    #expect(found.first?.span?.start.line == 5)
  }

  @Test func aVersionWithoutQuotesIsReportedWhereTextIsMeant() {
    let (role, found) = load(
      "name: mine\nsummary: s\nlayer: shared\nparams:\n  v: {type: string, doc: d, default: 1.10}\n"
        + "  flag: {type: bool, doc: d, default: true}\n"
    )
    #expect(role != nil)
    #expect(found.map(\.rule) == [.yamlAmbiguousScalar])
    #expect(found.first?.suggestions.first?.edits.first?.text == "\"1.10\"")
  }

  @Test(arguments: [
    "../../shadow.service", "web", ".service", "-x.service", "a b.service", "web.services",
    "@.service", "w\u{e9}b.service", "a;b.service",
  ])
  func aUnitsNameCannotLeaveItsFolder(name: String) {
    let (_, found) = load(
      "name: mine\nsummary: s\nlayer: shared\nunits:\n"
        + "  - {name: \"\(name)\", sections: {Service: {ExecStart: [/bin/true]}}}\n"
    )
    #expect(found.map(\.rule) == [.invalidValue], "\(name)")
    #expect(found.first?.span?.start.line == 5)
    #expect(found.first?.detail.contains("`\(name)` is no full name of a unit: ") == true)
  }

  @Test(arguments: ["../x.conf", "x", ".conf", "a/b.conf", "x.conf.bak"])
  func aDropInsFileNameIsOneThatSystemdReads(name: String) {
    let (_, found) = load(
      "name: mine\nsummary: s\nlayer: shared\ndrop_ins:\n"
        + "  - {unit: nginx.service, name: \(name), sections: {Service: {Nice: 5}}}\n"
    )
    #expect(found.map(\.rule) == [.invalidValue], "\(name)")
    #expect(found.first?.span?.start.line == 5)
  }

  @Test(arguments: ["../evil", "a b", "-a", "a;b"])
  func aPackageSourcesNameIsOneWord(name: String) {
    let (_, found) = load(
      "name: mine\nsummary: s\nlayer: shared\napt_sources:\n"
        + "  - {name: \"\(name)\", uris: [https://x.example], suites: [stable]}\n"
    )
    #expect(
      found.map(\.detail) == [
        "`name`: `\(name)` is no name: 1 to 64 letters, digits, `.`, `_` and `-`."
      ]
    )
  }
}
