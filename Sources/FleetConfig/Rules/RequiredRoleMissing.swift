internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds required roles that no node has, and optional ones without which the fleet is degraded.
///
/// *What it does*: looks for every role of the registry among the assignments.
/// *Why it matters*: without a required role the fleet's health is critical from the first minute.
/// *Example*: an AutoBot fleet without `chromadb`.
/// *Instead*: assign the role; its usual node is named.
enum RequiredRoleMissing {
  /// Checks everything except roles in `meant`, whose misspelling is reported already.
  static func check(
    _ resolved: ResolvedFleet,
    meant: Set<String>,
    into diagnostics: inout Diagnostics
  ) {
    let needed = neededRoles(resolved)
    let models = NoLLM.modelRoles(resolved.registry)
    let hasModel = models.contains { resolved.indicesByRole[$0] != nil }
    for role in resolved.registry.sortedRoles where resolved.indicesByRole[role.name] == nil {
      guard role.placement.replicas == .one || role.placement.replicas == .many else { continue }
      guard !meant.contains(role.name) else { continue }
      let consumers = needed[role.name] ?? []
      if role.required {
        diagnostics.add(missing(role, consumers, resolved))
      } else if let text = role.degradedWithout {
        // Without any model `no-llm` speaks for all of them; with a cloud model none is missed.
        if models.contains(role.name), !hasModel { continue }
        diagnostics.add(degraded(role, text, consumers, resolved))
      }
    }
    if !hasModel { NoLLM.report(models, resolved, into: &diagnostics) }
  }

  /// Up to three instances that need each role, so that the findings can show who.
  private static func neededRoles(_ resolved: ResolvedFleet) -> [String: [RoleInstance]] {
    var result: [String: [RoleInstance]] = [:]
    for instance in resolved.instances where !instance.automatic {
      for dependency in instance.dependencies where !dependency.isAvailable {
        guard result[dependency.role, default: []].count < 3 else { continue }
        result[dependency.role, default: []].append(instance)
      }
    }
    return result
  }

  private static func missing(
    _ role: Role,
    _ consumers: [RoleInstance],
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    Diagnostic(
      .requiredRoleMissing,
      "No node has `\(role.name)` (\(role.summary.withoutStop)), which every fleet of this registry "
        + "needs. \(cure(role, resolved))",
      at: resolved.fleet.nodesSpan,
      related: related(consumers),
      path: "/nodes"
    )
  }

  private static func degraded(
    _ role: Role,
    _ text: String,
    _ consumers: [RoleInstance],
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    Diagnostic(
      .optionalRoleMissing,
      "No node has `\(role.name)`. Without it: \(text.withoutStop). \(cure(role, resolved))",
      at: resolved.fleet.nodesSpan,
      related: related(consumers),
      path: "/nodes"
    )
  }

  private static func related(_ consumers: [RoleInstance]) -> [RelatedSpan] {
    consumers.map {
      RelatedSpan("`\($0.profile.role.name)` on `\($0.node.id)` uses it", at: $0.place)
    }
  }

  /// Where to add the role: its usual node, where the fleet has that.
  static func cure(_ role: Role, _ resolved: ResolvedFleet) -> String {
    let usual = role.placement.defaultNodes.first { name in
      NodeID(name).map { resolved.node($0) != nil } ?? false
    }
    guard let usual else { return "Add it to the `roles` of a node." }
    return "Add it to the `roles` of `\(usual)`, its usual node, or of another."
  }
}

extension String {
  /// The same without a full stop at its end, for use inside a sentence.
  var withoutStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
