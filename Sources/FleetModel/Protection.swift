/// The forms of one entry of `protect`.
package enum Protection {
  /// Whether `text` may stand in `protect` of the fleet: a role, or an address with its node.
  package static func isInFleet(_ text: String) -> Bool {
    if isRole(text) { return true }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let node = parts.first, node == "*" || node.hasPrefix("node.") && node.utf8.count > 5
    else { return false }
    return parts.count == 1 || isThing(parts[1])
  }

  /// Whether `text` may stand in `protect` of a node: a role, or an address without its node.
  package static func isOnNode(_ text: String) -> Bool {
    text == "*" || isRole(text) || isThing(text[...])
  }

  /// Whether `text` is the name of a role, not an address.
  package static func isRole(_ text: String) -> Bool {
    !text.hasPrefix("node.") && !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
      } && !text.hasPrefix("role.")
  }

  /// `role.NAME` or `KIND:NAME` with a kind that exists, or a glob of one.
  private static func isThing(_ text: Substring) -> Bool {
    if text == "*" || text.hasPrefix("role.") && text.utf8.count > 5 { return true }
    let parts = text.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return false }
    let kind = Glob(parts[0])
    return ResourceKind.allCases.contains { kind.matches($0.rawValue) }
  }
}
