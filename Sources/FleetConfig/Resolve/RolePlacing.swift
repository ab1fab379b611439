internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Decides which roles are on which node: the assigned ones, then the automatic ones.
struct RolePlacing {
  let fleet: Fleet
  let registry: Registry
  /// Roles for every node and for every node with a Python service, by name.
  private let everyNode: [Role]
  private let everyPythonNode: [Role]
  var profiles: RoleProfiles

  init(fleet: Fleet, registry: Registry) {
    self.fleet = fleet
    self.registry = registry
    let roles = registry.sortedRoles
    everyNode = roles.filter { $0.placement.replicas == .everyNode }
    everyPythonNode = roles.filter { $0.placement.replicas == .everyPythonNode }
    profiles = RoleProfiles(fleet: fleet)
  }

  mutating func place(into resolved: inout ResolvedFleet) {
    resolved.nodeRanges.reserveCapacity(fleet.nodes.count)
    for index in fleet.nodes.indices {
      let start = resolved.instances.count
      place(index, into: &resolved.instances)
      for position in start..<resolved.instances.count {
        resolved.indicesByRole[resolved.instances[position].profile.role.name, default: []]
          .append(position)
      }
      resolved.nodeRanges.append(start..<resolved.instances.count)
    }
    profiles.checkUnused(registry, used: Set(resolved.indicesByRole.keys))
  }

  private mutating func place(_ index: Int, into instances: inout [RoleInstance]) {
    let node = fleet.nodes[index]
    var assigned: [(role: Role, assignment: RoleAssignment)] = []
    for assignment in node.roles {
      let name = assignment.role.value
      guard let role = registry.role(name) else { continue }
      guard !assigned.contains(where: { $0.role.name == name }) else { continue }
      assigned.append((role, assignment))
    }
    let automatic = everyNode.filter { role in
      !assigned.contains { $0.role.name == role.name }
    }
    let names = assigned.map(\.role.name) + automatic.map(\.name)
    let start = instances.count
    for (role, assignment) in assigned {
      instances.append(instance(role, assignment, on: index, beside: names))
    }
    for role in automatic {
      instances.append(instance(role, nil, on: index, beside: names))
    }
    for role in everyPythonNode where !names.contains(role.name) {
      // A service says that it is one by needing the shared library (docs/role-format.md).
      let isWanted = instances[start...].contains { instance in
        instance.profile.needs.contains { $0.roles.contains(role.name) }
      }
      guard isWanted else { continue }
      instances.append(instance(role, nil, on: index, beside: names))
    }
  }

  private mutating func instance(
    _ role: Role,
    _ assignment: RoleAssignment?,
    on index: Int,
    beside names: [String]
  ) -> RoleInstance {
    let node = fleet.nodes[index]
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
