package import FleetDiagnostics

extension Registry {
  /// Whether `role` is one of those compiled into the binary: its file is not on the user's disk.
  ///
  /// A role of `role_paths` that replaces a built-in one is the user's.
  package static func isBuiltIn(_ role: Role) -> Bool {
    let (embedded, _) = builtIn()
    let own = embedded.roles[role.name] ?? embedded.components[role.name]
    return own?.span == role.span
  }

  /// Returns a labelled place inside the file of `role`.
  ///
  /// A built-in role has no file to open: the words name its file and line, and there is no place.
  package static func place(in role: Role, at span: SourceSpan, _ message: String) -> RelatedSpan {
    guard isBuiltIn(role) else { return RelatedSpan(message, at: span) }
    return RelatedSpan("\(message) (\(span.file), line \(span.start.line))", at: nil)
  }
}
