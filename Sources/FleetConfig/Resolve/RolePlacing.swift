internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Decides which roles are on which node: the assigned ones, then the automatic ones.
struct RolePlacing {
  let fleet: Fleet
  let registry: Registry
  /// Roles for every node and for every node with a Python service, by name.
  private let everyNode: [SharedRole]
  private let everyPythonNode: [SharedRole]
  private let roles: [String: SharedRole]
  var profiles: RoleProfiles

  init(fleet: Fleet, registry: Registry) {
    self.fleet = fleet
    self.registry = registry
    roles = registry.roles.mapValues { SharedRole($0) }
    let sorted = roles.values.sorted { $0.role.name < $1.role.name }
    everyNode = sorted.filter { $0.role.placement.replicas == .everyNode }
    everyPythonNode = sorted.filter { $0.role.placement.replicas == .everyPythonNode }
    profiles = RoleProfiles(fleet: fleet)
  }

  mutating func place() -> Placement {
    var placement = Placement()
    placement.nodeRanges.reserveCapacity(fleet.nodes.count)
    placement.slots.reserveCapacity(fleet.nodes.count * (3 + everyNode.count))
    var pattern: PlacingPattern?
    for index in fleet.nodes.indices {
      let start = placement.slots.count
      let node = fleet.nodes[index]
      if let pattern, pattern.fits(node) {
        pattern.place(at: index, into: &placement.slots)
      } else {
        let assigned = place(node, at: index, into: &placement)
        pattern = PlacingPattern(node, assigned, placement.slots[start...])
      }
      placement.nodeRanges.append(start..<placement.slots.count)
    }
    for (name, role) in roles where !role.instances.isEmpty {
      placement.indicesByRole[name] = role.instances
    }
    placement.profiles = profiles.made
    placement.sets = ProfileSets(placement)
    profiles.checkUnused(registry, used: Set(placement.indicesByRole.keys))
    return placement
  }

  private typealias Assigned = [(role: SharedRole, position: Int?)]

  /// Places the roles of one node; returns those that it lists or that every node has.
  private mutating func place(
    _ node: FleetNode,
    at index: Int,
    into placement: inout Placement
  ) -> [SharedRole] {
    var assigned: Assigned = []
    let listed = node.roles
    assigned.reserveCapacity(listed.count + everyNode.count)
    for position in listed.indices {
      guard let role = roles[listed[position].role.value] else {
        placement.hasUnknownRoles = true
        continue
      }
      guard !assigned.contains(where: { $0.role === role }) else {
        placement.hasRepeatedRoles = true
        continue
      }
      assigned.append((role, position))
    }
    for role in everyNode where !assigned.contains(where: { $0.role === role }) {
      assigned.append((role, nil))
    }
    var needs: Set<String> = []
    var placed = assigned.map(\.role)
    for (role, position) in assigned {
      let profile = add(role, position, on: node, at: index, beside: assigned, to: &placement.slots)
      for need in profile.needs { needs.formUnion(need.need.roles) }
    }
    for role in everyPythonNode where !assigned.contains(where: { $0.role === role }) {
      // A service says that it is one by needing the shared library (docs/role-format.md).
      guard needs.contains(role.role.name) else { continue }
      let profile = add(role, nil, on: node, at: index, beside: assigned, to: &placement.slots)
      for need in profile.needs { needs.formUnion(need.need.roles) }
      placed.append(role)
    }
    return placed
  }

  private mutating func add(
    _ role: SharedRole,
    _ position: Int?,
    on node: FleetNode,
    at index: Int,
    beside assigned: Assigned,
    to slots: inout [Placement.Slot]
  ) -> RoleProfile {
    let assignment = position.map { node.roles[$0] }
    let profile = profiles.profile(
      of: role,
      parameters: assignment?.parameters ?? [:],
      at: assignment?.role.span ?? node.span,
      on: node,
      beside: { assigned.map(\.role.role.name) }
    )
    role.instances.append(slots.count)
    slots.append(
      Placement.Slot(
        node: UInt32(index),
        profile: UInt32(profile.number),
        position: position.map { Int32($0) } ?? -1
      )
    )
    return profile
  }
}

/// What one node got, for the nodes behind it that list the same and say nothing of their own: in a
/// large fleet that is nearly all of them.
private struct PlacingPattern {
  private let names: [String]
  private let slots: [(role: SharedRole, slot: Placement.Slot)]

  /// Nil where a profile is the node's own.
  init?(_ node: FleetNode, _ placed: [SharedRole], _ slots: ArraySlice<Placement.Slot>) {
    guard placed.allSatisfy({ !$0.looksAtNode }), node.roles.allSatisfy(\.parameters.isEmpty) else {
      return nil
    }
    names = node.roles.map(\.role.value)
    self.slots = zip(placed, slots).map { ($0, $1) }
  }

  func fits(_ node: FleetNode) -> Bool {
    let roles = node.roles
    guard roles.count == names.count else { return false }
    for index in roles.indices {
      guard roles[index].role.value == names[index], roles[index].parameters.isEmpty else {
        return false
      }
    }
    return true
  }

  func place(at node: Int, into slots: inout [Placement.Slot]) {
    for (role, slot) in self.slots {
      role.instances.append(slots.count)
      slots.append(
        Placement.Slot(node: UInt32(node), profile: slot.profile, position: slot.position)
      )
    }
  }
}

/// A role behind a reference, with the profile of all instances that say nothing of their own.
///
/// A `Role` has some fifty fields; copying it for each of 30,000 instances would cost more than all
/// rules together.
final class SharedRole {
  let role: Role
  /// Whether any expression that a profile evaluates looks at the node.
  let looksAtNode: Bool
  var common: RoleProfile?
  /// Indices of its instances, in node order.
  var instances: [Int] = []

  init(_ role: Role) {
    self.role = role
    looksAtNode = role.profileLooksAtNode
  }
}
