internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds a role that one node lists twice.
///
/// *What it does*: compares the names under `roles:` of each node.
/// *Why it matters*: two entries may carry different parameters, and only one could win.
/// *Example*: `roles: [redis, {redis: {port: 6390}}]`.
/// *Instead*: one entry with all parameters.
enum RoleRepeated {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    for node in resolved.nodes where node.roles.count > 1 {
      var first: [String: SourceSpan?] = [:]
      for (index, assignment) in node.roles.enumerated() {
        let name = assignment.role.value
        guard let earlier = first[name] else {
          first[name] = assignment.role.span
          continue
        }
        diagnostics.add(
          Diagnostic(
            .roleRepeated,
            "`\(node.id)` lists `\(name)` twice. Keep one entry, with all its parameters.",
            at: assignment.role.span,
            related: [RelatedSpan("listed here already", at: earlier)],
            address: "node.\(node.id)/role.\(name)",
            path: "/nodes/\(node.id)/roles/\(index)"
          )
        )
      }
    }
  }
}

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

/// Finds roles on nodes that are reserved.
///
/// *What it does*: looks for roles under a node with `reserved: true`.
/// *Why it matters*: a reserved node is kept free; it carries only what every node carries.
/// *Example*: `{address: 172.16.168.27, reserved: true, roles: [redis]}`.
/// *Instead*: remove `reserved`, or the roles.
enum ReservedNode {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    for node in resolved.nodes where node.reserved {
      let placed = node.roles.filter { assignment in
        let replicas = resolved.registry.role(assignment.role.value)?.placement.replicas
        return replicas == .one || replicas == .many
      }
      guard let first = placed.first else { continue }
      let names = ScalarReader.words(placed.map(\.role.value))
      diagnostics.add(
        Diagnostic(
          .reservedNode,
          "`\(node.id)` is reserved but lists \(names). A reserved node carries only the automatic "
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

/// Finds `health_via` that names no node, or the node itself.
///
/// *What it does*: looks every name up among the nodes.
/// *Why it matters*: health checks of the node would have nowhere to run from.
/// *Example*: `health_via: 00-SLM-Manger`.
/// *Instead*: the id of another node.
enum UnknownNode {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    // One list for all findings: with 10,000 of them it must not be made 10,000 times.
    var ids: [String]?
    for node in resolved.nodes {
      guard let relay = node.healthVia else { continue }
      let path = "/nodes/\(node.id)/health_via"
      if relay.value == node.id.name {
        diagnostics.add(
          Diagnostic(
            .unknownNode,
            "`\(node.id)` names itself in `health_via`. Name the node that checks it.",
            at: relay.span,
            address: "node.\(node.id)",
            path: path
          )
        )
        continue
      }
      if let id = NodeID(relay.value), resolved.node(id) != nil { continue }
      let known = ids ?? resolved.nodes.prefix(NearestName.consideredNames).map(\.id.name)
      ids = known
      let nearest = NearestName.of(relay.value, in: known)
      diagnostics.add(
        Diagnostic(
          .unknownNode,
          "`\(node.id)` is to be checked by `\(relay.value)`, which is no node of this fleet.",
          at: relay.span,
          address: "node.\(node.id)",
          path: path,
          suggestions: nearest.map { name in
            let edits = relay.span.map { [Suggestion.Edit(replace: $0, with: name)] } ?? []
            return [Suggestion("did you mean `\(name)`?", edits: edits)]
          } ?? []
        )
      )
    }
  }
}
