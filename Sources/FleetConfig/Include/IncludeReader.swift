package import FleetDiagnostics

/// What came of reading an included file.
package enum IncludeAnswer: Sendable {
  /// Its text, and what is the same for all ways to name the file (its real path).
  case text(SourceText, identity: String)
  /// Why it cannot be read, in words that end a sentence, and names of files beside it.
  case unreadable(why: String, nearby: [String])
}

/// Reads included files for the decoder, which itself touches none.
///
/// Takes a path relative to the main file's folder (or absolute, or beginning with `~/`) and the most
/// bytes that count; one more byte shows that there are more.
package typealias IncludeReader = (_ path: String, _ limit: Int) -> IncludeAnswer

/// What a fleet in several files may cost; beyond it is `yaml-limit`.
package enum IncludeLimits {
  /// The most files, the main one counted.
  package static let files = 1_000
  /// The most bytes of all files together.
  package static let bytes = 16 << 20
  /// The longest chain of files that include each other, the main one counted.
  package static let depth = 16
}
