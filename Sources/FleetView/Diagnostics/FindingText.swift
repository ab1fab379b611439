internal import FleetDiagnostics

/// The words of one finding for formats that have only a place and a text: what stands on the human
/// page, without the source lines.
struct FindingText {
  /// How many related places are named; the text of an annotation is bounded.
  private static let placeLimit = 10

  private let finding: Diagnostic
  private let report: DiagnosticsReport

  init(_ finding: Diagnostic, of report: DiagnosticsReport) {
    self.finding = finding
    self.report = report
  }

  /// `port-collision (FLT3101): Two roles on one node claim the same port`.
  var title: String {
    "\(finding.rule.slug) (\(finding.rule.code)): \(displayable(finding.rule.summary))"
  }

  /// The file, relative to the root where it lies inside it.
  var file: String {
    let name = finding.span?.file ?? report.subject
    return displayable(report.paths.relative(name) ?? report.paths.absolute(name))
  }

  /// The sentences, the resource, the other places, the cures and the command that explains.
  ///
  /// Displayable text with line feeds.
  var lines: [String] {
    var lines = displayable(finding.detail, keepingNewlines: true)
      .split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    if let address = finding.address { lines.append("at: " + displayable(address)) }
    let related = finding.related.prefix(Self.placeLimit)
    for place in related {
      let prefix = place.span.map { displayable($0.description) + ": " } ?? ""
      lines.append("note: " + prefix + displayable(place.message))
    }
    if finding.related.count > related.count {
      let more = HumanDiagnostics.grouped(finding.related.count - related.count)
      lines.append("note: and \(more) more places; --format json lists all")
    }
    for suggestion in finding.suggestions {
      lines.append("help: " + displayable(suggestion.message))
      for edit in suggestion.edits {
        lines.append("  " + EditText(edit, in: report.sources[edit.span.file]).sentence)
      }
    }
    lines.append("see: fleetctl explain \(finding.rule.slug)")
    return lines
  }
}
