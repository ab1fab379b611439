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
  private var conflicts = GroupConflict()

  /// Finds the members of all groups and merges; reports what selects nothing and what disagrees.
  static func apply(
    to fleet: inout Fleet,
    isIncomplete: Bool,
    into diagnostics: inout Diagnostics
  ) {
    guard !fleet.groups.isEmpty else { return }
    var members = GroupMembers(fleet.nodes, isIncomplete: isIncomplete)
    var named: [Set<Int>] = []
    var groupsOf: [[Int]] = Array(repeating: [], count: fleet.nodes.count)
    for index in fleet.groups.indices {
      let selection = members.select(fleet.groups[index])
      fleet.groups[index].members = selection.members
      named.append(selection.named)
      for node in selection.members { groupsOf[node].append(index) }
    }
    diagnostics.add(contentsOf: members.diagnostics)
    var merge = GroupMerge(groups: fleet.groups, named: named)
    for (index, groups) in groupsOf.enumerated() where !groups.isEmpty {
      merge.merge(groups, index, into: &fleet.nodes[index])
    }
    diagnostics.add(contentsOf: merge.conflicts.findings(fleet.groups))
  }

  private init(groups: [NodeGroup], named: [Set<Int>]) {
    self.groups = groups
    self.named = named
  }

  private mutating func merge(_ indices: [Int], _ index: Int, into node: inout FleetNode) {
    node.groups = indices.map { groups[$0].id }
    let subject = node
    merge(\.ssh, \.keys, GroupFields.ssh, "ssh", indices, into: &node.ssh, subject)
    merge(
      \.hardware,
      \.keys,
      GroupFields.hardware,
      "hardware",
      indices,
      into: &node.hardware,
      subject
    )
    if node.hardware.span == nil {
      node.hardware.span = indices.compactMap { groups[$0].hardware.span }.first
    }
    let giving = indices.filter { !node.reserved || named[$0].contains(index) }
    var origins: [String: [String: Int]] = [:]
    for group in giving {
      for assignment in groups[group].roles { add(assignment, of: group, to: &node, &origins) }
    }
  }

  private mutating func merge<Settings>(
    _ settings: KeyPath<NodeGroup, Settings>,
    _ keys: KeyPath<Settings, [Located<String>]>,
    _ fields: [GroupField<Settings>],
    _ name: String,
    _ indices: [Int],
    into own: inout Settings,
    _ node: FleetNode
  ) {
    let giving = indices.filter { !groups[$0][keyPath: settings][keyPath: keys].isEmpty }
    guard !giving.isEmpty else { return }
    let written = own[keyPath: keys]
    for field in fields where !written.contains(where: { $0.value == field.key }) {
      var first: Int?
      for group in giving {
        let given = groups[group][keyPath: settings]
        guard let key = given[keyPath: keys].first(where: { $0.value == field.key }) else {
          continue
        }
        guard let before = first else {
          first = group
          field.copy(given, &own)
          continue
        }
        let other = groups[before][keyPath: settings]
        guard !field.agrees(other, given) else { continue }
        let place = other[keyPath: keys].first { $0.value == field.key }?.span
        conflicts.add(
          "\(name).\(field.key)",
          .init(group: before, span: place),
          .init(group: group, span: key.span),
          node
        )
      }
    }
  }

  /// Adds a role of a group, or what its parameters say beyond those that stand already.
  ///
  /// `origins` holds for each role and parameter that came by a group which group that was.
  private mutating func add(
    _ assignment: RoleAssignment,
    of group: Int,
    to node: inout FleetNode,
    _ origins: inout [String: [String: Int]]
  ) {
    let role = assignment.role.value
    let index = node.roles.firstIndex { $0.role.value == role }
    let position = index ?? node.roles.count
    if index == nil {
      node.roles.append(RoleAssignment(role: assignment.role))
      node.roles[position].group = groups[group].id
    }
    for name in assignment.parameters.keys.sorted() {
      guard let value = assignment.parameters[name] else { continue }
      guard let standing = node.roles[position].parameters[name] else {
        node.roles[position].parameters[name] = value
        origins[role, default: [:]][name] = group
        continue
      }
      // What the node itself says has no origin here, and wins.
      guard let other = origins[role]?[name], other != group, standing.value != value.value else {
        continue
      }
      conflicts.add(
        "roles.\(role).\(name)",
        .init(group: other, span: standing.span),
        .init(group: group, span: value.span),
        node
      )
    }
  }
}
