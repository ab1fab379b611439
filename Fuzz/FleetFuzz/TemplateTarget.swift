internal import FleetDiagnostics
internal import FleetModel
internal import FleetRender

/// Templates, expressions and the texts that unit files, environments and package sources are made of.
enum TemplateTarget {
  static func run(_ bytes: [UInt8]) {
    let source = SourceText(name: "app.conf", bytes: bytes)
    var first = Diagnostics()
    let rendered = Template.parse(source, into: &first)?.render(scope, into: &first)
    Findings.check(first, in: [source])
    demand(rendered != nil || first.hasErrors, "nothing rendered and no error")
    var second = Diagnostics()
    let again = Template.parse(source, into: &second)?.render(scope, into: &second)
    demand(rendered == again && first == second, "rendering is not deterministic")
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    expression(text, source)
    unit(text)
    environment(text)
  }

  private static let scope: Scope = [
    "text": .string("it's $x %n \"a\" \\"), "word": .string("web-1"), "number": .int(7),
    "flag": .bool(true), "size": .size(ByteCount(bytes: 6 << 30)),
    "time": .duration(TimeSpan(milliseconds: 90_000)), "list": .list([.string("a"), .string("b")]),
    "map": .map(["port": .int(80), "none": .absent("it is not given")]),
    "secret": .secret(SecretRef(role: "r", name: "s"), as: .plain),
  ]

  private static func expression(_ text: String, _ source: SourceText) {
    let whole = SourceSpan(
      file: source.name,
      start: source.place(at: 0),
      end: source.place(at: source.bytes.count)
    )
    var diagnostics = Diagnostics()
    _ = Expression.parse(text, span: whole, in: source, into: &diagnostics)?
      .evaluate(scope, into: &diagnostics)
    Findings.check(diagnostics, in: [source])
  }

  /// Whatever the value holds, the unit has one line more than without it, and no other directive.
  private static func unit(_ text: String) {
    for name in ["Description", "ExecStart", "Environment", "MemoryMax", "ReadWritePaths"] {
      let value: UnitValue =
        switch name {
        case "ExecStart": .list([.one(.string("/bin/echo")), .one(.string(text))])
        case "Environment": .map([UnitAssignment("A", .string(text))])
        default: .one(.string(text))
        }
      let section = name == "Description" ? "Unit" : "Service"
      var diagnostics = Diagnostics()
      let unit = UnitFile.render(
        .dropIn,
        sections: [UnitSection(section, [UnitDirective(name, value)])],
        into: &diagnostics
      )
      demand(unit != nil || diagnostics.hasErrors, "no unit and no error")
      guard let unit else { continue }
      let lines = unit.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      demand(lines.count == 4, "\(name) became \(lines.count) lines")
      // By scalars: a combining mark behind `=` makes another character of it.
      demand(lines[2].starts(with: "\(name)=".unicodeScalars), "\(name) became \(lines[2])")
      demand(lines[2].last != "\\", "\(name) goes on in the next line")
    }
  }

  private static func environment(_ text: String) {
    guard let quoted = EnvironmentText.quote(text) else { return }
    demand(!quoted.utf8.contains { $0 < 0x20 }, "a control character in an environment")
    let isQuoted = quoted.utf8.first == 0x22
    demand(isQuoted == (quoted != text), "\(quoted.debugDescription) is neither plain nor quoted")
  }
}
