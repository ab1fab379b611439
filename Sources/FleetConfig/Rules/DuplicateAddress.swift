internal import FleetDiagnostics
internal import FleetModel

/// Finds two nodes behind one address, and addresses outside the fleet's network.
///
/// *What it does*: compares addresses after parsing, so `::1` and `0:0:0:0:0:0:0:1` are one.
/// *Why it matters*: both plans would be applied to one machine, each undoing the other.
/// *Example*: two nodes with `address: 172.16.168.20`.
/// *Instead*: give each machine one node that lists all its roles.
enum DuplicateAddress {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    if resolved.reach.isDistinct { return }
    let network = resolved.fleet.network.flatMap { AddressRange($0.value) }
    var first: [HostAddress: Int] = [:]
    first.reserveCapacity(resolved.nodes.count)
    for (index, node) in resolved.nodes.enumerated() {
      guard let address = resolved.reach.addresses[index] else { continue }
      if let other = first[address] {
        diagnostics.add(duplicate(node, resolved.nodes[other]))
      } else {
        first[address] = index
      }
      if let network, network.contains(address) == false, let declared = resolved.fleet.network {
        diagnostics.add(outside(node, declared))
      }
    }
  }

  private static func duplicate(_ node: FleetNode, _ other: FleetNode) -> Diagnostic {
    Diagnostic(
      .duplicateAddress,
      "`\(node.id)` and `\(other.id)` both have the address `\(node.address.value)`. Correct one of "
        + "them; if it is one machine, give it one node with the roles of both.",
      at: node.address.span,
      related: [RelatedSpan("`\(other.id)` has it here", at: other.address.span)],
      address: "node.\(node.id)",
      path: "/nodes/\(node.id)/address"
    )
  }

  private static func outside(_ node: FleetNode, _ network: Located<String>) -> Diagnostic {
    Diagnostic(
      .addressOutsideNetwork,
      "`\(node.address.value)` is not in the fleet's network `\(network.value)`, to which endpoints "
        + "of scope `fleet` are opened. Correct the address or the network.",
      at: node.address.span,
      related: [RelatedSpan("the fleet's network", at: network.span)],
      address: "node.\(node.id)",
      path: "/nodes/\(node.id)/address"
    )
  }
}
