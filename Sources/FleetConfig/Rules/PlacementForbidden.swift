internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds roles that the registry keeps apart on one node.
///
/// *What it does*: applies `placement: apart_from:` of every role.
/// *Why it matters*: the reason stands in the registry and is printed.
/// *Example*: `frontend` on the backend's node.
/// *Instead*: another node for one of them.
enum PlacementForbidden {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    resolved.visitNodes { instances in
      var reported: Set<[String]> = []
      for instance in instances {
        for apart in instance.profile.role.placement.apartFrom {
          let role = instance.profile.role.name
          guard let other = instances.first(where: { $0.profile.role.name == apart.role }),
            reported.insert([role, apart.role].sorted()).inserted
          else { continue }
          let isLater = LayerMixing.isLater(instance, than: other)
          diagnostics.add(
            finding(isLater ? instance : other, isLater ? other : instance, apart.because)
          )
        }
      }
      return reported.isEmpty
    }
  }

  private static func finding(
    _ instance: RoleInstance,
    _ other: RoleInstance,
    _ because: String
  ) -> Diagnostic {
    let role = instance.profile.role.name
    let beside = other.profile.role.name
    return Diagnostic(
      .placementForbidden,
      "`\(role)` may not be on the node of `\(beside)` (`\(instance.node.id)`): "
        + "\(because.withoutStop). Move one of them to another node.",
      at: instance.place,
      related: [RelatedSpan("`\(beside)` is here", at: other.place)],
      address: instance.address,
      path: "/nodes/\(instance.node.id)/roles"
    )
  }
}
