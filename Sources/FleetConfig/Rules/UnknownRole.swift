internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds names of roles that the registry does not have.
///
/// *What it does*: compares every name under `nodes: … roles:` and under `roles:` with the registry.
/// *Why it matters*: a misspelt role is a service that nobody installs.
/// *Example*: `roles: [reddis]`.
/// *Instead*: `roles: [redis]`; `fleetctl roles` lists them.
struct UnknownRole {
  private let resolved: ResolvedFleet
  private let names: [String]
  private var words: NotARole
  private var nearest: [String: String?] = [:]
  /// The roles that were probably meant.
  private var meant: Set<String> = []

  /// Checks everything; returns the roles that were probably meant, so that their absence is not
  /// reported as well.
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) -> Set<String> {
    let registry = resolved.registry
    let isSound =
      resolved.fleet.roleParameters.keys.allSatisfy { registry.role($0) != nil }
      && !resolved.placement.hasUnknownRoles
      && resolved.fleet.groups.allSatisfy { group in
        group.roles.allSatisfy { registry.role($0.role.value) != nil }
      }
    if isSound { return [] }
    var rule = UnknownRole(resolved)
    rule.run(into: &diagnostics)
    return rule.meant
  }

  private init(_ resolved: ResolvedFleet) {
    self.resolved = resolved
    names = resolved.registry.roles.keys.sorted()
    words = NotARole(resolved)
  }

  private mutating func run(into diagnostics: inout Diagnostics) {
    for role in resolved.fleet.roleParameters.keys.sorted() where !known(role) {
      let name = Located(role, at: resolved.fleet.roleSpans[role])
      diagnostics.add(finding(name, Place(path: "/roles/\(role)"), 0))
    }
    for node in resolved.nodes {
      let place = Place(node)
      // What a group adds is reported once, at the group.
      for (index, assignment) in node.roles.enumerated()
      where assignment.group == nil && !known(assignment.role.value) {
        diagnostics.add(finding(assignment.role, place, index))
      }
    }
    for group in resolved.fleet.groups {
      let place = Place(group)
      for (index, assignment) in group.roles.enumerated() where !known(assignment.role.value) {
        diagnostics.add(finding(assignment.role, place, index))
      }
    }
  }

  /// Where a role is named.
  private struct Place {
    /// Whoever lists it; nil for `roles:` of the fleet.
    var lister: String?
    var address: String?
    var path: String
    /// The list that it stands in; empty for `roles:` of the fleet.
    var list: [RoleAssignment] = []

    init(path: String) { self.path = path }

    init(_ node: FleetNode) {
      lister = "`\(node.id)`"
      address = "node.\(node.id)"
      path = "/nodes/\(node.id)/roles"
      list = node.roles
    }

    init(_ group: NodeGroup) {
      lister = "The group `\(group.id)`"
      path = "/groups/\(group.id)/roles"
      list = group.roles
    }
  }

  private func known(_ name: String) -> Bool { resolved.registry.role(name) != nil }

  private mutating func finding(
    _ role: Located<String>,
    _ place: Place,
    _ index: Int
  ) -> Diagnostic {
    let path = place.list.isEmpty ? place.path : "\(place.path)/\(index)"
    if let answer = words.answer(to: role.value) {
      if answer.instead.count == 1 { meant.formUnion(answer.instead) }
      return Diagnostic(
        .notARole,
        "`\(role.value)` is not a role: \(answer.text)",
        at: role.span,
        address: place.address,
        path: path,
        suggestions: place.list.isEmpty ? [] : instead(answer, place.list, index)
      )
    }
    var suggestions: [Suggestion] = []
    if let nearest = nearest(to: role.value) {
      meant.insert(nearest)
      let edits = role.span.map { [Suggestion.Edit(replace: $0, with: nearest)] } ?? []
      suggestions.append(Suggestion("did you mean `\(nearest)`?", edits: edits))
    }
    let naming = place.lister.map { "\($0) lists" } ?? "`roles` names"
    return Diagnostic(
      .unknownRole,
      "\(naming) the role `\(role.value)`, which the registry does not have. `fleetctl roles` lists the "
        + "roles; a role of your own comes in by `role_paths`.",
      at: role.span,
      address: place.address,
      path: path,
      suggestions: suggestions
    )
  }

  private mutating func nearest(to name: String) -> String? {
    if let known = nearest[name] { return known }
    let found = NearestName.of(name, in: names)
    nearest[name] = .some(found)
    return found
  }

  /// Removes what comes by itself or with a role that is listed already; else one suggestion for each
  /// role that would do.
  private func instead(
    _ answer: NotARole.Answer,
    _ roles: [RoleAssignment],
    _ index: Int
  ) -> [Suggestion] {
    let listed = answer.instead.first { name in roles.contains { $0.role.value == name } }
    guard answer.instead.isEmpty || listed != nil else {
      return answer.instead.map { name in
        let edits = roles[index].span.map { [Suggestion.Edit(replace: $0, with: name)] } ?? []
        return Suggestion("assign `\(name)`", edits: edits)
      }
    }
    let text = listed.map { "remove it: `\($0)` is listed already" } ?? "remove it"
    let edit = RoleEdits.removal(of: index, from: roles)
    return [Suggestion(text, edits: edit.map { [$0] } ?? [])]
  }
}
