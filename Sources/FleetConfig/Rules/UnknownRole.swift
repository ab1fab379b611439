internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds names of roles that the registry does not have.
///
/// *What it does*: compares every name under `nodes: … roles:` and under `roles:` with the registry.
/// *Why it matters*: a misspelt role is a service that nobody installs.
/// *Example*: `roles: [reddis]`.
/// *Instead*: `roles: [redis]`; `fleetctl roles` lists them.
enum UnknownRole {
  /// Checks everything; returns the roles that were probably meant, so that their absence is not
  /// reported as well.
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) -> Set<String> {
    var meant: Set<String> = []
    let names = resolved.registry.roles.keys.sorted()
    for role in resolved.fleet.roleParameters.keys.sorted() where !known(role, resolved) {
      let span = resolved.fleet.roleSpans[role]
      diagnostics.add(finding(role, span, nil, "/roles/\(role)", resolved, names, &meant))
    }
    for node in resolved.nodes {
      for (index, assignment) in node.roles.enumerated()
      where !known(assignment.role.value, resolved) {
        let path = "/nodes/\(node.id)/roles/\(index)"
        let role = assignment.role
        diagnostics.add(finding(role.value, role.span, node, path, resolved, names, &meant))
      }
    }
    return meant
  }

  private static func known(_ name: String, _ resolved: ResolvedFleet) -> Bool {
    resolved.registry.role(name) != nil
  }

  private static func finding(
    _ name: String,
    _ span: SourceSpan?,
    _ node: FleetNode?,
    _ path: String,
    _ resolved: ResolvedFleet,
    _ names: [String],
    _ meant: inout Set<String>
  ) -> Diagnostic {
    let address = node.map { "node.\($0.id)" }
    if let why = NotARole.explanation(of: name, resolved) {
      return Diagnostic(
        .notARole,
        "`\(name)` is not a role: \(why)",
        at: span,
        address: address,
        path: path
      )
    }
    var suggestions: [Suggestion] = []
    if let nearest = NearestName.of(name, in: names) {
      meant.insert(nearest)
      let edits = span.map { [Suggestion.Edit(replace: $0, with: nearest)] } ?? []
      suggestions.append(Suggestion("did you mean `\(nearest)`?", edits: edits))
    }
    let place = node.map { "`\($0.id)` lists" } ?? "`roles` names"
    return Diagnostic(
      .unknownRole,
      "\(place) the role `\(name)`, which the registry does not have. `fleetctl roles` lists the "
        + "roles; a role of your own comes in by `role_paths`.",
      at: span,
      address: address,
      path: path,
      suggestions: suggestions
    )
  }
}
