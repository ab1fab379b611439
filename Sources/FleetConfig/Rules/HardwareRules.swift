internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds needs for devices that the node does not declare, or that others have taken.
///
/// *What it does*: matches exclusive needs with declared devices, one device each; where that is
/// impossible it names the fewest needs that cannot all be served, and every device they could have had.
/// *Why it matters*: two services on one GPU fail at the worst moment, out of memory.
/// *Example*: `autobot-llm-gpu` and `npu-worker` on a node with one GPU.
/// *Instead*: declare a second device, split the GPU by `partitions`, or move one of the roles.
enum HardwareRules {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    var index = resolved.deviceClaims.startIndex
    while index < resolved.deviceClaims.endIndex {
      let node = resolved.instances[resolved.deviceClaims[index].instance].nodeIndex
      let end =
        resolved.deviceClaims[index...].firstIndex {
          resolved.instances[$0.instance].nodeIndex != node
        } ?? resolved.deviceClaims.endIndex
      check(Array(resolved.deviceClaims[index..<end]), resolved, into: &diagnostics)
      index = end
    }
  }

  private static func check(
    _ claims: [DeviceClaim],
    _ resolved: ResolvedFleet,
    into diagnostics: inout Diagnostics
  ) {
    for claim in claims where claim.suitable.isEmpty {
      let instance = resolved.instances[claim.instance]
      diagnostics.add(
        claim.need.fallback == .none
          ? missing(claim, instance) : optional(claim, instance, resolved)
      )
    }
    // Needs without a fallback first: what is left over is the one that can do without.
    let exclusive = claims.filter { $0.need.exclusive && !$0.suitable.isEmpty }
    var left =
      exclusive.filter { $0.need.fallback == .none }
      + exclusive.filter { $0.need.fallback != .none }
    guard left.contains(where: { $0.matched == nil }), let first = left.first else { return }
    let devices = resolved.instances[first.instance].node.hardware.devices.count
    while let core = DeviceConflict.smallest(suitable: left.map(\.suitable), devices: devices) {
      let contested = Set(core.flatMap { left[$0].suitable })
      // Whoever wants nothing but these devices is in the same fight.
      let members = left.indices.filter { contested.isSuperset(of: left[$0].suitable) }
      diagnostics.add(Self.exclusive(members.map { left[$0] }, contested.sorted(), resolved))
      // As many of them as there are devices go on; the fight is reported.
      let spared = Set(members.suffix(members.count - contested.count))
      left = left.indices.filter { !spared.contains($0) }.map { left[$0] }
    }
  }

  private static func missing(_ claim: DeviceClaim, _ instance: RoleInstance) -> Diagnostic {
    let role = instance.profile.role.name
    let devices = instance.node.hardware.devices
    return Diagnostic(
      .hardwareMissing,
      "`\(role)` needs \(claim.need.words), but \(Self.declared(instance.node)). If the machine has "
        + "one, declare it under `hardware`; else move `\(role)` to a node that has.",
      at: instance.place,
      related: [RelatedSpan("the node's hardware", at: instance.node.hardware.span)]
        .filter { $0.span != nil } + devices.prefix(mostDevices).map(\.unsuited),
      address: instance.address,
      path: "/nodes/\(instance.node.id)/hardware"
    )
  }

  /// More devices than these in one finding help nobody.
  private static let mostDevices = 8

  /// `` `n` declares none``, or what it declares instead.
  private static func declared(_ node: FleetNode) -> String {
    let devices = node.hardware.devices
    guard !devices.isEmpty else { return "`\(node.id)` declares none" }
    var words = devices.prefix(mostDevices).map(\.words)
    if devices.count > words.count { words.append("\(devices.count - words.count) more") }
    return "`\(node.id)` declares only \(words.list)"
  }

  private static func optional(
    _ claim: DeviceClaim,
    _ instance: RoleInstance,
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    let role = instance.profile.role.name
    let isStrict = resolved.fleet.settings.hardwarePolicy == "strict"
    let policy = isStrict ? " `hardware_policy: strict` makes this an error." : ""
    return Diagnostic(
      .optionalHardware,
      "`\(role)` prefers \(claim.need.words), but \(Self.declared(instance.node)); it will run on the "
        + "CPU, slowly. Declare the device under `hardware` if there is one.\(policy)",
      at: instance.place,
      related: instance.node.hardware.devices.prefix(mostDevices).map(\.unsuited),
      address: instance.address,
      path: "/nodes/\(instance.node.id)/hardware",
      severity: isStrict ? .error : nil
    )
  }

  private static func exclusive(
    _ claims: [DeviceClaim],
    _ contested: [Int],
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    let subject = resolved.instances[(claims.last ?? claims[0]).instance]
    let node = subject.node
    let devices = contested.map { node.hardware.devices[$0] }
    let others = node.hardware.devices.indices.filter { !contested.contains($0) }
    let instances = claims.map { resolved.instances[$0.instance] }
    // On the node's own order, whoever was served first.
    let names = claims.sorted { $0.instance < $1.instance }.map { claim in
      "`\(resolved.instances[claim.instance].profile.role.name)` (\(claim.need.words))"
    }
    var related = instances.dropLast()
      .map { RelatedSpan("`\($0.profile.role.name)` claims it here", at: $0.place) }
    related += devices.prefix(mostDevices).map { device in
      RelatedSpan("`\(device.id)` is declared here", at: device.span)
    }
    related += others.prefix(mostDevices).map { node.hardware.devices[$0].unsuited }
    let few = devices.count == 1 ? "one device" : "\(devices.count) devices"
    return Diagnostic(
      .hardwareExclusive,
      "\(names.list) each need a device of their own on `\(node.id)`, which declares \(few) that would "
        + "do: \(devices.map(\.words).list). Declare another device if the machine has one, split a GPU by "
        + "`partitions`, or move one of the roles.",
      at: subject.place,
      related: related,
      address: subject.address,
      path: "/nodes/\(node.id)/hardware"
    )
  }
}

extension HardwareNeed {
  /// `an NVIDIA GPU`, `an Intel NPU or an NVIDIA GPU`.
  var words: String {
    choices.map { choice in
      DeviceWords.phrase(kind: choice.device, vendors: choice.vendors)
    }.joined(separator: " or ")
  }
}

extension Device {
  /// `` `gpu0` (an NVIDIA GPU)``, `` `gpu0.1` (8 GiB of `gpu0`)``.
  var words: String {
    let name = id.isEmpty ? "a device" : "`\(id)`"
    if let whole, let vram { return "\(name) (\(vram.rounded) of `\(whole.id)`)" }
    let vendors = vendor.isEmpty || vendor == "other" ? [] : [vendor]
    return "\(name) (\(DeviceWords.phrase(kind: kind, vendors: vendors)))"
  }

  /// The device's place, saying that it is of another kind than wanted.
  fileprivate var unsuited: RelatedSpan {
    RelatedSpan("\(words) does not do", at: span)
  }
}

/// Devices in words.
enum DeviceWords {
  private static let vendors = ["nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel"]

  /// `an NVIDIA GPU`, `a GPU`, `an Intel or AMD GPU`.
  static func phrase(kind: String, vendors: [String]) -> String {
    let kind = kind.uppercased()
    guard let first = vendors.first else { return kind == "NPU" ? "an NPU" : "a \(kind)" }
    if vendors == ["other"] { return "a \(kind) of another vendor" }
    let names = vendors.map { Self.vendors[$0] ?? $0 }.joined(separator: " or ")
    return "\("aeioun".contains(first.prefix(1)) ? "an" : "a") \(names) \(kind)"
  }
}

extension [String] {
  /// `a`, `a and b`, `a, b and c`.
  var list: String {
    guard let last, count > 1 else { return first ?? "nothing" }
    return dropLast().joined(separator: ", ") + " and " + last
  }
}
