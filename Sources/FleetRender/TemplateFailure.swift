internal import FleetDiagnostics

/// Why a template or an expression has no result, before it becomes a finding.
struct TemplateFailure: Error {
  let detail: String
  let span: SourceSpan
  let suggestion: String?

  init(_ detail: String, at span: SourceSpan, suggestion: String? = nil) {
    self.detail = detail
    self.span = span
    self.suggestion = suggestion
  }

  var diagnostic: Diagnostic {
    Diagnostic(
      .templateError,
      detail,
      at: span,
      suggestions: suggestion.map { [Suggestion($0)] } ?? []
    )
  }
}

/// Runs `body` and turns its failure into a finding.
func reporting<Result>(
  into diagnostics: inout Diagnostics,
  _ body: () throws(TemplateFailure) -> Result
) -> Result? {
  do {
    return try body()
  } catch {
    diagnostics.add(error.diagnostic)
    return nil
  }
}
