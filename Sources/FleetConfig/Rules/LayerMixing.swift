internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds management and business roles on one node.
///
/// *What it does*: compares the layers of the roles on each node; `shared` goes with both.
/// *Why it matters*: whoever breaks into a business service must not stand beside the keys to the
/// whole fleet.
/// *Example*: `slm-monitoring` beside `ai-stack`.
/// *Instead*: separate nodes.
enum LayerMixing {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    for range in resolved.nodeRanges {
      let instances = resolved.instances[range]
      let management = instances.filter { $0.profile.role.layer == .management }
      guard let manager = management.first else { continue }
      let business = instances.filter { $0.profile.role.layer == .business }
      guard let worker = business.first else { continue }
      let isManagerLater = isLater(manager, than: worker)
      let subject = isManagerLater ? manager : worker
      let others = isManagerLater ? business : management
      let managers = ScalarReader.words(management.map(\.profile.role.name))
      let workers = ScalarReader.words(business.map(\.profile.role.name))
      diagnostics.add(
        Diagnostic(
          .layerMixing,
          "`\(subject.node.id)` carries roles of the management layer (\(managers)) and of the "
            + "business layer (\(workers)). The manager holds the keys to every node, so nothing that "
            + "serves users may share its machine. Move one side to another node.",
          at: subject.place,
          related: others.map { other in
            RelatedSpan(
              "`\(other.profile.role.name)` belongs to the \(other.profile.role.layer.rawValue) layer",
              at: other.place
            )
          },
          address: subject.address,
          path: "/nodes/\(subject.node.id)/roles"
        )
      )
    }
  }

  /// Whether `left` is written behind `right`: the side that came later is the one to move.
  static func isLater(_ left: RoleInstance, than right: RoleInstance) -> Bool {
    (left.place?.start.byte ?? -1) > (right.place?.start.byte ?? -1)
  }
}

/// Finds roles that the registry keeps apart on one node.
///
/// *What it does*: applies `placement: apart_from:` of every role.
/// *Why it matters*: the reason stands in the registry and is printed.
/// *Example*: `frontend` on the backend's node.
/// *Instead*: another node for one of them.
enum PlacementForbidden {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    for range in resolved.nodeRanges {
      let instances = resolved.instances[range]
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

/// Finds roles away from the node where the registry documents them.
///
/// *What it does*: compares the node with the role's default nodes, where the fleet has those. Roles
/// that are portable go anywhere; separable ones may have a node that is nobody else's home.
/// *Why it matters*: runbooks, dashboards and people look for it elsewhere.
/// *Example*: `redis` on the AI node of an AutoBot fleet.
/// *Instead*: its usual node, or a waiver with the reason.
enum PlacementUnusual {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    let homes = Set(resolved.registry.roles.values.flatMap(\.placement.defaultNodes))
    for instance in resolved.instances where !instance.automatic {
      let profile = instance.profile
      guard profile.role.layer != .shared, !profile.role.placement.portable else { continue }
      let role = profile.role
      let usual = role.placement.defaultNodes.filter { name in
        NodeID(name).map { resolved.node($0) != nil } ?? false
      }
      let name = instance.node.id.name
      guard !usual.isEmpty, !usual.contains(name) else { continue }
      if role.placement.separable || role.placement.replicas == .many, !homes.contains(name) {
        continue
      }
      diagnostics.add(
        Diagnostic(
          .placementUnusual,
          "`\(role.name)` is on `\(name)`; the registry documents it on \(ScalarReader.words(usual)). "
            + "Move it there, or allow `placement-unusual` on `\(name)` with the reason.",
          at: instance.place,
          address: instance.address,
          path: "/nodes/\(name)/roles"
        )
      )
    }
  }
}
