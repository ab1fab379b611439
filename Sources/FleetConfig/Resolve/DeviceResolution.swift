internal import FleetModel
internal import FleetRegistry

/// Matches the hardware needs of each node's roles with its declared devices.
enum DeviceResolution {
  static func resolve(_ resolved: inout ResolvedFleet) {
    for range in resolved.nodeRanges
    where range.contains(where: { !resolved.instances[$0].profile.hardware.isEmpty }) {
      var claims = claims(of: range, resolved)
      match(&claims, devices: resolved.instances[range.lowerBound].node.hardware.devices.count)
      for claim in claims {
        guard let matched = claim.matched else { continue }
        let device = resolved.instances[claim.instance].node.hardware.devices[matched]
        resolved.instances[claim.instance].devices.append(device)
      }
      resolved.deviceClaims += claims
    }
  }

  private static func claims(of range: Range<Int>, _ resolved: ResolvedFleet) -> [DeviceClaim] {
    range.flatMap { index in
      let instance = resolved.instances[index]
      return instance.profile.hardware.map { need in
        DeviceClaim(
          instance: index,
          need: need,
          suitable: suitable(need, instance.node.hardware.devices),
          matched: nil
        )
      }
    }
  }

  /// Devices of the first choice, then of the second, each in the order declared.
  private static func suitable(_ need: HardwareNeed, _ devices: [Device]) -> [Int] {
    var result: [Int] = []
    for choice in need.choices {
      for (index, device) in devices.enumerated() where device.kind == choice.device {
        // A vendor that could not be read serves everybody: its error is reported already.
        let fits =
          choice.vendors.isEmpty || device.vendor.isEmpty || choice.vendors.contains(device.vendor)
        if fits, !result.contains(index) { result.append(index) }
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
