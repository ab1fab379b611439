package import FleetDiagnostics

/// One name of a path such as `params.port`, with its place.
package struct PathPart: Hashable, Sendable {
  /// The name.
  package let name: String
  /// Where it stands.
  package let span: SourceSpan
}
