/// One file of a source tree.
package struct SourceFile: Sendable, Hashable {
  /// Path relative to the target, `/`-separated, no `..`.
  package var path: String
  /// SHA-256 of the content in hex.
  package var sha256: String
  /// Whether it is executable.
  package var executable: Bool

  /// Makes an entry.
  package init(path: String, sha256: String, executable: Bool) {
    self.path = path
    self.sha256 = sha256
    self.executable = executable
  }
}

/// `source:`: a tree of the operator's machine, copied file by file; only what we put there is deleted.
package struct SourceSpec: Sendable, Hashable {
  /// Folder on the operator's machine.
  package var localPath: String
  /// Folder on the node.
  package var target: String
  /// Owner and group of the files.
  package var ownership: Ownership
  /// Its files, sorted by path; nil when the tree is not at hand (the plan says `blocked`).
  package var files: [SourceFile]?
  /// Why `files` is nil.
  package var missing: String?
  /// What a change means for units.
  package var effect: ChangeEffect

  /// Makes a source.
  package init(
    localPath: String,
    target: String,
    ownership: Ownership,
    files: [SourceFile]?,
    missing: String? = nil,
    effect: ChangeEffect = ChangeEffect()
  ) {
    self.localPath = localPath
    self.target = target
    self.ownership = ownership
    self.files = files
    self.missing = missing
    self.effect = effect
  }

  /// Where the node keeps the list of what we put there (`sha256 flag path` a line).
  package var manifestPath: String {
    "/var/lib/fleetctl/sources/" + target.dropFirst().map { $0 == "/" ? "_" : String($0) }.joined()
  }
}
