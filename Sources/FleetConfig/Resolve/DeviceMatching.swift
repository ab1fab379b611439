/// Gives each exclusive need a device of its own where that is possible (bipartite matching).
enum DeviceMatching {
  /// Returns for each need the index of its device, or nil where none is left.
  ///
  /// `suitable[n]` lists the devices that would serve need `n`, preferred first. The number of needs
  /// served is the greatest possible (augmenting paths, Kuhn's algorithm); earlier needs and earlier
  /// devices win among equals, so the result depends on the order of input only.
  static func match(suitable: [[Int]], devices: Int) -> [Int?] {
    var owner: [Int?] = Array(repeating: nil, count: devices)
    for need in suitable.indices {
      var tried = Array(repeating: false, count: devices)
      _ = place(need, suitable, &owner, &tried)
    }
    var result: [Int?] = Array(repeating: nil, count: suitable.count)
    for (device, need) in owner.enumerated() {
      if let need { result[need] = device }
    }
    return result
  }

  private static func place(
    _ need: Int,
    _ suitable: [[Int]],
    _ owner: inout [Int?],
    _ tried: inout [Bool]
  ) -> Bool {
    // What is free is taken before anybody is moved, so that the first keep what they prefer.
    if let free = suitable[need].first(where: { owner[$0] == nil }) {
      owner[free] = need
      return true
    }
    for device in suitable[need] where !tried[device] {
      tried[device] = true
      guard let current = owner[device], place(current, suitable, &owner, &tried) else { continue }
      owner[device] = need
      return true
    }
    return false
  }
}
