internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds roles that have one of several equal GPUs without anything that says which.
///
/// *What it does*: looks for a matched GPU without `uuid` beside others of its vendor.
/// *Why it matters*: the driver knows GPUs by UUID or by their order on the bus; without a UUID the unit
/// can only name a position, and a card that is added or fails moves the others.
/// *Example*: two NVIDIA GPUs without `uuid`, one for `autobot-llm-gpu`.
/// *Instead*: the `uuid` that `nvidia-smi -L` prints.
enum DeviceUnpinned {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    for claim in resolved.deviceClaims {
      guard let matched = claim.matched else { continue }
      let instance = resolved.instances[claim.instance]
      let device = instance.node.hardware.devices[matched]
      guard device.kind == "gpu", device.uuid == nil, device.peers > 1, !device.vendor.isEmpty
      else { continue }
      let role = instance.profile.role.name
      let kind = DeviceWords.phrase(kind: device.kind, vendors: [device.vendor])
      let name = device.whole?.id ?? device.id
      diagnostics.add(
        Diagnostic(
          .deviceUnpinned,
          "`\(role)` has `\(name)` of `\(instance.node.id)`, one of \(device.peers) devices that are each "
            + "\(kind), and no `uuid` says which. Its unit takes number \(device.ordinal) on the bus, "
            + "which moves when a card is added or fails. Write the `uuid` that `nvidia-smi -L` prints.",
          at: device.span,
          related: [RelatedSpan("`\(role)` has it", at: instance.place)],
          address: instance.address,
          path: "/nodes/\(instance.node.id)/hardware"
        )
      )
    }
  }
}
