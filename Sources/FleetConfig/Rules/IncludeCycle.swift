internal import FleetDiagnostics

/// Finds files that include each other in a circle.
///
/// *What it does*: follows `include` from the main file; a file that is still being read is met again.
/// *Why it matters*: there is no first file, so nobody can say what the fleet is.
/// *Example*: `web.yaml` with `include: [db.yaml]`, and `db.yaml` with `include: [web.yaml]`.
/// *Instead*: move what both need into a third file that includes neither.
enum IncludeCycle {
  /// The finding about a circle of `edges`, each with the name of the file that it leads to.
  ///
  /// The last edge closes the circle: it leads to the file in which the first one stands.
  static func finding(
    _ edges: [(name: String, span: SourceSpan?)],
    at span: SourceSpan
  ) -> Diagnostic {
    let start = edges.last?.name ?? span.file
    let steps = edges.map { "`\($0.name)`" }
    let chain =
      steps.count == 1
      ? "`\(start)` includes itself."
      : "`\(start)` includes " + steps.joined(separator: ", which includes ") + " again."
    return Diagnostic(
      .includeCycle,
      chain + " Remove one of these lines; what several files need goes into a file of its own.",
      at: span,
      related: edges.dropLast().map { RelatedSpan("this includes `\($0.name)`", at: $0.span) }
    )
  }
}
