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
