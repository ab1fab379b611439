/// A name of one kind of thing, so that a node's name never stands where a role's is meant.
///
/// Grammar: 1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit.
package struct Identifier<Tag>: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The name as written.
  package let name: String

  /// Returns nil when `name` breaks the grammar.
  @inlinable
  package init?(_ name: String) {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= 64, Self.isAlphanumeric(first) else { return nil }
    let allowed = bytes.allSatisfy {
      Self.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
    }
    guard allowed else { return nil }
    self.name = name
  }

  @inlinable
  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// The name.
  package var description: String { name }

  /// Orders by UTF-8 bytes.
  package static func < (left: Self, right: Self) -> Bool { left.name < right.name }
}

/// Tag of `NodeID`.
package enum NodeTag {}
/// Tag of `RoleID`.
package enum RoleTag {}
/// Id of a node, a key of `nodes:` in fleet.yaml.
package typealias NodeID = Identifier<NodeTag>
/// Name of a role (or of a component that roles share, such as `nginx`).
package typealias RoleID = Identifier<RoleTag>
