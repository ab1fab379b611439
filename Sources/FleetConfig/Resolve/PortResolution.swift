internal import FleetModel
internal import FleetRegistry

/// Computes what each port binds, from its scope and from who connects.
enum PortResolution {
  static func resolve(_ resolved: inout ResolvedFleet, consumers: ConsumerIndex) {
    let nodes = resolved.profiles.map { profile in
      profile.ports.map { consumers.nodes(profile.role.name, $0.value.port.name) }
    }
    for (node, range) in resolved.nodeRanges.enumerated() {
      let addresses = Addresses(
        resolved.nodes[node].address.value,
        isName: resolved.reach.isName[node]
      )
      for index in range where !resolved.instances[index].profile.ports.isEmpty {
        resolved.instances[index].ports = ports(of: resolved.instances[index], addresses, nodes)
      }
    }
  }

  private static func ports(
    of instance: RoleInstance,
    _ addresses: Addresses,
    _ consumers: [[[Int]]]
  ) -> [ResolvedPort] {
    let profile = instance.profile
    var ports: [ResolvedPort] = []
    ports.reserveCapacity(profile.ports.count)
    for (state, nodes) in zip(profile.ports, consumers[profile.number]) {
      guard let number = state.value.number else { continue }
      let scope = state.value.port.scope
      // A list of one that is this node itself widens nothing.
      let hasRemote = nodes.count > 1 || (nodes.count == 1 && nodes[0] != instance.nodeIndex)
      let widened = scope == .loopback && hasRemote
      ports.append(
        ResolvedPort(
          state: state,
          number: number,
          bind: addresses.bind(
            exposed: widened || scope != .loopback,
            isProxy: state.value.port.proxyOf != nil
          ),
          widened: widened,
          span: state.value.span ?? instance.span,
          consumerNodes: nodes
        )
      )
    }
    return ports
  }

  /// What the ports of one node may bind, made once for all of them.
  private struct Addresses {
    private static let loopback = ["127.0.0.1"]
    private let own: [String]
    private let exposed: [String]

    init(_ address: String, isName: Bool) {
      own = [address]
      if isName {
        exposed = ["0.0.0.0"]
      } else {
        exposed = address == "127.0.0.1" ? own : ["127.0.0.1", address]
      }
    }

    /// Loopback always, the fleet address where others may connect.
    ///
    /// A proxy leaves loopback to the application behind it. `public` binds like `fleet`: the
    /// difference is the firewall's. A host name cannot be bound before it is resolved (and Debian
    /// resolves the own name to 127.0.1.1): such a node binds all addresses.
    func bind(exposed isExposed: Bool, isProxy: Bool) -> [String] {
      if isProxy { return isExposed ? own : [] }
      return isExposed ? exposed : Self.loopback
    }
  }
}

extension ResolvedPort {
  /// `address:port`, an IPv6 address in brackets.
  static func join(_ address: String, _ port: Int) -> String {
    address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
  }
}
