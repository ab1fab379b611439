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
    case .ipv4(let number) where number >> 24 == 127 || number == 0: self = .itself
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
  private static func isInside(_ address: HostAddress?, _ network: AddressRange?) -> Bool {
    address.flatMap { network?.contains($0) } ?? false
  }
}

/// The nodes' reach, and what else one look at every node tells; made once for a fleet.
struct FleetReach: Sendable {
  /// By the node's index.
  private(set) var nodes: [NodeReach] = []
  /// The parsed addresses; nil for what is none.
  private(set) var addresses: [HostAddress?] = []
  /// Whether a node has a host name for an address, whatever it leads to.
  private(set) var isName: [Bool] = []
  /// Whether `network:` is one of IPv6; nil without one.
  let isNetworkIPv6: Bool?
  /// Whether all addresses are literals of one family, none of which leads to whoever uses it.
  let isUniform: Bool
  /// Indices of the nodes with an address literal outside `network:`, ascending.
  private(set) var outside: [Int] = []
  /// Whether every address is one of IPv4 that no other node has, in the network if there is one.
  let isDistinct: Bool
  /// Whether a node has `health_via`, `wsl2` or `reserved`.
  private(set) var hasRelays = false
  private(set) var hasWSL2 = false
  private(set) var hasReserved = false

  init(_ fleet: Fleet) {
    let network = fleet.network.flatMap { AddressRange($0.value) }
    isNetworkIPv6 = network.map { $0.octets.count == 16 }
    nodes.reserveCapacity(fleet.nodes.count)
    addresses.reserveCapacity(fleet.nodes.count)
    isName.reserveCapacity(fleet.nodes.count)
    var numbers: [UInt32] = []
    numbers.reserveCapacity(fleet.nodes.count)
    var families: (ipv4: Int, ipv6: Int) = (0, 0)
    var isOutside = false
    for (index, node) in fleet.nodes.enumerated() {
      let address = node.ipv4.map { .ipv4($0) } ?? HostAddress(node.address.value)
      let reach = NodeReach(address, network: network)
      addresses.append(address)
      nodes.append(reach)
      isName.append(address?.isName ?? false)
      if case .ipv4(let number) = address { numbers.append(number) }
      if case .literal(let isIPv6, let isInside) = reach {
        if isIPv6 { families.ipv6 += 1 } else { families.ipv4 += 1 }
        if !isInside { outside.append(index) }
      }
      if let network, let address, network.contains(address) == false { isOutside = true }
      hasRelays = hasRelays || node.healthVia != nil
      hasWSL2 = hasWSL2 || node.wsl2
      hasReserved = hasReserved || node.reserved
    }
    let count = fleet.nodes.count
    isUniform = families.ipv4 == count || families.ipv6 == count
    isDistinct = !isOutside && numbers.count == count && Self.areDistinct(numbers)
  }

  private static func areDistinct(_ numbers: [UInt32]) -> Bool {
    // Mostly in order already.
    if zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) { return true }
    let sorted = numbers.sorted()
    return zip(sorted, sorted.dropFirst()).allSatisfy { $0 < $1 }
  }
}
