internal import FleetModel
internal import FleetRegistry

/// Which roles are on which node: what `RolePlacing` found.
struct Placement: Sendable {
  /// One role on one node.
  struct Slot: Sendable {
    /// Index of the node.
    let node: UInt32
    /// Number of the profile.
    let profile: UInt32
    /// Where the node lists the role; negative where the fleet added it.
    let position: Int32
  }

  /// Nodes in the order of the file, on each node the roles as written, then the automatic ones by name.
  var slots: [Slot] = []
  /// The range of `slots` of each node.
  var nodeRanges: [Range<Int>] = []
  /// Indices of the slots of each role, in node order.
  var indicesByRole: [String: [Int]] = [:]
  /// All profiles, by their numbers.
  var profiles: [RoleProfile] = []
  /// Whether a node names a role that the registry does not have.
  var hasUnknownRoles = false
  /// Whether a node names a role twice.
  var hasRepeatedRoles = false
  /// Which nodes have the same profiles.
  var sets = ProfileSets()

  /// The profile of the slot at `index`.
  func profile(at index: Int) -> RoleProfile { profiles[Int(slots[index].profile)] }

  /// The slots, in order, whose profile `isWanted`, which is asked once for each profile.
  func indices(where isWanted: (RoleProfile) -> Bool) -> [Int] {
    let wanted = profiles.map(isWanted)
    guard wanted.contains(true) else { return [] }
    return slots.indices.filter { wanted[Int(slots[$0].profile)] }
  }
}
