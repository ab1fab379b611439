/// Owner, group and permission bits of a path.
package struct Ownership: Sendable, Hashable {
  /// User name.
  package var owner: String
  /// Group name.
  package var group: String
  /// Permission bits, `0o640`.
  package var mode: Int

  /// Makes an ownership.
  package init(owner: String, group: String, mode: Int) {
    self.owner = owner
    self.group = group
    self.mode = mode
  }

  /// `0640 root:redis`.
  package var display: String {
    let octal = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - octal.count)) + octal + " \(owner):\(group)"
  }
}
