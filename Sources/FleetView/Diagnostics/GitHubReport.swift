internal import FleetDiagnostics

/// Workflow commands of GitHub Actions, which become annotations of the changed lines.
///
/// One line a finding: `::error file=,line=,endLine=,col=,endColumn=,title=::message`. Escaping as in
/// the runner's `ActionCommand`: `%`, CR and LF in the message, `:` and `,` too in properties. GitHub
/// wants no columns where a finding spans lines. A sound fleet prints nothing.
struct GitHubReport: ReportFormat {
  let name = "github"
  let purpose = "GitHub Actions: annotations of the lines"

  func render(_ report: DiagnosticsReport) -> String {
    report.findings.map { command($0, of: report) }.joined()
  }

  private func command(_ finding: Diagnostic, of report: DiagnosticsReport) -> String {
    let text = FindingText(finding, of: report)
    var properties = [("file", text.file)]
    if let span = finding.span {
      properties.append(("line", String(span.start.line)))
      properties.append(("endLine", String(max(span.start.line, span.end.line))))
      if span.end.line == span.start.line {
        properties.append(("col", String(span.start.column)))
        properties.append(("endColumn", String(max(span.start.column, span.end.column))))
      }
    }
    properties.append(("title", text.title))
    let list = properties.map { "\($0.0)=\(Self.escaped(property: $0.1))" }.joined(separator: ",")
    let message = Self.escaped(message: text.lines.joined(separator: "\n"))
    return "::\(Self.word(finding.severity)) \(list)::\(message)\n"
  }

  private static func word(_ severity: Severity) -> String {
    switch severity {
    case .error: "error"
    case .warning: "warning"
    case .info: "notice"
    }
  }

  /// Escapes the text behind the second `::`.
  private static func escaped(message: String) -> String {
    escapingBytes(in: message) { byte in
      switch byte {
      case UInt8(ascii: "%"): "%25"
      case UInt8(ascii: "\r"): "%0D"
      case UInt8(ascii: "\n"): "%0A"
      default: nil
      }
    }
  }

  /// Escapes the value of a property.
  private static func escaped(property: String) -> String {
    escapingBytes(in: escaped(message: property)) { byte in
      switch byte {
      case UInt8(ascii: ":"): "%3A"
      case UInt8(ascii: ","): "%2C"
      default: nil
      }
    }
  }
}
