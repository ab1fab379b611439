internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Finds language models on the wrong class of device.
///
/// *What it does*: compares the sizes of a role's models, by their names or the role's own table, with
/// the sizes that the role is for; models whose size nothing tells are named, since no budget counts them.
/// *Why it matters*: a large model on a CPU answers in minutes; a small one on a GPU takes memory that a
/// large one needs.
/// *Example*: `mistral:7b-instruct` on `autobot-llm-cpu`, which is for models of at most 3B.
/// *Instead*: list the model at the other role.
enum ModelClass {
  static func check(
    _ resolved: ResolvedFleet,
    _ sizes: ModelSizes,
    into diagnostics: inout Diagnostics
  ) {
    for instance in resolved.instances where instance.profile.role.inference != nil {
      guard let load = sizes.load(of: instance.profile) else { continue }
      let inference = load.inference
      let large = load.models.filter { model in
        model.size.map { size in inference.upTo.map { size > $0 } ?? false } ?? false
      }
      let small = load.models.filter { model in
        model.size.map { size in inference.above.map { size <= $0 } ?? false } ?? false
      }
      if let limit = inference.upTo, !large.isEmpty {
        let what = "is for models of at most \(limit.display) parameters"
        let why = "on a \(inference.place == .cpu ? "CPU" : "GPU") of this class they answer slowly"
        diagnostics.add(finding(instance, large, what, why, resolved))
      }
      if let limit = inference.above, !small.isEmpty {
        let what = "is for models of more than \(limit.display) parameters"
        let why = "small ones take memory that large ones need"
        diagnostics.add(finding(instance, small, what, why, resolved))
      }
      let unknown = load.models.filter { $0.size == nil }
      if !unknown.isEmpty { diagnostics.add(unsized(instance, unknown, inference, resolved)) }
    }
  }

  private static func finding(
    _ instance: RoleInstance,
    _ models: [ModelSizes.Model],
    _ what: String,
    _ why: String,
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    let role = instance.profile.role
    let names = models.map { "`\($0.name)` (\($0.size?.display ?? ""))" }.list
    let better = resolved.registry.sortedRoles.filter { other in
      guard let inference = other.inference, other.name != role.name else { return false }
      return models.allSatisfy { model in
        guard let size = model.size else { return false }
        return inference.upTo.map { size <= $0 } ?? true
          && inference.above.map { size > $0 } ?? true
      }
    }
    let instead = better.first.map { "List them at `\($0.name)`" } ?? "List other models"
    let isThere = better.first.flatMap { resolved.instances(of: $0.name).first }
    return Diagnostic(
      .modelClass,
      "`\(role.name)` on `\(instance.node.id)` \(what), and has \(names); \(why). \(instead), or allow "
        + "`model-class` on `\(instance.node.id)` with the reason.",
      at: place(instance, resolved),
      related: isThere.map {
        [RelatedSpan("`\($0.profile.role.name)` is here", at: $0.place)]
      } ?? [],
      address: instance.address,
      path: "/nodes/\(instance.node.id)/roles"
    )
  }

  private static func unsized(
    _ instance: RoleInstance,
    _ models: [ModelSizes.Model],
    _ inference: Inference,
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    Diagnostic(
      .modelClass,
      "How large \(models.map { "`\($0.name)`" }.list) \(models.count == 1 ? "is" : "are") is not known: "
        + "`\(instance.profile.role.name)` on `\(instance.node.id)` has no such entry in `sizes`, and the "
        + "name does not tell (as `:7b` does). No budget counts it.",
      at: place(instance, resolved),
      related: [RelatedSpan("sizes that the role knows", at: inference.span)],
      address: instance.address,
      path: "/nodes/\(instance.node.id)/roles",
      severity: .info
    )
  }

  /// Where the list of models is set, else where the role is assigned.
  private static func place(_ instance: RoleInstance, _ resolved: ResolvedFleet) -> SourceSpan? {
    let parameter = instance.profile.role.inference?.models.soleParameter
    return parameter.flatMap { ParameterEdit.span($0, of: instance, in: resolved) }
      ?? instance.place
  }
}
