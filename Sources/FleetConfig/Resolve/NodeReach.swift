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
  init(_ address: HostAddress?, network: AddressRange?) {
    switch address {
    case .ipv4(let octets) where octets[0] == 127 || octets.allSatisfy { $0 == 0 }: self = .itself
    case .ipv6(let octets) where octets.dropLast().allSatisfy { $0 == 0 } && octets[15] < 2:
      self = .itself
    case .name(let name) where name == "localhost" || name.hasSuffix(".localhost"): self = .itself
    case .name, nil: self = .name
    case .ipv4?: self = .literal(isIPv6: false, isInside: Self.isInside(address, network))
    case .ipv6?: self = .literal(isIPv6: true, isInside: Self.isInside(address, network))
    }
  }
}

extension NodeReach {
  /// The family of a literal; nil for everything else.
  fileprivate var isIPv6: Bool? {
    if case .literal(let isIPv6, _) = self { isIPv6 } else { nil }
  }

  private static func isInside(_ address: HostAddress?, _ network: AddressRange?) -> Bool {
    address.flatMap { network?.contains($0) } ?? false
  }
}

/// The nodes' reach, made once for a fleet.
struct FleetReach {
  /// By the node's index.
  let nodes: [NodeReach]
  /// The parsed addresses; nil for what is none.
  let addresses: [HostAddress?]
  /// Whether a node has a host name for an address, whatever it leads to.
  let isName: [Bool]
  /// Whether `network:` is one of IPv6; nil without one.
  let isNetworkIPv6: Bool?
  /// Whether all addresses are literals of one family, none of which leads to whoever uses it.
  let isUniform: Bool
  /// Indices of the nodes with an address literal outside `network:`, ascending.
  let outside: [Int]

  init(_ fleet: Fleet) {
    let network = fleet.network.flatMap { AddressRange($0.value) }
    let parsed = fleet.nodes.map { HostAddress($0.address.value) }
    addresses = parsed
    isName = parsed.map { $0?.isName ?? false }
    let all = parsed.map { NodeReach($0, network: network) }
    nodes = all
    isNetworkIPv6 = network.map { $0.octets.count == 16 }
    isUniform =
      all.allSatisfy { $0.isIPv6 == false } || all.allSatisfy { $0.isIPv6 == true }
    outside = all.indices.filter { index in
      if case .literal(_, isInside: false) = all[index] { true } else { false }
    }
  }
}
