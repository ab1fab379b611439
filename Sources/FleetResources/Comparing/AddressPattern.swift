package import FleetModel

/// A glob over addresses: `node.web-*`, `*/unit:redis*.service`, `node.web-1/role.redis`.
///
/// `*` stands for any characters, `?` for one. A pattern without `/` names nodes and means all that
/// is on them.
package struct AddressPattern: Sendable, Hashable {
  /// The pattern as written.
  package let text: String
  private let node: Glob
  private let rest: Glob?
  /// Whether the second part names a role and not a resource.
  private let namesRole: Bool

  /// Makes a pattern; any text is one, though perhaps one that matches nothing.
  package init(_ text: String) {
    self.text = text
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    node = Glob(parts.first ?? "")
    rest = parts.count > 1 ? Glob(parts[1]) : nil
    namesRole = parts.count > 1 && parts[1].hasPrefix("role.")
  }

  /// Whether anything on `node` can be meant.
  package func speaks(of node: NodeID) -> Bool { self.node.matches("node.\(node)") }

  /// Whether `address`, wanted by `role`, is meant.
  package func matches(_ address: ResourceAddress, role: String) -> Bool {
    guard node.matches("node.\(address.node)") else { return false }
    guard let rest else { return true }
    return rest.matches(namesRole ? "role.\(role)" : "\(address.kind.rawValue):\(address.name)")
  }
}
