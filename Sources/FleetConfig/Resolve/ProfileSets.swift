/// Which nodes have the same profiles in the same order: a large fleet has few such sets.
struct ProfileSets: Sendable {
  /// The number of each node's set.
  private(set) var ofNode: [Int] = []
  /// The first node of each set.
  private(set) var samples: [Int] = []
  /// How many sets there are.
  var count: Int { samples.count }

  init() {}

  init(_ placement: Placement) {
    var numbers: [[UInt32]: Int] = [:]
    var last: [UInt32] = []
    ofNode.reserveCapacity(placement.nodeRanges.count)
    for (node, range) in placement.nodeRanges.enumerated() {
      // Neighbours are mostly alike, and comparing is cheaper than hashing.
      let isLikeLast =
        !ofNode.isEmpty && range.count == last.count
        && zip(range, last).allSatisfy { placement.slots[$0].profile == $1 }
      if isLikeLast, let number = ofNode.last {
        ofNode.append(number)
        continue
      }
      last = range.map { placement.slots[$0].profile }
      let number = numbers[last] ?? numbers.count
      if numbers.updateValue(number, forKey: last) == nil { samples.append(node) }
      ofNode.append(number)
    }
  }
}

extension ResolvedFleet {
  /// Visits the instances of each node, but not of nodes with the same profiles as one that was sound.
  ///
  /// `body` returns whether every node with these profiles is sound, so a rule that judges by profiles
  /// alone looks at each set once.
  func visitNodes(_ body: ([RoleInstance]) -> Bool) {
    let sets = placement.sets
    var isSound = Array(repeating: false, count: sets.count)
    for (node, set) in sets.ofNode.enumerated() where !isSound[set] {
      isSound[set] = body(placement.nodeRanges[node].map { instances[$0] })
    }
  }

  /// Returns the instances, in order, whose profile `isSuspect`, which is asked once for each profile.
  func instances(where isSuspect: (RoleProfile) -> Bool) -> [RoleInstance] {
    placement.indices(where: isSuspect).map { instances[$0] }
  }
}
