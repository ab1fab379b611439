internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds roles away from the node where the registry documents them.
///
/// *What it does*: compares the node with the role's default nodes, where the fleet has those. Roles
/// that are portable go anywhere; separable ones may have a node that is nobody else's home.
/// *Why it matters*: runbooks, dashboards and people look for it elsewhere.
/// *Example*: `redis` on the AI node of an AutoBot fleet.
/// *Instead*: its usual node, or a waiver with the reason.
enum PlacementUnusual {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    let homes = Set(resolved.registry.roles.values.flatMap(\.placement.defaultNodes))
    for instance in resolved.instances where !instance.automatic {
      let profile = instance.profile
      guard profile.role.layer != .shared, !profile.role.placement.portable else { continue }
      let role = profile.role
      let usual = role.placement.defaultNodes.filter { name in
        NodeID(name).map { resolved.node($0) != nil } ?? false
      }
      let name = instance.node.id.name
      guard !usual.isEmpty, !usual.contains(name) else { continue }
      if role.placement.separable || role.placement.replicas == .many, !homes.contains(name) {
        continue
      }
      diagnostics.add(
        Diagnostic(
          .placementUnusual,
          "`\(role.name)` is on `\(name)`; the registry documents it on \(ScalarReader.words(usual)). "
            + "Move it there, or allow `placement-unusual` on `\(name)` with the reason.",
          at: instance.place,
          related: usual.compactMap { home in
            NodeID(home).flatMap { resolved.node($0) }.map {
              RelatedSpan("its usual node is here", at: $0.span)
            }
          },
          address: instance.address,
          path: "/nodes/\(name)/roles"
        )
      )
    }
  }
}
