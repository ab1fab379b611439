internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds a role that one node lists twice.
///
/// *What it does*: compares the names under `roles:` of each node and of each group.
/// *Why it matters*: two entries may carry different parameters, and only one could win.
/// *Example*: `roles: [redis, {redis: {port: 6390}}]`.
/// *Instead*: one entry with all parameters.
enum RoleRepeated {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    for node in resolved.nodes where node.roles.count > 1 {
      check(
        node.roles,
        of: "`\(node.id)`",
        "/nodes/\(node.id)",
        "node.\(node.id)",
        into: &diagnostics
      )
    }
    for group in resolved.fleet.groups where group.roles.count > 1 {
      check(
        group.roles,
        of: "The group `\(group.id)`",
        "/groups/\(group.id)",
        nil,
        into: &diagnostics
      )
    }
  }

  private static func check(
    _ roles: [RoleAssignment],
    of what: String,
    _ path: String,
    _ address: String?,
    into diagnostics: inout Diagnostics
  ) {
    var first: [String: SourceSpan?] = [:]
    for (index, assignment) in roles.enumerated() {
      let name = assignment.role.value
      guard let earlier = first[name] else {
        first[name] = assignment.role.span
        continue
      }
      diagnostics.add(
        Diagnostic(
          .roleRepeated,
          "\(what) lists `\(name)` twice. Keep one entry, with all its parameters.",
          at: assignment.role.span,
          related: [RelatedSpan("listed here already", at: earlier)],
          address: address.map { "\($0)/role.\(name)" },
          path: "\(path)/roles/\(index)"
        )
      )
    }
  }
}
