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
  /// Whether a node names a role that the registry does not have.
  private var hasUnknownRoles = false

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
    resolved.instances.reserveCapacity(fleet.nodes.count)
    for index in fleet.nodes.indices {
      let start = resolved.instances.count
      place(index, into: &resolved.instances)
      resolved.nodeRanges.append(start..<resolved.instances.count)
    }
    for (name, role) in roles where !role.instances.isEmpty {
      resolved.indicesByRole[name] = role.instances
    }
    resolved.profiles = profiles.made
    resolved.hasUnknownRoles = hasUnknownRoles
    resolved.sets = ProfileSets(resolved)
    profiles.checkUnused(registry, used: Set(resolved.indicesByRole.keys))
  }

  private mutating func place(_ index: Int, into instances: inout [RoleInstance]) {
    let node = fleet.nodes[index]
    var assigned: [(role: SharedRole, position: Int?)] = []
    let listed = node.roles
    assigned.reserveCapacity(listed.count + everyNode.count)
    for position in listed.indices {
      guard let role = roles[listed[position].role.value] else {
        hasUnknownRoles = true
        continue
      }
      guard !assigned.contains(where: { $0.role === role }) else { continue }
      assigned.append((role, position))
    }
    for role in everyNode where !assigned.contains(where: { $0.role === role }) {
      assigned.append((role, nil))
    }
    let start = instances.count
    for (role, position) in assigned {
      add(role, position, on: node, at: index, beside: assigned, to: &instances)
    }
    for role in everyPythonNode where !assigned.contains(where: { $0.role === role }) {
      // A service says that it is one by needing the shared library (docs/role-format.md).
      let name = role.role.name
      let isWanted = instances[start...].contains { instance in
        instance.profile.needs.contains { $0.value.roles.contains(name) }
      }
      guard isWanted else { continue }
      add(role, nil, on: node, at: index, beside: assigned, to: &instances)
    }
  }

  private mutating func add(
    _ role: SharedRole,
    _ position: Int?,
    on node: FleetNode,
    at index: Int,
    beside assigned: [(role: SharedRole, position: Int?)],
    to instances: inout [RoleInstance]
  ) {
    let listed = node.roles
    let span = position.flatMap { listed[$0].role.span }
    let profile = profiles.profile(
      of: role,
      parameters: position.map { listed[$0].parameters } ?? [:],
      at: span ?? node.span,
      on: node,
      beside: { assigned.map(\.role.role.name) }
    )
    role.instances.append(instances.count)
    instances.append(
      RoleInstance(
        node: node,
        nodeIndex: index,
        profile: profile,
        span: span,
        automatic: position == nil
      )
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
  /// Indices of its instances, in node order.
  var instances: [Int] = []

  init(_ role: Role) {
    self.role = role
    looksAtNode = role.profileLooksAtNode
  }
}
