package import FleetModel

/// One printable difference between what is and what should be.
///
/// Never holds a secret.
package struct Difference: Sendable, Hashable, Codable {
  /// What differs: `content`, `mode`, `owner`, `state`, `enabled`, `version`, a key of an env file.
  package var attribute: String
  /// How it is, as read from the node; may hold hostile text, made printable where it is shown.
  package var before: String
  /// How it should be.
  package var after: String

  /// Makes a difference.
  package init(_ attribute: String, before: String, after: String) {
    self.attribute = attribute
    self.before = before
    self.after = after
  }
}

/// Text before and after of something that can be shown as a diff.
package struct TextChange: Sendable, Hashable {
  /// Bytes on the node; nil when nothing is there.
  package var before: [UInt8]?
  /// Bytes wanted; nil when nothing should be there.
  package var after: [UInt8]?

  /// Makes a change.
  package init(before: [UInt8]?, after: [UInt8]?) {
    self.before = before
    self.after = after
  }
}

/// The distance between what is and what should be, and the actions that close it.
package struct Gap: Sendable, Hashable {
  /// Actions in the order in which they run; one for all kinds but units.
  package var actions: [ActionWord]
  /// What differs, for people.
  package var differences: [Difference]
  /// Content for a diff; nil where there is none or where it holds secrets.
  package var text: TextChange?
  /// Whether more than mode and owner changes: only that concerns the processes that read it.
  package var changesContent: Bool {
    if actions == [.adopt] { return false }
    return actions != [.update]
      || differences.contains { $0.attribute != "mode" && $0.attribute != "owner" }
  }

  /// Content differs but must not be shown.
  package var hidesContent = false
  /// Why, beyond the differences: `/etc/redis.conf changes`.
  package var because: [String] = []
  /// Resources of this node whose change causes this one.
  package var causedBy: [ResourceAddress] = []
  /// Caused by what a process has loaded, not by a change of this plan.
  package var isRestartDebt = false
  /// systemd must read its units again before the actions: a definition changed since it last did.
  package var needsDaemonReload = false
  /// A restart that is due but that a policy holds back; says which.
  package var pending: String?
  /// Paths of somebody else's that are overwritten or deleted: a copy of each is kept on the node first.
  package var keeps: [String] = []
  /// It was somebody else's, and `--adopt` names it.
  package var isTakeover = false

  /// Makes a gap.
  package init(_ actions: [ActionWord], _ differences: [Difference] = [], text: TextChange? = nil) {
    self.actions = actions
    self.differences = differences
    self.text = text
  }
}

/// The verdict over one resource of one node.
package enum Comparison: Sendable, Hashable {
  /// It is as it should be.
  case inSync
  /// It differs, and the actions that close the gap.
  case differs(Gap)
  /// It will differ, but its final value exists only once `producer` was made.
  case knownAfterApply(Gap, producer: ResourceAddress, reason: String)
  /// It could not be seen; nothing is done.
  case unknown(String)
  /// It must not be touched as things are; a sentence why and one that says what to do.
  case blocked(String, remedy: String)
  /// It is somebody else's, and this is what taking it over would change; like `blocked` until
  /// `--adopt` names it.
  case foreign(Gap, String, remedy: String)
  /// A restart is due that a policy holds back; the process goes on as it is.
  case pending(String, remedy: String)

  /// The gap, if something is to be done.
  package var gap: Gap? {
    switch self {
    case .differs(let gap), .knownAfterApply(let gap, _, _): gap
    case .inSync, .unknown, .blocked, .foreign, .pending: nil
    }
  }

  /// Whether nothing may be done that needs it.
  package var isBlocked: Bool {
    switch self {
    case .blocked, .foreign: true
    case .inSync, .differs, .knownAfterApply, .unknown, .pending: false
    }
  }
}
