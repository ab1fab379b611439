import FleetDiagnostics
import FleetTestSupport
import Testing

@testable import FleetView

/// Text of users in every member of a finding changes the text of a format and never its structure.
@Suite struct HostileReportTests {
  private static let hostile = [
    "::error::x", "x\n::error::y", "x\r\n::y", "%0A%25", "a,b=c:d", "<b>&\"'", "]]></failure>",
    "<\u{338}/failure\u{338}>", "\"\u{301}", "```\n</details>\n# x", "| x |\n|---|", "{0}](x)",
    "\u{1B}[31m\u{7}", "\u{202E}\u{200B}\u{FEFF}", "\u{0}\u{7F}\u{9B}", "\u{FFFE}\u{FFFF}",
    "\\\"\\u0000", "\u{301}", "\u{2028}", "", " ", "\u{1F600}\u{10FFFF}",
  ]

  private func report(_ text: String) -> DiagnosticsReport {
    let marked = MarkedText("a: 1️⃣\(text) x2️⃣\nb: 3️⃣c4️⃣", name: "dir/\(text)f.yaml")
    let finding = Diagnostic(
      .portCollision,
      text,
      at: marked.span(1, 2),
      related: [RelatedSpan(text, at: marked.span(3, 4)), RelatedSpan(text, at: nil)],
      address: "node.\(text)",
      path: "/\(text)",
      suggestions: [Suggestion(text, edits: [.init(replace: marked.span(3, 4), with: text)])]
    )
    var report = DiagnosticsReport(
      [finding, Diagnostic(.noLLM, text), Diagnostic(.memoryExceeded, text, severity: .info)],
      sources: [marked.source.name: marked.source],
      subject: text + "fleet.yaml",
      verdict: text,
      version: "1.2.3"
    )
    report.paths = ReportPaths(roots: ["/a/b"], working: "/a/b/c")
    return report
  }

  @Test(arguments: hostile, ["sarif", "gitlab", "json"])
  func aDocumentKeepsItsShape(text: String, format: String) throws {
    let format = try #require(ReportFormats.named(format))
    let value = try JSONValue(parsing: Array(format.render(report(text)).utf8))
    let plain = try JSONValue(parsing: Array(format.render(report("plain")).utf8))
    #expect(shape(value) == shape(plain))
  }

  @Test(arguments: hostile)
  func anElementStaysOne(text: String) {
    let tags = /<(\/?[a-z-]+)/
    let names = JUnitReport().render(report(text)).matches(of: tags).map(\.output.1)
    #expect(names == JUnitReport().render(report("plain")).matches(of: tags).map(\.output.1))
    let bytes = JUnitReport().render(report(text)).utf8
    #expect(bytes.count { $0 == UInt8(ascii: "<") } == names.count + 1, "and the declaration")
  }

  @Test(arguments: hostile)
  func aCommandStaysOneLine(text: String) {
    let lines = GitHubReport().render(report(text)).utf8.split { $0 == 0x0A || $0 == 0x0D }
      .map { String(decoding: $0, as: UTF8.self) }
    #expect(lines.map { $0.prefix { $0 != " " } } == ["::error", "::warning", "::notice"])
    let heads = lines.map { line in
      line.dropFirst(2).utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1)[0]
        .count { $0 == UInt8(ascii: ",") }
    }
    // A finding over several lines has no columns.
    let isLong = text.utf8.contains(0x0A)
    #expect(heads == [isLong ? 3 : 5, 1, 1])
  }

  @Test(arguments: hostile, ReportFormats.names)
  func nothingInvisibleIsLeft(text: String, format: String) throws {
    let format = try #require(ReportFormats.named(format))
    let dangerous = format.render(report(text)).unicodeScalars.filter {
      ($0.value < 0x20 && $0 != "\n") || (0x7F...0x9F).contains($0.value) || isInvisible($0)
    }
    #expect(dangerous.isEmpty)
  }

  /// The value with every text and number taken out, keys kept.
  private func shape(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements): .array(elements.map(shape))
    case .object(let members): .object(members.map { JSONMember($0.key, shape($0.value)) })
    case .string: .string("")
    case .int: .int(0)
    case .bool, .null: value
    }
  }
}
