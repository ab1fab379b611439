/// `database:role/NAME`.
package struct DatabaseRoleSpec: Sendable, Hashable {
  /// PostgreSQL role.
  package var name: String
  /// Its password.
  package var password: SecretID

  /// Makes a role.
  package init(name: String, password: SecretID) {
    self.name = name
    self.password = password
  }
}
