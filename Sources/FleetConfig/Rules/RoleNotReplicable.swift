internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds a role on several nodes that a fleet can have only once.
///
/// *What it does*: counts the nodes of each role with `replicas: one`.
/// *Why it matters*: consumers know one address; the second instance would serve nobody, or split
/// the data.
/// *Example*: `redis` on two nodes.
/// *Instead*: keep one; roles with `replicas: many` may be repeated.
enum RoleNotReplicable {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    for role in resolved.registry.sortedRoles where role.placement.replicas == .one {
      let instances = resolved.instances(of: role.name)
      guard let first = instances.first, instances.count > 1 else { continue }
      for instance in instances.dropFirst() {
        diagnostics.add(
          Diagnostic(
            .roleNotReplicable,
            "`\(role.name)` is on `\(first.node.id)` and on `\(instance.node.id)`, but a fleet has it "
              + "once: what uses it knows one address. Remove it from one of them.",
            at: instance.place,
            related: [RelatedSpan("`\(first.node.id)` has it here", at: first.place)],
            address: instance.address,
            path: "/nodes/\(instance.node.id)/roles"
          )
        )
      }
    }
  }
}
