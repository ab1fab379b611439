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
      let name = Located(role, at: resolved.fleet.roleSpans[role])
      let place = Place(lister: nil, address: nil, path: "/roles/\(role)")
      diagnostics.add(finding(name, place, resolved, names, &meant))
    }
    for node in resolved.nodes {
      // What a group adds is reported once, at the group.
      for (index, assignment) in node.roles.enumerated()
      where assignment.group == nil && !known(assignment.role.value, resolved) {
        let path = "/nodes/\(node.id)/roles/\(index)"
        let role = assignment.role
        let place = Place(lister: "`\(node.id)`", address: "node.\(node.id)", path: path)
        diagnostics.add(finding(role, place, resolved, names, &meant))
      }
    }
    for group in resolved.fleet.groups {
      for (index, assignment) in group.roles.enumerated()
      where !known(assignment.role.value, resolved) {
        let path = "/groups/\(group.id)/roles/\(index)"
        let place = Place(lister: "The group `\(group.id)`", address: nil, path: path)
        diagnostics.add(finding(assignment.role, place, resolved, names, &meant))
      }
    }
    return meant
  }

  private static func known(_ name: String, _ resolved: ResolvedFleet) -> Bool {
    resolved.registry.role(name) != nil
  }

  /// Where a role is named.
  private struct Place {
    /// Whoever lists it; nil for `roles:` of the fleet.
    let lister: String?
    let address: String?
    let path: String
  }

  private static func finding(
    _ role: Located<String>,
    _ place: Place,
    _ resolved: ResolvedFleet,
    _ names: [String],
    _ meant: inout Set<String>
  ) -> Diagnostic {
    let (name, span) = (role.value, role.span)
    if let why = NotARole.explanation(of: name, resolved) {
      return Diagnostic(
        .notARole,
        "`\(name)` is not a role: \(why)",
        at: span,
        address: place.address,
        path: place.path
      )
    }
    var suggestions: [Suggestion] = []
    if let nearest = NearestName.of(name, in: names) {
      meant.insert(nearest)
      let edits = span.map { [Suggestion.Edit(replace: $0, with: nearest)] } ?? []
      suggestions.append(Suggestion("did you mean `\(nearest)`?", edits: edits))
    }
    let naming = place.lister.map { "\($0) lists" } ?? "`roles` names"
    return Diagnostic(
      .unknownRole,
      "\(naming) the role `\(name)`, which the registry does not have. `fleetctl roles` lists the "
        + "roles; a role of your own comes in by `role_paths`.",
      at: span,
      address: place.address,
      path: place.path,
      suggestions: suggestions
    )
  }
}
