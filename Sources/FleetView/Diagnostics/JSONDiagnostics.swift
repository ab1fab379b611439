package import FleetDiagnostics

/// Renders findings as the one JSON document of `--format json` (DESIGN section 5).
///
/// `line` and `column` are 1-based, a column and the offsets into `code` count Unicode scalars,
/// `byte` is 0-based. Every member is always there; what does not apply is null. Long lines are cut
/// in `code`, with offsets to match.
package enum JSONDiagnostics {
  /// Version of the document; the first number changes when a reader could break.
  package static let formatVersion = "1.0"

  /// Returns the document, indented, with a final line feed.
  ///
  /// `sorted` stand in the order of `Diagnostics.sorted()`, `sources` under the names of the spans.
  package static func render(
    _ sorted: [Diagnostic],
    sources: [String: SourceText]
  ) -> String {
    document(sorted, sources: sources).rendered(pretty: true) + "\n"
  }

  /// Returns the document as a value, for commands that embed it.
  package static func document(
    _ sorted: [Diagnostic],
    sources: [String: SourceText]
  ) -> JSONValue {
    let errors = sorted.count { $0.severity == .error }
    let warnings = sorted.count { $0.severity == .warning }
    return [
      "format_version": .string(formatVersion),
      "valid": .bool(errors == 0),
      "error_count": .int(errors),
      "warning_count": .int(warnings),
      "diagnostics": .array(sorted.map { object($0, sources: sources) }),
    ]
  }

  /// Returns one finding as an object, also for events and plans.
  package static func object(
    _ diagnostic: Diagnostic,
    sources: [String: SourceText]
  ) -> JSONValue {
    [
      "severity": .string(diagnostic.severity.rawValue),
      "code": .string(diagnostic.rule.code),
      "rule": .string(diagnostic.rule.slug),
      "summary": .string(diagnostic.rule.summary),
      "detail": .string(diagnostic.detail),
      "address": JSONValue(diagnostic.address),
      "path": JSONValue(diagnostic.path),
      "range": range(diagnostic.span),
      "snippet": snippet(diagnostic.span, sources: sources),
      "related": .array(diagnostic.related.map(related)),
      "suggestions": .array(diagnostic.suggestions.map(suggestion)),
      "help_uri": .string(diagnostic.rule.helpURI),
    ]
  }

  private static func related(_ place: RelatedSpan) -> JSONValue {
    ["message": .string(place.message), "range": range(place.span)]
  }

  private static func suggestion(_ suggestion: Suggestion) -> JSONValue {
    let edits = suggestion.edits.map { edit -> JSONValue in
      ["range": range(edit.span), "text": .string(edit.text)]
    }
    return ["message": .string(suggestion.message), "edits": .array(edits)]
  }

  private static func range(_ span: SourceSpan?) -> JSONValue {
    guard let span else { return .null }
    return [
      "filename": .string(span.file), "start": place(span.start), "end": place(span.end),
    ]
  }

  private static func place(_ place: SourcePlace) -> JSONValue {
    ["line": .int(place.line), "column": .int(place.column), "byte": .int(place.byte)]
  }

  private static func snippet(
    _ span: SourceSpan?,
    sources: [String: SourceText]
  ) -> JSONValue {
    guard let span, let source = sources[span.file] else { return .null }
    let excerpt = source.excerpt(of: span, before: 80, length: 400)
    return [
      "code": .string(excerpt.text),
      "start_line": .int(span.start.line),
      "highlight_start_offset": .int(excerpt.highlight.lowerBound),
      "highlight_end_offset": .int(excerpt.highlight.upperBound),
    ]
  }
}
