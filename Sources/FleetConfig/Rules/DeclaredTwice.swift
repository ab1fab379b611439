internal import FleetDiagnostics

/// Finds what two files of a fleet declare under one name.
///
/// *What it does*: compares the nodes, groups, sources and role parameters of all included files.
/// *Why it matters*: one declaration would hide the other, depending on the order of reading.
/// *Example*: `nodes: {web-1: …}` in `fleet.yaml` and in a file that it includes.
/// *Instead*: one declaration, in one of the files.
enum DeclaredTwice {
  /// The finding about `what` ("The node `web-1`"), declared at `span` and before at `other`.
  static func finding(
    _ what: String,
    at span: SourceSpan?,
    other: SourceSpan?,
    path: String? = nil
  ) -> Diagnostic {
    let file = other.map { " in `\($0.file)`" } ?? ""
    return Diagnostic(
      .declaredTwice,
      "\(what) is declared\(file) already. Keep one of the two.",
      at: span,
      related: [RelatedSpan("declared here already", at: other)],
      path: path
    )
  }
}
