/// Finds out why not every need gets a device: by Hall's theorem there is then a set of needs with
/// fewer suitable devices than members.
enum DeviceConflict {
  /// Sets of needs looked at before a smaller explanation is given up.
  ///
  /// The smallest such set is the shortest circuit of a transversal matroid, which is NP-hard to find
  /// (McCormick 1983): nodes have a handful of needs, a file made to hurt may have hundreds.
  private static let mostLooks = 20_000

  /// Returns the smallest set of needs that cannot all be served, ascending; nil where all can.
  ///
  /// `suitable[n]` lists the devices that would serve need `n`. Of several smallest sets it is the first
  /// in the order of input. Beyond `mostLooks` sets it is one of which no member can be spared.
  static func smallest(suitable: [[Int]], devices: Int) -> [Int]? {
    let matches = DeviceMatching.match(suitable: suitable, devices: devices)
    var looks = mostLooks
    var seen: Set<Int> = []
    var best: [Int]?
    for start in matches.indices where matches[start] == nil && !seen.contains(start) {
      let rivals = rivals(of: start, suitable)
      seen.formUnion(rivals)
      let starts = rivals.filter { matches[$0] == nil }
      let found = smallest(starts, among: rivals, suitable, matches, &looks)
      if best.map({ precedes(found, $0) }) ?? true { best = found }
    }
    return best
  }

  private static func precedes(_ left: [Int], _ right: [Int]) -> Bool {
    left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
  }

  /// The smallest set in one fight, `starts` being those who got nothing.
  private static func smallest(
    _ starts: [Int],
    among rivals: [Int],
    _ suitable: [[Int]],
    _ matches: [Int?],
    _ looks: inout Int
  ) -> [Int] {
    let known = starts.map { reached(from: $0, suitable, matches) }
    let bound = known.min(by: precedes) ?? starts
    for size in 1...max(bound.count, 1) {
      switch search(size, among: rivals, suitable, &looks) {
      case .found(let set): return set
      case .none: continue
      case .gaveUp: return bound
      }
    }
    return bound
  }

  /// All needs that fight for the same devices, directly or through others, ascending.
  static func rivals(of start: Int, _ suitable: [[Int]]) -> [Int] {
    var byDevice: [Int: [Int]] = [:]
    for (need, devices) in suitable.enumerated() {
      for device in devices { byDevice[device, default: []].append(need) }
    }
    var found: Set<Int> = [start]
    var pending = [start]
    var seen: Set<Int> = []
    while let need = pending.popLast() {
      for device in suitable[need] where seen.insert(device).inserted {
        for rival in byDevice[device] ?? [] where found.insert(rival).inserted {
          pending.append(rival)
        }
      }
    }
    return found.sorted()
  }

  /// The needs on alternating paths from one without a device: as many less one as their devices, and
  /// none of them can be spared.
  private static func reached(
    from start: Int,
    _ suitable: [[Int]],
    _ matches: [Int?]
  ) -> [Int] {
    var owner: [Int: Int] = [:]
    for (need, device) in matches.enumerated() {
      if let device { owner[device] = need }
    }
    var found: Set<Int> = [start]
    var pending = [start]
    while let need = pending.popLast() {
      for device in suitable[need] {
        guard let other = owner[device], found.insert(other).inserted else { continue }
        pending.append(other)
      }
    }
    return found.sorted()
  }

  private enum Outcome {
    case found([Int])
    case none
    case gaveUp
  }

  /// The first set of exactly `size` needs with fewer devices, in lexical order.
  private static func search(
    _ size: Int,
    among needs: [Int],
    _ suitable: [[Int]],
    _ looks: inout Int
  ) -> Outcome {
    guard size <= needs.count else { return .none }
    var chosen = Array(0..<size)
    while true {
      guard looks > 0 else { return .gaveUp }
      looks -= 1
      var devices: Set<Int> = []
      for position in chosen { devices.formUnion(suitable[needs[position]]) }
      if devices.count < size { return .found(chosen.map { needs[$0] }) }
      // The next combination: advance the last position that can move.
      guard let moving = chosen.indices.last(where: { chosen[$0] < needs.count - size + $0 })
      else { return .none }
      chosen[moving] += 1
      for later in chosen.indices where later > moving { chosen[later] = chosen[later - 1] + 1 }
    }
  }
}
