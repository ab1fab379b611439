internal import FleetModel
internal import FleetRegistry
package import FleetRender
internal import Synchronization

/// The parts of scopes that are the same for every instance, made once.
final class SharedScopes: Sendable {
  struct Values: Sendable {
    let settings: Value
    let fleet: Value
    /// Role to endpoint to its map, as seen from a node without that role.
    let endpoints: [String: [String: Value]]
    let targets: Value
  }

  private let cached = Mutex<Values?>(nil)
  private let index = Mutex<DependentIndex?>(nil)

  func dependents(_ resolved: ResolvedFleet) -> DependentIndex {
    index.withLock { index in
      if let index { return index }
      let made = DependentIndex(resolved)
      index = made
      return made
    }
  }

  func values(_ resolved: ResolvedFleet) -> Values {
    cached.withLock { cached in
      if let cached { return cached }
      let values = Values(
        settings: NodeScope.settings(resolved.fleet.settings),
        fleet: resolved.fleetValue,
        endpoints: resolved.remoteEndpoints,
        targets: resolved.targets
      )
      cached = values
      return values
    }
  }
}

extension ResolvedFleet {
  /// The CA's certificate on every node of a fleet with an `authority`.
  package static let authorityCertificate = "/etc/fleetctl/ca.pem"

  /// Returns everything that expressions of `instance` may name (docs/role-format.md) except
  /// `secrets`, `certificates` and `with`.
  ///
  /// What all instances share is made on the first call; a call costs what is on the node.
  package func scope(for instance: RoleInstance) -> Scope {
    let shared = shared.values(self)
    let neighbours = instances[nodeRanges[instance.nodeIndex]]
    var endpoints = shared.endpoints
    for neighbour in neighbours {
      for port in neighbour.ports {
        endpoints[neighbour.profile.role.name]?[port.name] = localEndpoint(port, neighbour)
      }
    }
    let roles = neighbours.map(\.profile.role.name)
    return [
      "params": instance.profile.parameterScope,
      "role": .string(instance.profile.role.name),
      "node": NodeScope.node(instance.node, roles: roles),
      "fleet": shared.fleet,
      "settings": shared.settings,
      "ports": ports(of: instance),
      "endpoints": .map(endpoints.mapValues { .map($0) }),
      "targets": shared.targets,
      "consumers": consumers(of: instance),
      "devices": .list(instance.devices.map(NodeScope.device)),
    ]
  }

  /// `ports`: those that are switched off exist, but only `exposed` may be read of them.
  private func ports(of instance: RoleInstance) -> Value {
    var result: [String: Value] = [:]
    for state in instance.profile.ports where result[state.value.port.name] == nil {
      let name = state.value.port.name
      result[name] = Self.switchedOff(name)
    }
    for port in instance.ports {
      let address = port.isExposed ? instance.node.address.value : "127.0.0.1"
      result[port.name] = .map([
        "number": .int(port.number),
        "bind": .list(port.bind.map { .string($0) }),
        "listen": .list(port.bind.map { .string(ResolvedPort.join($0, port.number)) }),
        "listen_one": .string(ResolvedPort.join(address, port.number)),
        "address": .string(address),
        "exposed": .bool(port.isExposed),
      ])
    }
    return .map(result)
  }

  private static func switchedOff(_ name: String) -> Value {
    let why = Value.absent("the port `\(name)` is switched off here")
    return .map([
      "number": why, "bind": .list([]), "listen": .list([]), "listen_one": why, "address": why,
      "exposed": .bool(false),
    ])
  }

  private func consumers(of instance: RoleInstance) -> Value {
    var result: [String: Value] = [:]
    for state in instance.profile.ports { result[state.value.port.name] = .list([]) }
    for port in instance.ports where !port.consumerNodes.isEmpty {
      result[port.name] = .list(consumerAddresses(of: port, at: instance).map { .string($0) })
    }
    return .map(result)
  }

  /// `fleet`.
  fileprivate var fleetValue: Value {
    let nodes = fleet.nodes.indices.map { index in
      let node = fleet.nodes[index]
      let roles = instances[nodeRanges[index]].map { Value.string($0.profile.role.name) }
      return Value.map([
        "id": .string(node.id.name),
        "address": .string(node.address.value),
        "roles": .list(roles),
      ])
    }
    let authority: Value =
      self.authority == nil
      ? .absent("no role of this fleet holds a certificate authority")
      : .string(Self.authorityCertificate)
    return .map([
      "name": .string(fleet.name),
      "network": fleet.network.map { .string($0.value) } ?? .absent("fleet.yaml has no `network`"),
      "nodes": .list(nodes),
      "ca": authority,
    ])
  }

  /// Endpoints of all roles as a node without that role sees them: those of the first instance.
  fileprivate var remoteEndpoints: [String: [String: Value]] {
    registry.roles.mapValues { role in
      var result: [String: Value] = [:]
      for port in role.ports where result[port.name] == nil {
        let provider = (indicesByRole[role.name] ?? []).first {
          instances[$0].port(port.name) != nil
        }
        result[port.name] =
          provider.flatMap { remoteEndpoint(port.name, instances[$0]) }
          ?? Self.unavailable(role.name, port.name)
      }
      return result
    }
  }

  private func remoteEndpoint(_ name: String, _ instance: RoleInstance) -> Value? {
    guard let port = instance.port(name) else { return nil }
    return Self.endpoint(instance, host: instance.node.address.value, port.number, isLocal: false)
  }

  /// On the node itself a provider is reached over loopback, except a proxy with a number of its
  /// own: behind that number nothing listens on loopback.
  private func localEndpoint(_ port: ResolvedPort, _ instance: RoleInstance) -> Value {
    let behind = port.proxyOf.flatMap { instance.port($0) }
    guard let behind, behind.number != port.number else {
      return Self.endpoint(instance, host: "127.0.0.1", port.number, isLocal: true)
    }
    let host = port.isExposed ? instance.node.address.value : "127.0.0.1"
    let number = port.isExposed ? port.number : behind.number
    return Self.endpoint(instance, host: host, number, isLocal: true)
  }

  private static func endpoint(
    _ instance: RoleInstance,
    host: String,
    _ number: Int,
    isLocal: Bool
  ) -> Value {
    .map([
      "available": .bool(true),
      "host": .string(host),
      "url_host": .string(NodeScope.urlHost(host)),
      "port": .int(number),
      "address": .string(ResolvedPort.join(host, number)),
      "node": .string(instance.node.id.name),
      "local": .bool(isLocal),
    ])
  }

  private static func unavailable(_ role: String, _ endpoint: String) -> Value {
    let why = Value.absent("no node offers the endpoint `\(endpoint)` of `\(role)`")
    return .map([
      "available": .bool(false), "host": why, "url_host": why, "port": why, "address": why,
      "node": why,
      "local": .bool(false),
    ])
  }

  /// `targets`: every instance of every endpoint at the address where others find it.
  fileprivate var targets: Value {
    .map(
      registry.roles.mapValues { role in
        let all = (indicesByRole[role.name] ?? []).map { instances[$0] }
        var result: [String: Value] = [:]
        for port in role.ports where result[port.name] == nil {
          result[port.name] = .list(all.compactMap { Self.target(port.name, $0) })
        }
        return .map(result)
      }
    )
  }

  private static func target(_ name: String, _ instance: RoleInstance) -> Value? {
    guard let port = instance.port(name) else { return nil }
    let host = port.isExposed ? instance.node.address.value : "127.0.0.1"
    return .map([
      "node": .string(instance.node.id.name),
      "host": .string(host),
      "url_host": .string(NodeScope.urlHost(host)),
      "port": .int(port.number),
      "address": .string(ResolvedPort.join(host, port.number)),
    ])
  }
}
