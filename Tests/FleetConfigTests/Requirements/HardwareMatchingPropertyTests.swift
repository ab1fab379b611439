import Testing

@testable import FleetConfig

/// The matching against every possible assignment, and the explanation against every possible set.
@Suite struct HardwareMatchingPropertyTests {
  /// Up to six needs over up to five devices, each pair suitable or not.
  private func random(_ dice: inout Dice) -> (suitable: [[Int]], devices: Int) {
    let devices = Int.random(in: 0...5, using: &dice)
    let needs = Int.random(in: 1...6, using: &dice)
    let density = Int.random(in: 1...4, using: &dice)
    let suitable = (0..<needs).map { _ in
      (0..<devices).filter { _ in Int.random(in: 0..<5, using: &dice) < density }.shuffled(
        using: &dice
      )
    }
    return (suitable, devices)
  }

  /// The most needs that any assignment serves, by trying all.
  private func most(_ suitable: ArraySlice<[Int]>, taken: Set<Int> = []) -> Int {
    guard let first = suitable.first else { return 0 }
    let rest = suitable.dropFirst()
    let served = first.filter { !taken.contains($0) }.map {
      most(rest, taken: taken.union([$0])) + 1
    }
    return max(served.max() ?? 0, most(rest, taken: taken))
  }

  /// The fewest needs that have fewer devices than members, by trying all sets.
  private func fewest(_ suitable: [[Int]]) -> Int? {
    (1..<(1 << suitable.count)).compactMap { bits -> Int? in
      let members = suitable.indices.filter { bits & (1 << $0) != 0 }
      let devices = Set(members.flatMap { suitable[$0] })
      return devices.count < members.count ? members.count : nil
    }.min()
  }

  @Test func asManyNeedsAreServedAsPossibleEachByADeviceOfItsOwnThatSuitsIt() {
    var dice = Dice(1)
    for _ in 0..<3000 {
      let (suitable, devices) = random(&dice)
      let matches = DeviceMatching.match(suitable: suitable, devices: devices)
      let served = matches.compactMap { $0 }
      #expect(Set(served).count == served.count)
      for (need, device) in matches.enumerated() {
        if let device { #expect(suitable[need].contains(device)) }
      }
      #expect(served.count == most(suitable[...]), "\(suitable)")
    }
  }

  @Test func theExplanationIsAConflictAndNoneIsSmaller() {
    var dice = Dice(2)
    var conflicts = 0
    for _ in 0..<3000 {
      let (suitable, devices) = random(&dice)
      let found = DeviceConflict.smallest(suitable: suitable, devices: devices)
      let expected = fewest(suitable)
      #expect(found?.count == expected, "\(suitable)")
      guard let found else { continue }
      conflicts += 1
      #expect(found == found.sorted())
      #expect(Set(found.flatMap { suitable[$0] }).count < found.count, "\(suitable)")
    }
    #expect(conflicts > 500)
  }

  @Test func aNeedThatCanBeRematchedMakesRoomForTheNext() {
    #expect(DeviceMatching.match(suitable: [[0, 1], [0]], devices: 2) == [1, 0])
  }

  @Test func ofTwoExplanationsTheSmallerOneIsGivenEvenIfTheLargerIsFoundFirst() {
    // Served in order, need 2 is left over and its alternating path leads through 0 and 1; needs 2 and
    // 3 alone are enough.
    let suitable = [[0, 1], [1], [0], [0]]
    #expect(DeviceConflict.smallest(suitable: suitable, devices: 2) == [2, 3])
  }

  @Test func manyNeedsInOneFightAreExplainedWithoutTryingAllSets() {
    // A chain: need i takes device i or i+1, the last two the same one; the only conflict is all of it.
    var suitable = (0..<60).map { [$0, $0 + 1] }
    suitable.append([60])
    suitable.append([0])
    let found = DeviceConflict.smallest(suitable: suitable, devices: 61)
    #expect(found == Array(0..<62))
  }
}
