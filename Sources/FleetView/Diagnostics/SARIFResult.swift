internal import FleetDiagnostics

/// One finding as a SARIF `result` (3.27).
struct SARIFResult {
  private let finding: Diagnostic
  private let report: DiagnosticsReport
  private var paths: ReportPaths { report.paths }

  init(_ finding: Diagnostic, of report: DiagnosticsReport) {
    self.finding = finding
    self.report = report
  }

  /// The `level` of a severity.
  static func level(_ severity: Severity) -> String {
    switch severity {
    case .error: "error"
    case .warning: "warning"
    case .info: "note"
    }
  }

  /// Returns the object; `fingerprint` names the finding from run to run.
  func value(ruleIndex: Int, fingerprint: String) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("ruleId", .string(finding.rule.code)),
      ("ruleIndex", .int(ruleIndex)),
      ("level", .string(Self.level(finding.severity))),
      ("message", text(message)),
      ("locations", [location]),
      ("partialFingerprints", ["fleetctlFinding/v1": .string(fingerprint)]),
    ]
    if !finding.related.isEmpty {
      members.append(("relatedLocations", .array(relatedLocations)))
    }
    let fixes = finding.suggestions.filter { !$0.edits.isEmpty }.map(fix)
    if !fixes.isEmpty { members.append(("fixes", .array(fixes))) }
    return .object(members)
  }

  /// The sentences, and the cures below them.
  private var message: String {
    ([finding.detail] + finding.suggestions.map { "help: " + $0.message }).joined(separator: "\n")
  }

  private func text(_ text: String) -> JSONValue {
    ["text": .string(SARIFPlaces.message(text))]
  }

  /// The place in the file, or the whole file for what has none, and the resource.
  private var location: JSONValue {
    let physical =
      finding.span.map { SARIFPlaces.physical($0, paths) }
      ?? ["artifactLocation": SARIFPlaces.artifact(report.subject, paths)]
    var members: [(String, JSONValue)] = [("physicalLocation", physical)]
    let logical = [logical(finding.address, "resource"), logical(finding.path, "value")]
      .compactMap { $0 }
    if !logical.isEmpty { members.append(("logicalLocations", .array(logical))) }
    return .object(members)
  }

  private func logical(_ name: String?, _ kind: JSONValue) -> JSONValue? {
    name.map { ["fullyQualifiedName": .string($0), "kind": kind] }
  }

  private var relatedLocations: [JSONValue] {
    finding.related.enumerated().map { index, place in
      var members: [(String, JSONValue)] = [("id", .int(index))]
      if let span = place.span {
        members.append(("physicalLocation", SARIFPlaces.physical(span, paths)))
      }
      members.append(("message", text(place.message)))
      return .object(members)
    }
  }

  /// A `fix` (3.55): the edits by file, in the order in which the files appear.
  private func fix(_ suggestion: Suggestion) -> JSONValue {
    var files: [String] = []
    for edit in suggestion.edits where !files.contains(edit.span.file) {
      files.append(edit.span.file)
    }
    let changes = files.map { file -> JSONValue in
      let edits = suggestion.edits.filter { $0.span.file == file }
      return [
        "artifactLocation": SARIFPlaces.artifact(file, paths),
        "replacements": .array(edits.map(replacement)),
      ]
    }
    return ["description": text(suggestion.message), "artifactChanges": .array(changes)]
  }

  private func replacement(_ edit: Suggestion.Edit) -> JSONValue {
    [
      "deletedRegion": SARIFPlaces.region(edit.span),
      "insertedContent": ["text": .string(edit.text)],
    ]
  }
}
