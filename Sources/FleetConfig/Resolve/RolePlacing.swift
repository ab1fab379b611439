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

  mutating func place(into resolved: inout ResolvedFleet) {
    resolved.nodeRanges.reserveCapacity(fleet.nodes.count)
    for index in fleet.nodes.indices {
      let start = resolved.instances.count
      place(index, into: &resolved.instances)
      for position in start..<resolved.instances.count {
        let name = resolved.instances[position].profile.role.name
        resolved.indicesByRole[name, default: []].append(position)
      }
      resolved.nodeRanges.append(start..<resolved.instances.count)
    }
    profiles.checkUnused(registry, used: Set(resolved.indicesByRole.keys))
  }

  private mutating func place(_ index: Int, into instances: inout [RoleInstance]) {
    let node = fleet.nodes[index]
    var assigned: [(role: SharedRole, assignment: RoleAssignment?)] = []
    for assignment in node.roles {
      guard let role = roles[assignment.role.value] else { continue }
      guard !assigned.contains(where: { $0.role === role }) else { continue }
      assigned.append((role, assignment))
    }
    for role in everyNode where !assigned.contains(where: { $0.role === role }) {
      assigned.append((role, nil))
    }
    let names = assigned.map(\.role.role.name)
    let start = instances.count
    for (role, assignment) in assigned {
      instances.append(instance(role, assignment, on: node, at: index, beside: names))
    }
    for role in everyPythonNode where !assigned.contains(where: { $0.role === role }) {
      // A service says that it is one by needing the shared library (docs/role-format.md).
      let name = role.role.name
      let isWanted = instances[start...].contains { instance in
        instance.profile.needs.contains { $0.roles.contains(name) }
      }
      guard isWanted else { continue }
      instances.append(instance(role, nil, on: node, at: index, beside: names))
    }
  }

  private mutating func instance(
    _ role: SharedRole,
    _ assignment: RoleAssignment?,
    on node: FleetNode,
    at index: Int,
    beside names: [String]
  ) -> RoleInstance {
    let profile = profiles.profile(
      of: role,
      parameters: assignment?.parameters ?? [:],
      at: assignment?.role.span ?? node.span,
      on: node,
      beside: names
    )
    return RoleInstance(
      node: node,
      nodeIndex: index,
      profile: profile,
      span: assignment?.role.span,
      automatic: assignment == nil
    )
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

  init(_ role: Role) {
    self.role = role
    looksAtNode = role.profileLooksAtNode
  }
}
