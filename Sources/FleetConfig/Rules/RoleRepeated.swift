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
    let placement = resolved.placement
    // Names that the registry does not have may stand twice too.
    let mayRepeat = placement.hasRepeatedRoles || placement.hasUnknownRoles
    for node in mayRepeat ? resolved.nodes : [] where node.roles.count > 1 {
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
    of what: @autoclosure () -> String,
    _ path: @autoclosure () -> String,
    _ address: @autoclosure () -> String?,
    into diagnostics: inout Diagnostics
  ) {
    // Nearly every list is short and sound; comparing its names in pairs is cheaper than hashing them.
    if roles.count <= 8 {
      let isSound = roles.indices.allSatisfy { index in
        !roles[..<index].contains { $0.role.value == roles[index].role.value }
      }
      if isSound { return }
    }
    var first: [String: Int] = [:]
    for (index, assignment) in roles.enumerated() {
      let name = assignment.role.value
      guard let earlier = first[name] else {
        first[name] = index
        continue
      }
      diagnostics.add(
        Diagnostic(
          .roleRepeated,
          "\(what()) lists `\(name)` twice. Keep one entry, with all its parameters.",
          at: assignment.role.span,
          related: [RelatedSpan("listed here already", at: roles[earlier].role.span)],
          address: address().map { "\($0)/role.\(name)" },
          path: "\(path())/roles/\(index)",
          suggestions: removal(index, earlier, roles)
        )
      )
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
