internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds a role in `protect` that does not exist: nothing would be protected.
///
/// *What it does*: looks every role name up in the registry in use, components too.
/// *Why it matters*: a guard with a typing error guards nothing, and nobody notices until data is gone.
/// *Example*: `protect: [reddis]`.
/// *Instead*: `protect: [redis]`, or an address as the plan prints it.
enum ProtectedRole {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    for entry in resolved.fleet.protect { check(entry, resolved, nil, into: &diagnostics) }
    for node in resolved.nodes where !node.protect.isEmpty {
      for entry in node.protect { check(entry, resolved, node, into: &diagnostics) }
    }
  }

  private static func check(
    _ entry: Located<String>,
    _ resolved: ResolvedFleet,
    _ node: FleetNode?,
    into diagnostics: inout Diagnostics
  ) {
    let registry = resolved.registry
    guard Protection.isRole(entry.value), registry.role(entry.value) == nil,
      registry.component(entry.value) == nil
    else { return }
    let near = NearestName.question(entry.value, in: registry.sortedRoles.map(\.name))
    diagnostics.add(
      Diagnostic(
        .unknownRole,
        "`protect` names `\(entry.value)`, which is no role." + (near.map { " " + $0 } ?? "")
          + " An address looks like `\(node == nil ? "*/" : "")dir:/var/lib/*`.",
        at: entry.span,
        address: node.map { "node.\($0.id)" },
        path: node.map { "/nodes/\($0.id)/protect" } ?? "/protect"
      )
    )
  }
}
