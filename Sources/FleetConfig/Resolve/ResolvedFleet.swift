package import FleetModel
package import FleetRegistry

/// A claim of one role on one declared device, and what became of it.
package struct DeviceClaim: Sendable {
  /// Index of the instance in `ResolvedFleet.instances`.
  package let instance: Int
  /// What the role needs.
  package let need: HardwareNeed
  /// Indices (into the node's `hardware.devices`) of devices that would do, preferred first.
  package let suitable: [Int]
  /// The device it got; nil when none is left or none would do.
  package internal(set) var matched: Int?
}

/// The fleet with its roles on their nodes: what every later part reads instead of fleet.yaml.
///
/// Holds indices, not copies: instances of one role share a profile, consumers of one endpoint share
/// one list, so that its size is linear in the number of nodes.
package struct ResolvedFleet: Sendable {
  let resolution: Resolution
  /// The roles in use.
  package let registry: Registry
  /// Claims on devices, grouped by node, in node order.
  package let deviceClaims: [DeviceClaim]
  /// What is made on first use.
  let shared = SharedScopes()

  init(_ resolution: Resolution, registry: Registry, deviceClaims: [DeviceClaim]) {
    self.resolution = resolution
    self.registry = registry
    self.deviceClaims = deviceClaims
  }

  /// The fleet as declared.
  package var fleet: Fleet { _read { yield resolution.fleet } }
  /// All roles on all nodes: nodes in the order of the file, on each node the roles as written, then
  /// the automatic ones by name.
  package var instances: RoleInstances { RoleInstances(resolution: resolution) }
  /// Indices of `instances`, wave by wave: each wave may start when the earlier ones run.
  package var orderedIndices: [[Int]] { shared.order(self).waves }
  /// Circles in the start order.
  var cycles: [StartCycle] {
    OrderResolution.mayHaveCycles(resolution) ? shared.order(self).cycles : []
  }
  /// Which roles are on which node.
  var placement: Placement { _read { yield resolution.placement } }
  /// All profiles that instances have, by their numbers.
  var profiles: [RoleProfile] { placement.profiles }
  /// By the numbers of the profiles: whether nobody answers one of its needs.
  var lacksProvider: [Bool] { resolution.dependencies.lacksProvider }
  /// The range of `instances` of each node.
  var nodeRanges: [Range<Int>] { placement.nodeRanges }
  /// Indices of the instances of each role, in node order.
  var indicesByRole: [String: [Int]] { placement.indicesByRole }
  /// Index of each node by its id.
  var nodeIndices: [NodeID: Int] { shared.nodeIndices(fleet) }
  /// What the nodes' addresses allow.
  var reach: FleetReach { _read { yield resolution.reach } }

  /// The nodes in the order of the file.
  package var nodes: [FleetNode] { fleet.nodes }

  /// The instances in waves of start order; a provider stands in an earlier wave than its consumers.
  package var order: [[RoleInstance]] {
    orderedIndices.map { wave in wave.map { instances[$0] } }
  }

  /// Returns the node called `id`.
  package func node(_ id: NodeID) -> FleetNode? { nodeIndices[id].map { fleet.nodes[$0] } }

  /// Returns the instances on the node called `id`, in order.
  package func instances(on id: NodeID) -> [RoleInstance] {
    guard let index = nodeIndices[id] else { return [] }
    return nodeRanges[index].map { instances[$0] }
  }

  /// Returns all instances of `role`, in node order.
  package func instances(of role: String) -> [RoleInstance] {
    (indicesByRole[role] ?? []).map { instances[$0] }
  }

  /// Returns the instance of `role` on the node called `id`.
  package func instance(_ role: String, on id: NodeID) -> RoleInstance? {
    instances(on: id).first { $0.profile.role.name == role }
  }

  /// Returns the instances that answer a need, in node order.
  package func providers(of dependency: ResolvedDependency) -> [RoleInstance] {
    dependency.providers.map { instances[$0] }
  }

  /// Returns the addresses of the *other* nodes that connect to a port of `instance`.
  package func consumerAddresses(of port: ResolvedPort, at instance: RoleInstance) -> [String] {
    port.consumerNodes.filter { $0 != instance.nodeIndex }.map { fleet.nodes[$0].address.value }
  }

  /// Returns the ids of the *other* nodes that connect to a port of `instance`.
  package func consumerNodes(of port: ResolvedPort, at instance: RoleInstance) -> [NodeID] {
    port.consumerNodes.filter { $0 != instance.nodeIndex }.map { fleet.nodes[$0].id }
  }

  /// Returns the node that checks the endpoints of the node called `id` (`health_via:`), if any.
  package func healthRelay(for id: NodeID) -> FleetNode? {
    guard let name = node(id)?.healthVia?.value, let relay = NodeID(name) else { return nil }
    return node(relay)
  }

  /// Returns the instance whose role holds the fleet's certificate authority, if any.
  package var authority: RoleInstance? {
    let index = placement.indices { $0.role.content.authority != nil }.first
    return index.map { instances[$0] }
  }

  /// Returns the instances that depend on `instance` directly, in order.
  package func dependents(of instance: RoleInstance) -> [RoleInstance] {
    shared.dependents(self).consumers(of: instance.index, in: self).map { instances[$0] }
  }
}
