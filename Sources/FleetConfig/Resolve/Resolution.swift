internal import FleetModel
internal import FleetRegistry

/// What the resolver found out, behind one reference that all instances share.
///
/// Ports and dependencies of an instance are put together when somebody asks for them: a validation asks
/// for those of one node of each kind, not of ten thousand.
final class Resolution: Sendable {
  let fleet: Fleet
  let reach: FleetReach
  let placement: Placement
  let dependencies: DependencyResolution
  /// For each profile and each of its ports the nodes with a consumer.
  let consumers: [[[Int]]]
  /// Devices of the instances that have any, by index.
  let devices: [Int: [Device]]

  init(
    fleet: Fleet,
    reach: FleetReach,
    placement: Placement,
    dependencies: DependencyResolution,
    devices: [Int: [Device]]
  ) {
    self.fleet = fleet
    self.reach = reach
    self.placement = placement
    self.dependencies = dependencies
    self.devices = devices
    consumers = placement.profiles.map { profile in
      profile.ports.map { dependencies.consumers.nodes(profile.role.name, $0.port.name) }
    }
  }

  /// The ports of the instance at `index` that are switched on.
  func ports(of index: Int) -> [ResolvedPort] {
    let slot = placement.slots[index]
    let states = placement.profiles[Int(slot.profile)].ports
    guard !states.isEmpty else { return [] }
    let node = Int(slot.node)
    let bindings = PortBindings(fleet.nodes[node].address.value, isName: reach.isName[node])
    let span = assignment(of: slot)?.role.span
    var ports: [ResolvedPort] = []
    ports.reserveCapacity(states.count)
    for (state, nodes) in zip(states, consumers[Int(slot.profile)]) {
      guard let number = state.number else { continue }
      let scope = state.port.scope
      let isWidened = scope == .loopback && Self.hasRemote(nodes, at: node)
      ports.append(
        ResolvedPort(
          state: state,
          number: number,
          bind: bindings.bind(
            exposed: isWidened || scope != .loopback,
            isProxy: state.port.proxyOf != nil
          ),
          widened: isWidened,
          span: state.span ?? span,
          consumerNodes: nodes
        )
      )
    }
    return ports
  }

  /// Whether a profile has a loopback port with a consumer; whether that opens it, its node decides.
  func mayBeWidened(_ profile: RoleProfile) -> Bool {
    zip(profile.ports, consumers[profile.number]).contains { state, nodes in
      state.port.scope == .loopback && !nodes.isEmpty
    }
  }

  /// Where the node lists the role; nil for an automatic one.
  func assignment(of slot: Placement.Slot) -> RoleAssignment? {
    slot.position < 0 ? nil : fleet.nodes[Int(slot.node)].roles[Int(slot.position)]
  }

  /// A list of one that is the node itself widens nothing.
  private static func hasRemote(_ consumers: [Int], at node: Int) -> Bool {
    consumers.count > 1 || (consumers.count == 1 && consumers[0] != node)
  }
}
