import FleetDiagnostics
import FleetRegistry
import FleetTestSupport
import Testing

/// A fleet with marks, validated: what the tests of the requirements look at.
struct MarkedRun {
  let marked: MarkedText
  let run: Validation

  init(_ text: String, registry: Registry = .repository, strict: Bool = false) {
    marked = MarkedText(text)
    run = Validation(marked.source, registry: registry, strict: strict)
  }

  /// Expects exactly one finding of the rule on `address`, at the marks, with these related places
  /// and this text.
  @discardableResult
  func expect(
    _ rule: Rule,
    _ code: String,
    on address: String? = nil,
    at place: (Int, Int),
    related: [(Int, Int)?] = [],
    _ detail: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Diagnostic {
    let findings = run.findings(rule).filter { address == nil || $0.address == address }
    #expect(findings.count == 1, "\(findings.map(\.detail))", sourceLocation: sourceLocation)
    let finding = try #require(findings.first, sourceLocation: sourceLocation)
    #expect(finding.rule.code == code, sourceLocation: sourceLocation)
    #expect(finding.detail == detail, sourceLocation: sourceLocation)
    #expect(finding.span == marked.span(place.0, place.1), sourceLocation: sourceLocation)
    #expect(
      finding.related.map(\.span) == related.map { $0.map { marked.span($0.0, $0.1) } },
      sourceLocation: sourceLocation
    )
    return finding
  }

  /// Applies the edits of every suggestion of the findings of `rule`, each alone, and expects that its
  /// finding is gone.
  func expectEditsCure(
    _ rule: Rule,
    edits: Int,
    registry: Registry = .repository,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var applied = 0
    for finding in run.findings(rule) {
      for suggestion in finding.suggestions where !suggestion.edits.isEmpty {
        let text = marked.source.applying(suggestion.edits)
        let after = Validation(text, registry: registry)
        applied += 1
        #expect(
          after.diagnostics.all.allSatisfy { !$0.rule.code.hasPrefix("FLT1") },
          "\(suggestion.message): not YAML any more\n\(text)",
          sourceLocation: sourceLocation
        )
        #expect(
          !after.findings(rule).contains { $0.detail == finding.detail },
          "\(suggestion.message)\n\(text)",
          sourceLocation: sourceLocation
        )
        #expect(
          after.findings(rule).count < run.findings(rule).count,
          "\(suggestion.message)\n\(text)",
          sourceLocation: sourceLocation
        )
      }
    }
    #expect(applied == edits, sourceLocation: sourceLocation)
  }
}

extension SourceText {
  /// The text with the edits made, the last one first.
  func applying(_ edits: [Suggestion.Edit]) -> String {
    var bytes = Array(self.bytes)
    for edit in edits.sorted(by: { $0.span.start.byte > $1.span.start.byte }) {
      bytes.replaceSubrange(edit.span.start.byte..<edit.span.end.byte, with: edit.text.utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
