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
      var first: [String: Int] = [:]
      for (index, assignment) in node.roles.enumerated() {
        let name = assignment.role.value
        guard let earlier = first[name] else {
          first[name] = index
          continue
        }
        diagnostics.add(
          Diagnostic(
            .roleRepeated,
            "`\(node.id)` lists `\(name)` twice. Keep one entry, with all its parameters.",
            at: assignment.role.span,
            related: [RelatedSpan("listed here already", at: node.roles[earlier].role.span)],
            address: "node.\(node.id)/role.\(name)",
            path: "/nodes/\(node.id)/roles/\(index)",
            suggestions: removal(index, earlier, node.roles)
          )
        )
      }
    }
  }

  /// Removes the entry that says nothing of its own; two with parameters are joined by hand.
  private static func removal(
    _ index: Int,
    _ earlier: Int,
    _ roles: [RoleAssignment]
  ) -> [Suggestion] {
    let chosen = [index, earlier].first { roles[$0].parameters.isEmpty }
    guard let chosen, let edit = RoleEdits.removal(of: chosen, from: roles) else { return [] }
    return [Suggestion("remove the entry without parameters", edits: [edit])]
  }
}
