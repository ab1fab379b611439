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
  /// The fleet as declared.
  package let fleet: Fleet
  /// The roles in use.
  package let registry: Registry
  /// All roles on all nodes: nodes in the order of the file, on each node the roles as written, then
  /// the automatic ones by name.
  package internal(set) var instances: [RoleInstance] = []
  /// Claims on devices, grouped by node, in node order.
  package internal(set) var deviceClaims: [DeviceClaim] = []
  /// Indices of `instances`, wave by wave: each wave may start when the earlier ones run.
  package internal(set) var orderedIndices: [[Int]] = []
  /// The range of `instances` of each node.
  var nodeRanges: [Range<Int>] = []
  /// Indices of the instances of each role, in node order.
  var indicesByRole: [String: [Int]] = [:]
  /// Index of each node by its id.
  let nodeIndices: [NodeID: Int]
  /// What the nodes' addresses allow.
  let reach: FleetReach
  /// Circles in the start order.
  var cycles: [StartCycle] = []
  /// Values of scopes that all instances share, made on first use.
  let shared = SharedScopes()

  init(fleet: Fleet, registry: Registry) {
    self.fleet = fleet
    self.registry = registry
    reach = FleetReach(fleet)
    nodeIndices = Dictionary(
      fleet.nodes.enumerated().map { ($1.id, $0) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  /// The nodes in the order of the file.
  package var nodes: [FleetNode] { fleet.nodes }

  /// The instances in waves of start order; a provider stands in an earlier wave than its consumers.
  package var order: [[RoleInstance]] {
    orderedIndices.map { wave in wave.map { instances[$0] } }
  }

  /// Returns the node called `id`.
  package func node(_ id: NodeID) -> FleetNode? { nodeIndices[id].map { fleet.nodes[$0] } }

  /// Returns the instances on the node called `id`, in order.
  package func instances(on id: NodeID) -> ArraySlice<RoleInstance> {
    guard let index = nodeIndices[id], index < nodeRanges.count else { return [] }
    return instances[nodeRanges[index]]
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
    instances.first { $0.profile.role.content.authority != nil }
  }

  /// Returns the instances that depend on `instance` directly, in order.
  package func dependents(of instance: RoleInstance) -> [RoleInstance] {
    guard let index = index(of: instance) else { return [] }
    return shared.dependents(self).consumers(of: index, in: self).map { instances[$0] }
  }

  func index(of instance: RoleInstance) -> Int? {
    nodeRanges[instance.nodeIndex].first { instances[$0].profile === instance.profile }
  }
}
