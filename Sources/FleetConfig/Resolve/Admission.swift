internal import FleetModel
internal import FleetRegistry

/// Why a consumer cannot connect to a port that its provider offers.
package enum Obstacle: Hashable, Sendable {
  /// The provider's address leads every machine to itself.
  case providerIsEverybody
  /// The proxy in front of the port listens at the provider's own address, which is a host name.
  case providerHasNoAddress
  /// The firewall would have to admit an address that leads every machine to itself.
  case consumerIsEverybody
  /// The firewall, or the proxy's site, admits by address, and the consumer has a host name only.
  case consumerHasNoAddress
  /// The consumer's address is of another family than the provider's, so it comes from an unknown one.
  case otherFamily
  /// A WSL2 machine cannot reach its own address.
  case ownAddress
}

/// Who may connect to a port: the one place that the validator and the firewall's rules come from.
extension ResolvedFleet {
  /// Returns what the node's firewall admits to a port, as ufw(8) takes it.
  ///
  /// Addresses and networks; the empty text means anywhere, the empty list nobody. `public` is anywhere. `fleet` is the fleet's `network:` where it has one, and every consumer
  /// outside it. A widened port, and `fleet` without a `network:`, admits its consumers only. The node
  /// that checks the health is admitted to what it checks. A consumer that has a host name
  /// cannot be written into a rule; `obstacle` says so.
  package func admitted(to port: ResolvedPort, at instance: RoleInstance) -> [String] {
    guard port.isExposed else { return [] }
    if port.scope == .public { return [""] }
    let network = port.scope == .fleet ? fleet.network : nil
    var nodes =
      network == nil ? port.consumerNodes : port.consumerNodes.intersectionSorted(reach.outside)
    if let relay = relayIndex(of: instance, checking: port), !nodes.contains(relay) {
      nodes.append(relay)
    }
    var sources = network.map { [$0.value] } ?? []
    for node in nodes where node != instance.nodeIndex {
      guard case .literal(_, let isInside) = reach.nodes[node] else { continue }
      if network != nil, isInside { continue }
      sources.append(fleet.nodes[node].address.value)
    }
    return sources
  }

  /// Returns why the node `consumer` cannot connect to a port of `instance`, or nil where it can.
  ///
  /// Judges by what the port binds and by what `admitted` says; a route between the nodes is taken for
  /// granted.
  package func obstacle(
    from consumer: Int,
    to port: ResolvedPort,
    at instance: RoleInstance
  ) -> Obstacle? {
    let provider = reach.nodes[instance.nodeIndex]
    if consumer == instance.nodeIndex {
      let isBarred = instance.node.wsl2 && provider != .itself && usesOwnAddress(port, instance)
      return isBarred ? .ownAddress : nil
    }
    if provider == .itself { return .providerIsEverybody }
    // All addresses it cannot take: loopback is the application's own.
    if provider == .name, port.proxyOf != nil { return .providerHasNoAddress }
    // The site of a widened port admits its consumers itself (`allow` of nginx), firewall or not.
    let isFiltered = fleet.settings.firewall == "ufw" || (port.widened && port.shared != nil)
    guard isFiltered, port.scope != .public else { return nil }
    let isByNetwork = port.scope == .fleet && fleet.network != nil
    switch reach.nodes[consumer] {
    case .itself: return .consumerIsEverybody
    case .name:
      // A name may stand for an address of the network; `admitted` opens the network to all of it.
      guard isByNetwork else { return .consumerHasNoAddress }
      return sameFamily(provider, isIPv6: reach.isNetworkIPv6) ? nil : .otherFamily
    case .literal(let isIPv6, _):
      return sameFamily(provider, isIPv6: isIPv6) ? nil : .otherFamily
    }
  }

  /// The node that checks the health of `instance` from outside, if it checks this port.
  func relayIndex(of instance: RoleInstance, checking port: ResolvedPort) -> Int? {
    guard let name = instance.node.healthVia?.value, let id = NodeID(name),
      let index = nodeIndices[id], instance.isChecked(port)
    else { return nil }
    return index
  }

  private func sameFamily(_ provider: NodeReach, isIPv6: Bool?) -> Bool {
    guard case .literal(let family, _) = provider, let isIPv6 else { return true }
    return family == isIPv6
  }

  /// Whether consumers on the node itself are given its fleet address (`endpoints`, `targets`).
  private func usesOwnAddress(_ port: ResolvedPort, _ instance: RoleInstance) -> Bool {
    guard port.isExposed else { return false }
    let replicas = instance.profile.role.placement.replicas
    if replicas == .everyNode || replicas == .everyPythonNode { return true }
    guard let behind = port.proxyOf.flatMap({ instance.port($0) }) else { return false }
    return behind.number != port.number
  }
}

extension RoleInstance {
  /// Whether a health check connects to this port at the node's fleet address.
  func isChecked(_ port: ResolvedPort) -> Bool {
    port.isExposed && profile.role.health.contains { $0.port == port.name }
  }
}

extension [Int] {
  /// What two ascending lists have in common; costs the shorter one, with a search in the longer.
  fileprivate func intersectionSorted(_ other: [Int]) -> [Int] {
    let (short, long) = count < other.count ? (self, other) : (other, self)
    return short.filter { long.containsSorted($0) }
  }
}
