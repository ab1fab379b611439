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
  package var display: String { "\(modeText) \(owner):\(group)" }

  /// `0640`.
  package var modeText: String {
    let octal = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - octal.count)) + octal
  }

  /// What differs between this, as seen, and `wanted`.
  func differences(to wanted: Ownership) -> [Difference] {
    var differences: [Difference] = []
    if mode != wanted.mode {
      differences.append(Difference("mode", before: modeText, after: wanted.modeText))
    }
    if owner != wanted.owner || group != wanted.group {
      let (before, after) = ("\(owner):\(group)", "\(wanted.owner):\(wanted.group)")
      differences.append(Difference("owner", before: before, after: after))
    }
    return differences
  }

  /// The three arguments MODE OWNER GROUP of an operation.
  var arguments: [String] { [modeText, owner, group] }
}
