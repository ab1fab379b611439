internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Finds GPUs with less memory than the models that may be loaded at once.
///
/// *What it does*: adds up the largest of a role's models, as many as may be loaded at once, by the sizes
/// that their names or the role tell, and compares the sum with the `vram` of the matched GPU or partition.
/// *Why it matters*: what does not fit runs on the CPU, ten times slower, or evicts another model.
/// *Example*: `deepseek-r1:14b` and `codellama:13b` with `max_loaded: 5` on 8 GiB.
/// *Instead*: fewer models at once, smaller ones, or a waiver with the reason.
enum VideoMemory {
  static func check(
    _ resolved: ResolvedFleet,
    _ sizes: ModelSizes,
    into diagnostics: inout Diagnostics
  ) {
    for claim in resolved.deviceClaims {
      let instance = resolved.instances[claim.instance]
      guard let matched = claim.matched else { continue }
      let device = instance.node.hardware.devices[matched]
      guard device.kind == "gpu", let vram = device.vram,
        let load = sizes.load(of: instance.profile), load.inference.place == .gpu,
        load.memory > vram
      else { continue }
      diagnostics.add(finding(instance, device, load, vram, resolved))
    }
  }

  private static func finding(
    _ instance: RoleInstance,
    _ device: Device,
    _ load: ModelSizes.Load,
    _ vram: ByteCount,
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    let role = instance.profile.role.name
    let fitting = load.fitting(in: vram)
    let count = load.largest.count
    let largest = load.largest.first?.name ?? ""
    let parameter = load.inference.atOnce?.soleParameter
    let models = load.inference.models.soleParameter
    let lower = parameter.map { "Lower `roles.\(role).\($0)` to \(fitting)" }
    let smaller = models.map { "choose smaller `\($0)`" } ?? "choose smaller models"
    let cure =
      fitting == 0
      ? "`\(largest)` alone does not fit: choose smaller models"
      : lower.map { "\($0), \(smaller)" } ?? smaller.prefix(1).uppercased() + smaller.dropFirst()
    let places = [parameter, models].compactMap { name in
      name.flatMap { name in
        ParameterEdit.span(name, of: instance, in: resolved)
          .map { RelatedSpan("`\(name)` is set here", at: $0) }
      }
    }
    return Diagnostic(
      .vramExceeded,
      "`\(role)` on `\(instance.node.id)` may load \(count) model\(count == 1 ? "" : "s") at once, about "
        + "\(load.memory.rounded) without their contexts, but `\(device.id)` has \(vram.rounded). \(cure), "
        + "or allow `vram-exceeded` on `\(instance.node.id)` with the reason.",
      at: instance.place,
      related: [RelatedSpan("`\(device.id)` is declared here", at: device.span)] + places,
      address: instance.address,
      path: "/nodes/\(instance.node.id)/roles",
      suggestions: fitting == 0
        ? []
        : parameter.map {
          [ParameterEdit.suggestion($0, String(fitting), of: instance, in: resolved)]
        } ?? []
    )
  }
}

extension ModelSizes.Load {
  /// How many of the largest models fit together.
  func fitting(in memory: ByteCount) -> Int {
    var total: [ByteCount] = []
    for model in largest {
      total.append(model.size?.memory ?? ByteCount(bytes: 0))
      if ByteCount.sum(total) > memory { return total.count - 1 }
    }
    return total.count
  }
}
