internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Finds GPUs with less memory than the models that may be loaded at once.
///
/// *What it does*: adds up the largest `max_loaded` of a role's `models`, by the size in their tags
/// (`14b`), and compares the sum with the declared `vram` of the matched GPU.
/// *Why it matters*: what does not fit runs on the CPU, ten times slower, or evicts another model.
/// *Example*: `deepseek-r1:14b` and `codellama:13b` with `max_loaded: 5` on 8 GiB.
/// *Instead*: fewer models at once, smaller ones, or a waiver with the reason.
enum VideoMemory {
  /// Bytes for each thousand million parameters of a model quantised to 4 bits, as Ollama ships them
  /// (`mistral:7b` is 4.1 GB, `deepseek-r1:14b` 9.0 GB), without its context.
  private static let bytesPerBillion = 620_000_000

  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    for claim in resolved.deviceClaims {
      let instance = resolved.instances[claim.instance]
      guard let matched = claim.matched else { continue }
      let device = instance.node.hardware.devices[matched]
      guard let vram = device.vram, case .list(let models) = instance.parameters["models"],
        case .int(let atOnce) = instance.parameters["max_loaded"]
      else { continue }
      let sizes = models.compactMap(size).sorted(by: >).prefix(max(atOnce, 0))
      let needed = sizes.reduce(0, +)
      guard needed > vram.bytes else { continue }
      diagnostics.add(finding(instance, device, needed: needed, vram: vram, count: sizes.count))
    }
  }

  private static func size(_ model: Value) -> Int? {
    guard case .string(let name) = model, let colon = name.firstIndex(of: ":") else { return nil }
    let tag = name[name.index(after: colon)...]
    let digits = tag.prefix { $0.isNumber || $0 == "." }
    guard let billions = Double(digits), billions > 0, billions < 10_000,
      tag.dropFirst(digits.count).lowercased().hasPrefix("b")
    else { return nil }
    return Int(billions * Double(bytesPerBillion))
  }

  private static func finding(
    _ instance: RoleInstance,
    _ device: Device,
    needed: Int,
    vram: ByteCount,
    count: Int
  ) -> Diagnostic {
    let role = instance.profile.role.name
    let gibibytes = (needed + (1 << 30) - 1) >> 30
    return Diagnostic(
      .vramExceeded,
      "`\(role)` on `\(instance.node.id)` may load \(count) models at once, about \(gibibytes) GiB, "
        + "but `\(device.id)` has \(vram.display). Lower `roles.\(role).max_loaded`, choose smaller "
        + "`models`, or allow `vram-exceeded` on `\(instance.node.id)` with the reason.",
      at: instance.place,
      related: [RelatedSpan("`\(device.id)` is declared here", at: device.span)],
      address: instance.address,
      path: "/nodes/\(instance.node.id)/roles"
    )
  }
}
