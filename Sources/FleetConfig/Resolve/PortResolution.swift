internal import FleetModel
internal import FleetRegistry

/// Computes what each port binds, from its scope and from who connects.
enum PortResolution {
  static func resolve(_ resolved: inout ResolvedFleet, consumers: ConsumerIndex) {
    for index in resolved.instances.indices {
      let instance = resolved.instances[index]
      guard !instance.profile.ports.isEmpty else { continue }
      let node = instance.node
      let address = node.address.value
      let isName = HostAddress(address)?.isName ?? false
      resolved.instances[index].ports = instance.profile.ports.compactMap { state in
        guard let number = state.number else { return nil }
        let port = state.port
        let nodes = consumers.nodes(instance.profile.role.name, port.name)
        // A list of one that is this node itself widens nothing.
        let hasRemote = nodes.count > 1 || (nodes.count == 1 && nodes[0] != instance.nodeIndex)
        let widened = port.scope == .loopback && hasRemote
        return ResolvedPort(
          name: port.name,
          number: number,
          transport: port.transport,
          scope: port.scope,
          holder: state.holder,
          shared: port.shared,
          proxyOf: port.proxyOf,
          bind: bind(
            exposed: widened || port.scope != .loopback,
            isProxy: port.proxyOf != nil,
            address,
            isName: isName
          ),
          widened: widened,
          span: state.span ?? instance.span,
          consumerNodes: nodes,
          parameter: state.parameter
        )
      }
    }
  }

  /// Loopback always, the fleet address where others may connect.
  ///
  /// A proxy leaves loopback to the application behind it. `public` binds like `fleet`: the
  /// difference is the firewall's. A host name cannot be bound before it is resolved (and Debian
  /// resolves the own name to 127.0.1.1): such a node binds all addresses.
  private static func bind(
    exposed: Bool,
    isProxy: Bool,
    _ address: String,
    isName: Bool
  ) -> [String] {
    if isProxy { return exposed ? [address] : [] }
    guard exposed else { return ["127.0.0.1"] }
    if isName { return ["0.0.0.0"] }
    return address == "127.0.0.1" ? [address] : ["127.0.0.1", address]
  }
}

extension ResolvedPort {
  /// `address:port`, an IPv6 address in brackets.
  static func join(_ address: String, _ port: Int) -> String {
    address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
  }
}
