internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds nodes whose health cannot be checked from where it is to be checked.
///
/// *What it does*: follows the way from the node in `health_via` to every port that a health check asks,
/// through the firewall as it will be written; and looks for WSL2 nodes without `health_via`.
/// *Why it matters*: a check that cannot get through fails, and a change that was good is taken back.
/// *Example*: `wsl2: true` without `health_via`; a relay that is reserved and may be switched off.
/// *Instead*: `health_via` with a node that runs and reaches this one.
enum HealthRelay {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    guard resolved.reach.hasRelays || resolved.reach.hasWSL2 else { return }
    for (index, node) in resolved.nodes.enumerated() where node.wsl2 || node.healthVia != nil {
      let checked = resolved.instances[resolved.nodeRanges[index]].compactMap { instance in
        instance.ports.first { instance.isChecked($0) }.map { (instance, $0) }
      }
      guard let relay = node.healthVia else {
        if let (instance, port) = checked.first { diagnostics.add(none(node, instance, port)) }
        continue
      }
      guard relay.value != node.id.name, let id = NodeID(relay.value),
        let relayIndex = resolved.nodeIndices[id]
      else { continue }
      let other = resolved.nodes[relayIndex]
      if other.reserved { diagnostics.add(reserved(node, relay, other)) }
      for (instance, port) in checked {
        guard let obstacle = resolved.obstacle(from: relayIndex, to: port, at: instance) else {
          continue
        }
        diagnostics.add(closed(node, relay, other, obstacle, instance, port))
        break
      }
    }
  }

  private static func none(
    _ node: FleetNode,
    _ instance: RoleInstance,
    _ port: ResolvedPort
  ) -> Diagnostic {
    Diagnostic(
      .healthRelay,
      "`\(instance.profile.role.name)` on `\(node.id)` is checked at the node's own address (port "
        + "\(port.number)), which a WSL2 machine cannot reach. Name a node that checks it: "
        + "`health_via: NODE`.",
      at: node.span,
      related: [RelatedSpan("this is checked there", at: instance.place)],
      address: "node.\(node.id)",
      path: "/nodes/\(node.id)/health_via"
    )
  }

  private static func reserved(
    _ node: FleetNode,
    _ relay: Located<String>,
    _ other: FleetNode
  ) -> Diagnostic {
    Diagnostic(
      .healthRelay,
      "`\(node.id)` is to be checked by `\(other.id)`, which is reserved: nobody promises that it runs. "
        + "Name a node in service.",
      at: relay.span,
      related: [RelatedSpan("`\(other.id)` is reserved", at: other.span)],
      address: "node.\(node.id)",
      path: "/nodes/\(node.id)/health_via"
    )
  }

  private static func closed(
    _ node: FleetNode,
    _ relay: Located<String>,
    _ other: FleetNode,
    _ obstacle: Obstacle,
    _ instance: RoleInstance,
    _ port: ResolvedPort
  ) -> Diagnostic {
    Diagnostic(
      .healthRelay,
      "`\(other.id)` is to check `\(instance.profile.role.name)` on `\(node.id)` (port "
        + "`\(port.name)`, \(port.number)), but cannot connect: \(obstacle.words(from: other, to: node))",
      at: relay.span,
      related: [
        RelatedSpan("this is to be checked", at: instance.place),
        RelatedSpan("address of `\(other.id)`", at: other.address.span),
        RelatedSpan("address of `\(node.id)`", at: node.address.span),
      ].filter { $0.span != nil },
      address: "node.\(node.id)",
      path: "/nodes/\(node.id)/health_via",
      severity: .error
    )
  }
}
