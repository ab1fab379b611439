internal import FleetDiagnostics

/// One way to write a report down.
///
/// A new format is a file with a type of this kind and a line in `ReportFormats.all`.
package protocol ReportFormat: Sendable {
  /// The word after `--format` and before `=` in `--report`.
  var name: String { get }
  /// Who reads it, for the help.
  var purpose: String { get }
  /// Returns the whole text, ending in a line feed unless it is empty.
  func render(_ report: DiagnosticsReport) -> String
}

/// The formats that findings can be told in.
package enum ReportFormats {
  /// The format of whoever names none.
  package static let human: any ReportFormat = HumanReport()

  /// All formats, in the order of the help.
  package static let all: [any ReportFormat] = [
    human, JSONReport(), SARIFReport(), JUnitReport(), GitHubReport(), GitLabReport(),
    MarkdownReport(),
  ]

  /// The names of all formats, in the order of the help.
  package static var names: [String] { all.map(\.name) }

  /// Returns the format called `name`.
  package static func named(_ name: String) -> (any ReportFormat)? {
    all.first { $0.name == name }
  }

  /// Says that there is no format called `name`, with the nearest name and all that there are.
  package static func unknown(_ name: String) -> String {
    let meant = NearestName.question(name, in: names).map { " \($0)" } ?? ""
    return "There is no format \(quoted(displayable(name))).\(meant) "
      + "The formats are \(names.joined(separator: ", "))."
  }
}

/// Findings for people, and the verdict below them.
struct HumanReport: ReportFormat {
  let name = "human"
  let purpose = "people, in a terminal"

  func render(_ report: DiagnosticsReport) -> String {
    HumanDiagnostics.render(report.findings, sources: report.sources, colour: report.colour)
      + displayable(report.verdict) + "\n"
  }
}

/// The document of DESIGN section 5.
struct JSONReport: ReportFormat {
  let name = "json"
  let purpose = "scripts: one document with every finding (docs/json-output.md)"

  func render(_ report: DiagnosticsReport) -> String {
    JSONDiagnostics.render(report.findings, sources: report.sources)
  }
}
