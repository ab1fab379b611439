internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds addresses in `protect` whose node or role does not exist (`fleetctl explain protect-unmatched`).
///
/// What a node has beside its roles only its record says: `plan` looks at that.
enum ProtectUnmatched {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    for entry in resolved.fleet.protect where !Protection.isRole(entry.value) {
      let parts = entry.value.split(separator: "/", maxSplits: 1)
      guard let pattern = parts.first else { continue }
      let node = Glob(pattern)
      guard resolved.nodes.contains(where: { node.matches("node.\($0.id)") }) else {
        let near = NearestName.question("\(pattern)", in: resolved.nodes.map { "node.\($0.id)" })
        diagnostics.add(
          finding(entry, "matches no node of this fleet.", near, nil)
        )
        continue
      }
      if parts.count > 1 { check(String(parts[1]), entry, resolved, nil, into: &diagnostics) }
    }
    for node in resolved.nodes where !node.protect.isEmpty {
      for entry in node.protect { check(entry.value, entry, resolved, node, into: &diagnostics) }
    }
  }

  /// Checks `role.NAME`.
  private static func check(
    _ thing: String,
    _ entry: Located<String>,
    _ resolved: ResolvedFleet,
    _ node: FleetNode?,
    into diagnostics: inout Diagnostics
  ) {
    guard thing.hasPrefix("role.") else { return }
    let name = thing.dropFirst(5)
    let pattern = Glob(name)
    let registry = resolved.registry
    let names = registry.sortedRoles.map(\.name)
    guard registry.component(String(name)) == nil, !names.contains(where: { pattern.matches($0) })
    else { return }
    let near = NearestName.question(String(name), in: names)
    diagnostics.add(finding(entry, "matches no role.", near, node))
  }

  private static func finding(
    _ entry: Located<String>,
    _ what: String,
    _ near: String?,
    _ node: FleetNode?
  ) -> Diagnostic {
    Diagnostic(
      .protectUnmatched,
      "`\(entry.value)` of `protect` \(what) It guards nothing." + (near.map { " " + $0 } ?? ""),
      at: entry.span,
      address: node.map { "node.\($0.id)" },
      path: node.map { "/nodes/\($0.id)/protect" } ?? "/protect"
    )
  }
}
