/// Which nodes have the same profiles in the same order: a large fleet has few such sets.
struct ProfileSets: Sendable {
  /// The number of each node's set.
  private(set) var ofNode: [Int] = []
  /// How many sets there are.
  private(set) var count = 0

  init() {}

  init(_ resolved: ResolvedFleet) {
    var numbers: [[Int]: Int] = [:]
    var last: [Int] = []
    ofNode.reserveCapacity(resolved.nodeRanges.count)
    for range in resolved.nodeRanges {
      // Neighbours are mostly alike, and comparing is cheaper than hashing.
      let isLikeLast =
        !ofNode.isEmpty && range.count == last.count
        && zip(range, last).allSatisfy { resolved.instances[$0].profile.number == $1 }
      if isLikeLast, let number = ofNode.last {
        ofNode.append(number)
        continue
      }
      last = range.map { resolved.instances[$0].profile.number }
      let number = numbers[last] ?? numbers.count
      numbers[last] = number
      ofNode.append(number)
    }
    count = numbers.count
  }
}

extension ResolvedFleet {
  /// Visits the instances of each node, but not of nodes with the same profiles as one that was sound.
  ///
  /// `body` returns whether every node with these profiles is sound, so a rule that judges by profiles
  /// alone looks at each set once.
  func visitNodes(_ body: (ArraySlice<RoleInstance>) -> Bool) {
    var isSound = Array(repeating: false, count: sets.count)
    for (index, range) in nodeRanges.enumerated() where !isSound[sets.ofNode[index]] {
      isSound[sets.ofNode[index]] = body(instances[range])
    }
  }

  /// Returns the instances, in order, whose profile `isSuspect`, which is asked once for each profile.
  func instances(where isSuspect: (RoleProfile) -> Bool) -> [RoleInstance] {
    let suspects = profiles.map(isSuspect)
    guard suspects.contains(true) else { return [] }
    return instances.filter { suspects[$0.profile.number] }
  }
}
