internal import FleetDiagnostics

/// GitHub-flavoured Markdown for a comment on a merge request or a job's summary.
///
/// A heading with the verdict, a table of the places, and each finding as on the terminal, folded
/// away. All text of users stands in code spans or fenced blocks, where nothing of it is markup, a
/// link or a mention. A comment may have 65,536 characters; what goes beyond is counted.
struct MarkdownReport: ReportFormat {
  let name = "markdown"
  let purpose = "a comment on a merge request, a job's summary"

  /// Room for the findings, under GitHub's limit for a comment.
  private static let limit = 60_000

  func render(_ report: DiagnosticsReport) -> String {
    let outcome = report.isSound ? "sound" : "not sound"
    let counts = HumanDiagnostics.summary(report.findings)
    var text = "### fleetctl validate: \(outcome), \(counts)\n\n\(Self.code(report.verdict))\n"
    guard !report.findings.isEmpty else { return text }
    var rows = "\n| | rule | place | what |\n|---|---|---|---|\n"
    var details = ""
    var shown = 0
    for finding in report.findings {
      let row = row(finding)
      let detail = detail(finding, of: report)
      let size = text.utf8.count + rows.utf8.count + details.utf8.count
      guard size + row.utf8.count + detail.utf8.count <= Self.limit else { break }
      rows += row
      details += detail
      shown += 1
    }
    text += rows + details
    if shown < report.findings.count {
      let more = HumanDiagnostics.grouped(report.findings.count - shown)
      text += "\nAnd \(more) more; `fleetctl validate --format json` lists all.\n"
    }
    return text
  }

  private func row(_ finding: Diagnostic) -> String {
    let place = [finding.span?.description, finding.address].compactMap { $0 }
      .map { text in
        escapingBytes(in: Self.code(text)) { $0 == UInt8(ascii: "|") ? "\\|" : nil }
      }
      .joined(separator: " ")
    return "| \(finding.severity.rawValue) | `\(finding.rule.slug)` \(finding.rule.code) "
      + "| \(place) | \(finding.rule.summary) |\n"
  }

  private func detail(_ finding: Diagnostic, of report: DiagnosticsReport) -> String {
    var page = DiagnosticPage(sources: report.sources, ink: Ink(isOn: false))
    page.write(finding, explaining: true)
    let fence = String(repeating: "`", count: max(3, Self.longestRun(in: page.text) + 1))
    let place =
      (finding.span?.description ?? finding.address)
      .map { " <code>\(Self.html($0))</code>" } ?? ""
    return """

      <details><summary>\(finding.severity.rawValue) <code>\(finding.rule.slug)</code>\
      \(place)</summary>

      \(fence)text
      \(page.text)\(fence)

      </details>

      """
  }

  /// Returns `text` as a code span that it cannot leave (CommonMark 0.31, 6.1).
  private static func code(_ text: String) -> String {
    let shown = displayable(text)
    let ticks = String(repeating: "`", count: longestRun(in: shown) + 1)
    let touches = shown.utf8.first == 0x60 || shown.utf8.last == 0x60
    let pad = touches || shown.isEmpty ? " " : ""
    return ticks + pad + shown + pad + ticks
  }

  /// The length of the longest run of backticks.
  private static func longestRun(in text: String) -> Int {
    var longest = 0
    var run = 0
    for byte in text.utf8 {
      run = byte == 0x60 ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }

  private static func html(_ text: String) -> String {
    escapingMarkup(in: displayable(text))
  }
}
