/// `database:NAME`.
package struct DatabaseSpec: Sendable, Hashable {
  /// Database.
  package var name: String
  /// Its owner.
  package var owner: String

  /// Makes a database.
  package init(name: String, owner: String) {
    self.name = name
    self.owner = owner
  }
}
