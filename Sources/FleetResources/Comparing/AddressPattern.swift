package import FleetModel

/// A glob over addresses: `node.web-*`, `*/unit:redis*.service`, `node.web-1/role.redis`.
///
/// `*` stands for any characters, `?` for one. A pattern without `/` names nodes and means all that
/// is on them.
package struct AddressPattern: Sendable, Hashable {
  /// The pattern as written.
  package let text: String
  private let node: [UInt8]
  private let rest: [UInt8]?

  /// Makes a pattern; any text is one, though perhaps one that matches nothing.
  package init(_ text: String) {
    self.text = text
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    node = Array((parts.first ?? "").utf8)
    rest = parts.count > 1 ? Array(parts[1].utf8) : nil
  }

  /// Whether `address`, wanted by `role`, is meant.
  package func matches(_ address: ResourceAddress, role: String) -> Bool {
    guard Self.glob(node, Array("node.\(address.node)".utf8)) else { return false }
    guard let rest else { return true }
    if rest.starts(with: "role.".utf8) { return Self.glob(rest, Array("role.\(role)".utf8)) }
    return Self.glob(rest, Array("\(address.kind.rawValue):\(address.name)".utf8))
  }

  /// Matches greedily with one place to go back to, so that the cost stays quadratic at worst.
  private static func glob(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
    var (at, position) = (0, 0)
    var (star, mark) = (-1, 0)
    while position < text.count {
      if at < pattern.count, pattern[at] == 0x2A {
        (star, mark) = (at, position)
        at += 1
      } else if at < pattern.count, pattern[at] == text[position] || pattern[at] == 0x3F {
        at += 1
        position += 1
      } else if star >= 0 {
        mark += 1
        (at, position) = (star + 1, mark)
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == 0x2A }
  }
}
