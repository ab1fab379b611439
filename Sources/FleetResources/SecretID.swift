/// A secret of a role: role and name, as in `secrets['redis.redis_password']`.
package struct SecretID: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Role that owns it.
  package let role: String
  /// Name within the role.
  package let name: String

  /// Makes an id.
  package init(role: String, name: String) {
    self.role = role
    self.name = name
  }

  /// `redis.redis_password`.
  package var description: String { "\(role).\(name)" }
  /// Orders by role, then name.
  package static func < (left: Self, right: Self) -> Bool {
    (left.role, left.name) < (right.role, right.name)
  }
}
