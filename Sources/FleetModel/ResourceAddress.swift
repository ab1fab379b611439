/// The kinds of resources (DESIGN section 7), as they stand in addresses.
package enum ResourceKind: String, Hashable, Sendable, Comparable, CaseIterable {
  case aptSource = "apt-source"
  case package, group, user, dir, archive, secret, certificate, source, step
  case file, link, sysctl
  case dropIn = "drop-in"
  case unit, database, firewall

  /// Orders kinds as apply goes through them on one node.
  package static func < (left: Self, right: Self) -> Bool { left.order < right.order }

  private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Where a thing is: `node.web-1`, `node.web-1/role.redis`, `node.web-1/file:/etc/redis.conf`.
package struct ResourceAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The node.
  package let node: NodeID
  /// The kind.
  package let kind: ResourceKind
  /// Kind-specific name: a path, a unit, a package.
  package let name: String

  /// Makes an address.
  ///
  /// `name` must hold no control character; callers check values beforehand.
  package init(_ node: NodeID, _ kind: ResourceKind, _ name: String) {
    self.node = node
    self.kind = kind
    self.name = name
  }

  /// `node.web-1/file:/etc/redis.conf`.
  package var description: String { "node.\(node)/\(kind.rawValue):\(name)" }

  /// Orders by node, then kind in apply order, then name.
  package static func < (left: Self, right: Self) -> Bool {
    if left.node != right.node { return left.node < right.node }
    if left.kind != right.kind { return left.kind < right.kind }
    return left.name < right.name
  }
}
