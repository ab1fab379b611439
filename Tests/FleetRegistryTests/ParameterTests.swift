import FleetDiagnostics
import FleetModel
import FleetRender
import Testing

@testable import FleetRegistry

@Suite struct `Parameters of roles` {
  private let yaml = """
    params:
      big: {type: size, default: "{{ params.small * 5 / 4 }}", doc: d}
      small: {type: size, default: 4GiB, min: 1GiB, max: 64GiB, doc: d}
      port: {type: port, default: 6379, doc: d}
      count: {type: int, default: 3, min: 1, doc: d}
      mode: {type: enum, values: [fast, slow], default: fast, doc: d}
      wait: {type: duration, default: 30s, doc: d}
      tls: {type: bool, default: "{{ settings.multi_user }}", doc: d}
      where: {type: path, default: /opt/x, doc: d}
      url: {type: url, default: "https://example.org/x", doc: d}
      names: {type: list, default: [a, b], doc: d}
      text: {type: string, default: "", doc: d}

    """

  private func resolve(
    _ fleet: [String: RawValue] = [:],
    _ node: [String: RawValue] = [:]
  ) -> (values: [String: Value], findings: String) {
    guard let role = role(yaml).role else { return ([:], role(yaml).findings) }
    let source = SourceText(name: "fleet.yaml", text: "x")
    let span = SourceSpan(file: "fleet.yaml", start: source.place(at: 0), end: source.place(at: 1))
    var diagnostics = Diagnostics()
    let values = ParameterValues.resolve(
      role: role,
      fleet: fleet.mapValues { Located($0, at: span) },
      node: node.mapValues { Located($0, at: span) },
      scope: ["settings": .map(["multi_user": .bool(true)])],
      into: &diagnostics
    )
    return (values, described(diagnostics))
  }

  @Test func `come from defaults, the fleet, then the node`() {
    let (values, findings) = resolve(
      ["small": .text("8GiB"), "count": .text("4")],
      ["count": .text("5"), "names": .list([.text("c")])]
    )
    #expect(findings == "")
    #expect(values["small"] == .size(ByteCount(bytes: 8 << 30)))
    #expect(values["big"] == .size(ByteCount(bytes: 10 << 30)))
    #expect(values["count"] == .int(5))
    #expect(values["names"] == .list([.string("c")]))
    #expect(values["tls"] == .bool(true))
    #expect(values["port"] == .int(6379))
  }

  @Test(arguments: [
    (
      "smal", "8GiB",
      "Role `x` has no parameter `smal`. Did you mean `small`? Did you mean `small`?"
    ),
    (
      "small", "30s",
      "`x.small` must be a size such as `6GiB`, but `30s` stands here. This is a duration; sizes are written `6GiB`."
    ),
    ("small", "1MiB", "`x.small` must be at least `1GiB`, but `1MiB` stands here."),
    ("small", "1TiB", "`x.small` must be at most `64GiB`, but `1TiB` stands here."),
    ("port", "0", "`x.port` must be a port number from 1 to 65535, but `0` stands here."),
    ("port", "65536", "`x.port` must be a port number from 1 to 65535, but `65536` stands here."),
    ("port", "http", "`x.port` must be a port number from 1 to 65535, but `http` stands here."),
    ("count", "007", "`x.count` must be a whole number, but `007` stands here."),
    (
      "count", "3GiB",
      "`x.count` must be a whole number, but `3GiB` stands here. This parameter has no unit."
    ),
    ("mode", "fst", "`x.mode` is `fst`, which is none of `fast`, `slow`. Did you mean `fast`?"),
    (
      "wait", "30",
      "`x.wait` must be a duration such as `30s`, but `30` stands here. Say which unit: `30s` is seconds, `30m` minutes."
    ),
    ("tls", "yes", "`x.tls` must be `true` or `false`, but `yes` stands here. Write `true`."),
    ("where", "opt", "`x.where` must be an absolute path, but `opt` stands here."),
    ("where", "/a/../b", "`x.where` must be an absolute path, but `/a/../b` stands here."),
    ("url", "ftp://x", "`x.url` must be a URL, but `ftp://x` stands here."),
    ("names", "a", "`x.names` must be a list, but `a` stands here."),
    ("text", "a\nb", "`x.text` holds a control character."),
  ])
  func `that do not fit are findings, and the default counts`(
    name: String,
    text: String,
    finding: String
  ) {
    let (values, findings) = resolve([:], [name: .text(text)])
    #expect(findings == "fleet.yaml:1:1 parameter-invalid \(finding)")
    if name != "smal" { #expect(values[name] == resolve().values[name]) }
  }

  @Test func `of another kind are findings`() {
    #expect(resolve(["port": .list([])]).findings.contains("but a list stands here"))
    #expect(resolve(["text": .map([:])]).findings.contains("but a mapping stands here"))
  }

  private func resolved(_ params: String) -> String {
    guard let role = role("params: \(params)\n").role else {
      return role("params: \(params)\n").findings
    }
    var diagnostics = Diagnostics()
    let values = ParameterValues.resolve(
      role: role,
      fleet: [:],
      node: [:],
      scope: [:],
      into: &diagnostics
    )
    #expect(values.count == role.parameters.count)
    return described(diagnostics)
  }

  @Test func `without default must be given`() {
    #expect(
      resolved("{a: {type: int, doc: What it is.}}").contains(
        "Role `x` needs the parameter `a`: What it is."
      )
    )
  }

  @Test func `whose defaults go in a circle are findings, not an endless loop`() {
    let circle =
      "{a: {type: int, default: \"{{ params.b }}\", doc: d}, b: {type: int, default: \"{{ params.a }}\", doc: d}}"
    #expect(resolved(circle).contains("has no value yet"))
  }

  @Test func `whose default comes out of type are findings in role yaml`() {
    #expect(
      resolved("{a: {type: int, default: \"{{ 'x' }}\", doc: d}}").hasPrefix("x/role.yaml:4:")
    )
  }
}
