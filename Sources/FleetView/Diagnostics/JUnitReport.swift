internal import FleetDiagnostics

/// JUnit's XML as Jenkins and GitLab read it.
///
/// One suite for the file. Its cases: each finding is one, in the class `fleetctl.RULE`, an error as
/// `failure`, a warning as `skipped` (shown, but it does not fail the build), a note as a passed case
/// with output. When every rule could be applied, each rule without a finding is a passed case too,
/// so that a sound fleet has cases and a rule that begins to fail is told as such.
struct JUnitReport: ReportFormat {
  let name = "junit"
  let purpose = "Jenkins, GitLab and others: test report (XML)"

  func render(_ report: DiagnosticsReport) -> String {
    let cases = cases(of: report)
    let counts =
      "tests=\"\(cases.count)\" failures=\"\(report.findings.count { $0.severity == .error })\""
      + " errors=\"0\""
    let skipped = report.findings.count { $0.severity == .warning }
    let file = Self.attribute(report.subject)
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="fleetctl validate" \(counts)>
        <testsuite name="\(file)" \(counts) skipped="\(skipped)">
      \(cases.joined())    <system-out>\(Self.escaped(report.verdict))</system-out>
        </testsuite>
      </testsuites>

      """
  }

  private func cases(of report: DiagnosticsReport) -> [String] {
    var names: [String: Int] = [:]
    var cases = report.findings.map { finding in
      let name = finding.address ?? finding.path ?? "fleet"
      let key = finding.rule.slug + "\u{0}" + name
      names[key, default: 0] += 1
      let number = names[key] == 1 ? "" : " (\(names[key] ?? 0))"
      return testCase(finding, name: name + number, of: report)
    }
    guard report.isCheckedWhole else { return cases }
    let broken = Set(report.findings.map(\.rule.slug))
    for rule in report.rules where !broken.contains(rule.slug) {
      cases.append("    <testcase classname=\"fleetctl.\(rule.slug)\" name=\"no finding\"/>\n")
    }
    return cases
  }

  private func testCase(
    _ finding: Diagnostic,
    name: String,
    of report: DiagnosticsReport
  ) -> String {
    let text = FindingText(finding, of: report)
    let place = finding.span.map { displayable($0.description) + "\n" } ?? ""
    let body = Self.escaped(place + text.lines.joined(separator: "\n"))
    let message = "message=\"\(Self.attribute(finding.rule.summary))\""
    let type = "type=\"\(finding.rule.code)\""
    let content =
      switch finding.severity {
      case .error: "<failure \(type) \(message)>\(body)</failure>"
      case .warning: "<skipped \(type) \(message)>\(body)</skipped>"
      case .info: "<system-out>\(body)</system-out>"
      }
    return """
          <testcase classname="fleetctl.\(finding.rule.slug)" name="\(Self.attribute(name))">
            \(content)
          </testcase>

      """
  }

  /// Text of an element: markup escaped, and nothing that XML 1.0 forbids (section 2.2): controls are
  /// shown as pictures, the two non-characters as U+FFFD.
  private static func escaped(_ text: String) -> String {
    var legal = String.UnicodeScalarView()
    for scalar in displayable(text, keepingNewlines: true).unicodeScalars {
      legal.append(scalar == "\u{FFFE}" || scalar == "\u{FFFF}" ? "\u{FFFD}" : scalar)
    }
    return escapingMarkup(in: String(legal))
  }

  /// Value of an attribute in double quotes; a reader would turn a line feed into a space.
  private static func attribute(_ text: String) -> String {
    escapingBytes(in: escaped(text)) { byte in
      switch byte {
      case UInt8(ascii: "\""): "&quot;"
      case UInt8(ascii: "\n"): "&#10;"
      default: nil
      }
    }
  }
}
