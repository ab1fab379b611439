internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds roles on nodes that are reserved.
///
/// *What it does*: looks for roles under a node with `reserved: true`.
/// *Why it matters*: a reserved node is kept free; it carries only what every node carries.
/// *Example*: `{address: 172.16.168.27, reserved: true, roles: [redis]}`.
/// *Instead*: remove `reserved`, or the roles.
enum ReservedNode {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    guard resolved.reach.hasReserved else { return }
    for node in resolved.nodes where node.reserved {
      let placed = node.roles.filter { assignment in
        let replicas = resolved.registry.role(assignment.role.value)?.placement.replicas
        return replicas == .one || replicas == .many
      }
      guard let first = placed.first else { continue }
      let names = ScalarReader.words(placed.map(\.role.value))
      let group = first.group.map { "its group `\($0)`, which lists it by its id, gives it" }
      diagnostics.add(
        Diagnostic(
          .reservedNode,
          "`\(node.id)` is reserved but \(group ?? "lists") \(names). A reserved node carries only the automatic "
            + "roles. Remove `reserved: true`, or move the roles to another node.",
          at: first.role.span,
          related: [RelatedSpan("this node is reserved", at: node.span)],
          address: "node.\(node.id)",
          path: "/nodes/\(node.id)/reserved"
        )
      )
    }
  }
}
