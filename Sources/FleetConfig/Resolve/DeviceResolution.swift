internal import FleetModel
internal import FleetRegistry

/// Matches the hardware needs of each node's roles with its declared devices.
enum DeviceResolution {
  static func resolve(_ resolved: inout ResolvedFleet) {
    let sizes = ModelSizes(resolved.fleet.settings)
    for range in resolved.nodeRanges
    where range.contains(where: { !resolved.instances[$0].profile.hardware.isEmpty }) {
      var claims = claims(of: range, resolved, sizes)
      match(&claims, devices: resolved.instances[range.lowerBound].node.hardware.devices.count)
      for claim in claims {
        guard let matched = claim.matched else { continue }
        let device = resolved.instances[claim.instance].node.hardware.devices[matched]
        resolved.instances[claim.instance].devices.append(device)
      }
      resolved.deviceClaims += claims
    }
  }

  private static func claims(
    of range: Range<Int>,
    _ resolved: ResolvedFleet,
    _ sizes: ModelSizes
  ) -> [DeviceClaim] {
    range.flatMap { index in
      let instance = resolved.instances[index]
      return instance.profile.hardware.map { need in
        DeviceClaim(
          instance: index,
          need: need,
          suitable: suitable(
            need,
            instance.node.hardware.devices,
            wanted: sizes.videoMemory(of: instance.profile)
          ),
          matched: nil
        )
      }
    }
  }

  /// Devices of the first choice, then of the second; within a choice what holds the role's models
  /// first and the others from the largest down, else in the order declared.
  private static func suitable(
    _ need: HardwareNeed,
    _ devices: [Device],
    wanted: ByteCount?
  ) -> [Int] {
    var result: [Int] = []
    var taken: Set<Int> = []
    for choice in need.choices {
      let fitting = devices.indices.filter { index in
        choice.accepts(devices[index]) && taken.insert(index).inserted
      }
      guard let wanted else {
        result += fitting
        continue
      }
      func holds(_ index: Int) -> Bool { devices[index].vram.map { $0 >= wanted } ?? false }
      let large = fitting.filter(holds)
      let small = fitting.filter { !holds($0) }
      result += large
      result += small.sorted { left, right in
        let sizes = (devices[left].vram?.bytes ?? -1, devices[right].vram?.bytes ?? -1)
        return sizes.0 == sizes.1 ? left < right : sizes.0 > sizes.1
      }
    }
    return result
  }

  /// Exclusive needs get a device each, those without a fallback first; others share.
  private static func match(_ claims: inout [DeviceClaim], devices: Int) {
    let exclusive = claims.indices.filter { claims[$0].need.exclusive }
    let ordered =
      exclusive.filter { claims[$0].need.fallback == .none }
      + exclusive.filter { claims[$0].need.fallback != .none }
    let matches = DeviceMatching.match(
      suitable: ordered.map { claims[$0].suitable },
      devices: devices
    )
    for (position, index) in ordered.enumerated() { claims[index].matched = matches[position] }
    for index in claims.indices where !claims[index].need.exclusive {
      claims[index].matched = claims[index].suitable.first
    }
  }
}

extension HardwareNeed.Choice {
  /// Whether `device` is one of these.
  func accepts(_ device: Device) -> Bool {
    guard device.kind == self.device else { return false }
    // A vendor that could not be read serves everybody: its error is reported already.
    return vendors.isEmpty || device.vendor.isEmpty || vendors.contains(device.vendor)
  }
}
