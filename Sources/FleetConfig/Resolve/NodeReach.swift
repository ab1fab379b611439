internal import FleetModel
internal import FleetRegistry

/// What an address says about who can be reached there and who comes from there.
enum NodeReach: Hashable {
  /// An IP literal; `isInside` says whether it lies in the fleet's `network`.
  case literal(isIPv6: Bool, isInside: Bool)
  /// A host name, which only a resolver turns into an address.
  case name
  /// `127.0.0.1`, `::1`, `0.0.0.0`, `localhost`: leads every machine to itself.
  case itself

  /// Classifies an address; what is no address at all counts as a name, its error is reported.
  init(_ address: String, network: AddressRange?) {
    switch HostAddress(address) {
    case .ipv4(let octets) where octets[0] == 127 || octets.allSatisfy { $0 == 0 }: self = .itself
    case .ipv6(let octets) where octets.dropLast().allSatisfy { $0 == 0 } && octets[15] < 2:
      self = .itself
    case .name(let name) where name == "localhost" || name.hasSuffix(".localhost"): self = .itself
    case .name, nil: self = .name
    case .ipv4?, .ipv6?:
      let isInside = HostAddress(address).flatMap { network?.contains($0) } ?? false
      self = .literal(isIPv6: address.contains(":"), isInside: isInside)
    }
  }
}

/// The nodes' reach, made once for a fleet.
struct FleetReach {
  /// By the node's index.
  let nodes: [NodeReach]
  /// Whether `network:` is one of IPv6; nil without one.
  let isNetworkIPv6: Bool?
  /// Indices of the nodes with an address literal outside `network:`, ascending.
  let outside: [Int]

  init(_ fleet: Fleet) {
    let network = fleet.network.flatMap { AddressRange($0.value) }
    let all = fleet.nodes.map { NodeReach($0.address.value, network: network) }
    nodes = all
    isNetworkIPv6 = network.map { $0.octets.count == 16 }
    outside = all.indices.filter { index in
      if case .literal(_, isInside: false) = all[index] { true } else { false }
    }
  }
}
