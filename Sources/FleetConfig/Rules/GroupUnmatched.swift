internal import FleetDiagnostics

/// Finds patterns and labels of groups that match no node.
///
/// *What it does*: compares each pattern under `nodes` and the labels of a group with all nodes.
/// *Why it matters*: a misspelt selector is a group whose nodes silently lack their roles.
/// *Example*: `db: {labels: {zone: aa}}` where the nodes have `zone: a`.
/// *Instead*: a selector that matches; remove a group that has no nodes.
enum GroupUnmatched {
  /// The finding that says `what`, a sentence.
  static func finding(
    _ what: String,
    at span: SourceSpan?,
    _ path: String,
    _ suggestions: [Suggestion]
  ) -> Diagnostic {
    Diagnostic(
      .groupUnmatched,
      what + " Correct it, or remove the group if it has no nodes.",
      at: span,
      path: path,
      suggestions: suggestions
    )
  }
}
