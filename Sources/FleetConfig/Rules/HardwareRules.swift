internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds needs for devices that the node does not declare, or that others have taken.
///
/// *What it does*: matches exclusive needs with declared devices, one device each.
/// *Why it matters*: two services on one GPU fail at the worst moment, out of memory.
/// *Example*: `autobot-llm-gpu` and `npu-worker` on a node with one GPU.
/// *Instead*: declare a second device, or move one of the roles.
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
    var reported: Set<Int> = []
    for (position, claim) in claims.enumerated() {
      guard claim.matched == nil, !claim.suitable.isEmpty, !reported.contains(position) else {
        continue
      }
      let rivals = rivals(of: position, claims)
      reported.formUnion(rivals)
      diagnostics.add(exclusive(rivals.map { claims[$0] }, resolved))
    }
  }

  /// All claims that fight for the same devices, directly or through others.
  private static func rivals(of start: Int, _ claims: [DeviceClaim]) -> [Int] {
    var found: Set<Int> = [start]
    var devices = Set(claims[start].suitable)
    var grew = true
    while grew {
      grew = false
      for (index, claim) in claims.enumerated() where claim.need.exclusive {
        guard !found.contains(index), !devices.isDisjoint(with: claim.suitable) else { continue }
        found.insert(index)
        devices.formUnion(claim.suitable)
        grew = true
      }
    }
    return found.sorted()
  }

  private static func missing(_ claim: DeviceClaim, _ instance: RoleInstance) -> Diagnostic {
    let role = instance.profile.role.name
    return Diagnostic(
      .hardwareMissing,
      "`\(role)` needs \(claim.need.words), but `\(instance.node.id)` declares none. If the machine "
        + "has one, declare it under `hardware`; else move `\(role)` to a node that has.",
      at: instance.place,
      related: [RelatedSpan("the node's hardware", at: instance.node.hardware.span)]
        .filter { $0.span != nil },
      address: instance.address,
      path: "/nodes/\(instance.node.id)/hardware"
    )
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
      "`\(role)` prefers \(claim.need.words), but `\(instance.node.id)` declares none; it will run on "
        + "the CPU, slowly. Declare the device under `hardware` if there is one.\(policy)",
      at: instance.place,
      address: instance.address,
      path: "/nodes/\(instance.node.id)/hardware",
      severity: isStrict ? .error : nil
    )
  }

  private static func exclusive(_ claims: [DeviceClaim], _ resolved: ResolvedFleet) -> Diagnostic {
    let losers = claims.filter { $0.matched == nil }
    let subject = resolved.instances[(losers.first ?? claims[0]).instance]
    let node = subject.node
    let indices = Set(claims.flatMap(\.suitable)).sorted()
    let devices = indices.map { node.hardware.devices[$0] }
    let names = ScalarReader.words(devices.map { $0.id.isEmpty ? $0.kind : $0.id })
    let roles = ScalarReader.words(claims.map { resolved.instances[$0.instance].profile.role.name })
    var related = claims.map { resolved.instances[$0.instance] }
      .filter { $0.profile !== subject.profile }
      .map { RelatedSpan("`\($0.profile.role.name)` claims it here", at: $0.place) }
    related += devices.map { RelatedSpan("`\($0.id)` is declared here", at: $0.span) }
    let few = devices.count == 1 ? "one device" : "\(devices.count) devices"
    return Diagnostic(
      .hardwareExclusive,
      "\(roles) each need a device of their own on `\(node.id)`, which declares \(few) that would do: "
        + "\(names). Declare another device if the machine has one, or move one of the roles.",
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
      let kind = choice.device.uppercased()
      guard !choice.vendors.isEmpty else { return kind == "NPU" ? "an NPU" : "a \(kind)" }
      let vendors = choice.vendors.map { Self.vendors[$0] ?? $0 }.joined(separator: " or ")
      let vowel = vendors.first.map { "aeiouAEIOUN".contains($0) } ?? false
      return "\(vowel ? "an" : "a") \(vendors) \(kind)"
    }.joined(separator: " or ")
  }

  private static let vendors = ["nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel"]
}
