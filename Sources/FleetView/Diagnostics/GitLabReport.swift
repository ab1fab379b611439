internal import FleetDiagnostics

/// The Code Quality report of GitLab, a subset of Code Climate's issues.
///
/// One object a finding with `description`, `check_name`, `fingerprint` (no two alike),
/// `severity` and `location` with a path relative to the repository and the first line.
struct GitLabReport: ReportFormat {
  let name = "gitlab"
  let purpose = "GitLab: Code Quality report"

  func render(_ report: DiagnosticsReport) -> String {
    var fingerprints = Fingerprints(report.paths)
    let issues = report.findings.map { finding -> JSONValue in
      let text = FindingText(finding, of: report)
      let begin = finding.span?.start.line ?? 1
      let end = max(begin, finding.span?.end.line ?? 1)
      return [
        "description": .string(text.title + "\n" + text.lines.joined(separator: "\n")),
        "check_name": .string(finding.rule.slug),
        "fingerprint": .string(fingerprints.next(finding)),
        "severity": .string(Self.severity(finding.severity)),
        "location": [
          "path": .string(text.file), "lines": ["begin": .int(begin), "end": .int(end)],
        ],
      ]
    }
    return JSONValue.array(issues).rendered(pretty: true) + "\n"
  }

  /// One of GitLab's `info`, `minor`, `major`, `critical` and `blocker`.
  private static func severity(_ severity: Severity) -> String {
    switch severity {
    case .error: "critical"
    case .warning: "minor"
    case .info: "info"
    }
  }
}
