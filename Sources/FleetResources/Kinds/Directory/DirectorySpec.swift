/// `dir:`.
package struct DirectorySpec: Sendable, Hashable {
  /// Absolute path.
  package var path: String
  /// Owner, group, mode.
  package var ownership: Ownership
  /// Data: kept when the role goes.
  package var data: Bool

  /// Makes a directory.
  package init(path: String, ownership: Ownership, data: Bool) {
    self.path = path
    self.ownership = ownership
    self.data = data
  }
}
