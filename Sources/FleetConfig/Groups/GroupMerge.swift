internal import FleetDiagnostics
internal import FleetModel

/// Hands the values of groups on to their nodes, as defaults: what a node says itself wins, key by key.
///
/// Roles are added to the node's own, parameter by parameter for a role that it lists itself. A reserved
/// node that a pattern or a label selects gets no roles; one that a group names by its id does, and
/// `reserved-node` reports it.
struct GroupMerge {
  private let groups: [NodeGroup]
  /// For each group the nodes that it names by their id.
  private var named: [Set<Int>] = []
  /// For each combination of groups that occurred what they say together.
  private var defaults: [[Int]: GroupDefaults] = [:]
  private var conflicts = GroupConflict()

  /// Finds the members of all groups and merges; reports what selects nothing and what disagrees.
  static func apply(to fleet: inout Fleet, into diagnostics: inout Diagnostics) {
    guard !fleet.groups.isEmpty else { return }
    var members = GroupMembers(fleet.nodes, isIncomplete: fleet.isPartial)
    var named: [Set<Int>] = []
    var groupsOf: [[Int]] = Array(repeating: [], count: fleet.nodes.count)
    for index in fleet.groups.indices {
      let selection = members.select(fleet.groups[index])
      fleet.groups[index].members = selection.members
      named.append(selection.named)
      for node in selection.members { groupsOf[node].append(index) }
    }
    diagnostics.add(contentsOf: members.diagnostics)
    // The roles of a group that selects nothing are nowhere: that is only a consequence.
    if members.diagnostics.hasErrors { fleet.isPartial = true }
    var merge = GroupMerge(groups: fleet.groups, named: named)
    let ids = fleet.groups.map(\.id)
    for (index, groups) in groupsOf.enumerated() where !groups.isEmpty {
      fleet.nodes[index].groups = groups.map { ids[$0] }
      merge.merge(groups, index, into: &fleet.nodes[index])
    }
    diagnostics.add(contentsOf: merge.conflicts.findings(fleet.groups))
  }

  private init(groups: [NodeGroup], named: [Set<Int>]) {
    self.groups = groups
    self.named = named
  }

  private mutating func merge(_ indices: [Int], _ index: Int, into node: inout FleetNode) {
    let together = together(indices)
    let giving = node.reserved ? indices.filter { named[$0].contains(index) } : indices
    let roles = giving.count == indices.count ? together : self.together(giving)
    // What a reserved node does not get cannot disagree on it.
    let disagreements =
      together.disagreements.filter { !$0.isAboutRoles }
      + roles.disagreements.filter(\.isAboutRoles)
    for found in disagreements where !found.isSettled(node) {
      conflicts.add(found.key, found.first, found.second, node)
    }
    Self.fill(&node.ssh, from: together.ssh, GroupFields.ssh)
    Self.fill(&node.hardware, from: together.hardware, GroupFields.hardware)
    if node.hardware.span == nil { node.hardware.span = together.hardware.span }
    Self.fill(&node.roles, from: roles.roles)
  }

  private mutating func together(_ indices: [Int]) -> GroupDefaults {
    if let known = defaults[indices] { return known }
    let made = GroupDefaults(indices, of: groups)
    defaults[indices] = made
    return made
  }

  private static func fill<Settings: GroupSettings>(
    _ own: inout Settings,
    from given: Settings,
    _ fields: [GroupField<Settings>]
  ) {
    guard !given.keys.isEmpty else { return }
    let written = own.keys
    if written.isEmpty {
      own = given
      own.keys = []
      return
    }
    for field in fields
    where given.keys.contains(where: { $0.value == field.key })
      && !written.contains(where: { $0.value == field.key })
    {
      field.copy(given, &own)
    }
  }

  /// Adds roles, and to a role that the node lists itself the parameters that it does not give.
  private static func fill(_ own: inout [RoleAssignment], from given: [RoleAssignment]) {
    guard !own.isEmpty else {
      own = given
      return
    }
    for assignment in given {
      let role = assignment.role.value
      guard let position = own.firstIndex(where: { $0.role.value == role }) else {
        own.append(assignment)
        continue
      }
      own[position].parameters.merge(assignment.parameters) { own, _ in own }
    }
  }
}
