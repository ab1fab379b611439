package import FleetResources

/// Where the compiler learns what a source tree of the operator holds.
///
/// The file system is outside the pure core; `FleetCommands` implements this, tests give a table.
package protocol SourceTrees {
  /// The files below `path` of the source `source`, sorted by path, without those that `excludes`
  /// names (`venv/` a folder anywhere, `*.pyc` a suffix, `.env` a name).
  func files(of source: String, path: String, excludes: [String]) -> SourceTree
}

/// What is known about a source tree.
package enum SourceTree: Sendable {
  /// It is here: its folder on the operator's machine, and its files.
  case found(localPath: String, files: [SourceFile])
  /// It is not, and why, with what to do.
  case missing(localPath: String, why: String)
}
