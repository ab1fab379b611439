/// `secret:`: made once on its owner node, kept in an env file under a key.
package struct SecretSpec: Sendable, Hashable {
  /// Identity.
  package var id: SecretID
  /// File that keeps it.
  package var file: String
  /// Key in that file.
  package var key: String
  /// Length in characters of `A-Za-z0-9`.
  package var length: Int
  /// Owner, group, mode of the file when it is made here.
  package var ownership: Ownership

  /// Makes a secret.
  package init(id: SecretID, file: String, key: String, length: Int, ownership: Ownership) {
    self.id = id
    self.file = file
    self.key = key
    self.length = length
    self.ownership = ownership
  }
}
