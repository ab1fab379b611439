internal import FleetModel

/// The forms of `Protection` as patterns (ECMA 262); what a glob of kinds matches is left to fleetctl.
enum ProtectionPattern {
  private static let clean = "[^\\u0000-\\u001f\\u007f-\\u009f]"
  private static let role = "(?!node\\.|role\\.)[A-Za-z0-9._-]+"
  private static let kind =
    ResourceKind.allCases.map(\.rawValue).joined(separator: "|") + "|[a-z-]*[*?\\[][a-z*?\\[\\]!-]*"
  private static let thing = "(\\*|role\\.\(clean)+|(\(kind)):\(clean)+)"

  /// A role, or an address with its node.
  static let inFleet =
    "^(\(role)|(\\*|node\\.[^/\\u0000-\\u001f\\u007f-\\u009f]+)(/\(thing))?)$"
  /// A role, or an address without its node.
  static let onNode = "^(\(role)|\(thing))$"
}
