internal import FleetModel
internal import FleetRegistry

/// Matches the hardware needs of each node's roles with its declared devices.
enum DeviceResolution {
  /// Returns all claims, grouped by node, each with the device that it got.
  static func claims(_ fleet: Fleet, _ placement: Placement) -> [DeviceClaim] {
    let claims = placement.profiles.map { !$0.hardware.isEmpty }
    guard claims.contains(true) else { return [] }
    let sizes = ModelSizes(fleet.settings)
    var result: [DeviceClaim] = []
    for (node, range) in placement.nodeRanges.enumerated()
    where range.contains(where: { claims[Int(placement.slots[$0].profile)] }) {
      let devices = fleet.nodes[node].hardware.devices
      var found = Self.claims(of: range, placement, devices, sizes)
      match(&found, devices: devices.count)
      result += found
    }
    return result
  }

  /// The devices that instances got, by their indices.
  static func devices(
    of claims: [DeviceClaim],
    _ fleet: Fleet,
    _ placement: Placement
  ) -> [Int: [Device]] {
    var result: [Int: [Device]] = [:]
    for claim in claims {
      guard let matched = claim.matched else { continue }
      let node = Int(placement.slots[claim.instance].node)
      result[claim.instance, default: []].append(fleet.nodes[node].hardware.devices[matched])
    }
    return result
  }

  private static func claims(
    of range: Range<Int>,
    _ placement: Placement,
    _ devices: [Device],
    _ sizes: ModelSizes
  ) -> [DeviceClaim] {
    range.flatMap { index in
      let profile = placement.profile(at: index)
      return profile.hardware.map { need in
        DeviceClaim(
          instance: index,
          need: need,
          suitable: suitable(need, devices, wanted: sizes.videoMemory(of: profile)),
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
