import FleetDiagnostics
import FleetRegistry
import FleetTestSupport
import Testing

/// The reference of keys in docs/role-format.md is a role that the decoder reads.
@Suite struct RoleDocumentTests {
  /// The reference, with something in place of each `…`.
  private static let example: String = {
    let text = SourceTree.text(at: SourceTree.root + "/docs/role-format.md") ?? ""
    let part = text.split(separator: "```yaml\n").dropFirst().first ?? ""
    let block = part.prefix(upTo: part.firstRange(of: "\n```")?.lowerBound ?? part.startIndex)
    return String(block).replacing("name: redis\nkind", with: "name: x\nkind")
      .replacing(", …", with: "").replacing("{…}", with: "{}")
      .replacing("[…]", with: "[a.service]")
      .replacing("when: \"…\"", with: "when: settings.multi_user")
      .replacing("…", with: "x")
  }()

  /// Every key is known, every value has its kind; only the names that an excerpt uses and another
  /// part of a role declares are not there.
  @Test func theReferenceHasOnlyKeysAndKindsOfTheDecoder() {
    let file = SourceText(name: "roles/x/role.yaml", text: Self.example)
    let (_, diagnostics) = Registry.load(files: [file], over: Registry.builtIn().0)
    let others = diagnostics.sorted().filter { finding in
      !finding.detail.contains(/^`(params|ports)` has no `\w+`\.$/)
        && !finding.detail.contains(/^`[\w.]+` is no (port|secret|file)\b/)
    }
    #expect(others.map { "\($0.span?.start.line ?? 0): \($0.detail)" } == [])
    #expect(Self.example.split(separator: "\n").count > 150)
  }

  @Test func theReferenceNamesEveryKeyOfTheFile() throws {
    let lines = Self.example.split(separator: "\n")
    for member in try #require(RoleSchema.json["properties"]?.members) {
      #expect(lines.contains { $0.hasPrefix(member.key + ":") }, "\(member.key)")
    }
  }
}
