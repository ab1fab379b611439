/// Finds the name that somebody probably meant.
package enum NearestName {
  /// The most names that are looked at, so that many misspelt names in a large fleet stay linear.
  package static let consideredNames = 1_000

  /// Returns the name nearest to `word`, or nothing when none is near.
  ///
  /// Near is an edit distance (insert, delete, replace, swap of neighbours; letter case is free) of
  /// at most a third of the longer of the two, at least one. Of equally near names the first in byte
  /// order wins, whatever the order of `names`.
  package static func of(_ word: String, in names: [String]) -> String? {
    let wanted = folded(word)
    guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
    var best: (distance: Int, name: String)?
    for name in names.prefix(consideredNames) where name != word {
      let candidate = folded(name)
      let allowed = max(1, max(wanted.count, candidate.count) / 3)
      let bound = min(allowed, best?.distance ?? allowed)
      guard abs(candidate.count - wanted.count) <= bound else { continue }
      let distance = editDistance(wanted, candidate, bound: bound)
      guard distance <= bound else { continue }
      if let found = best, (found.distance, found.name) <= (distance, name) { continue }
      best = (distance, name)
    }
    return best?.name
  }

  /// Returns "Did you mean `name`?" for the nearest name, or nothing.
  package static func question(_ word: String, in names: [String]) -> String? {
    of(word, in: names).map { "Did you mean `\($0)`?" }
  }

  private static func folded(_ text: String) -> [UInt8] {
    text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
  }

  /// Optimal string alignment distance, or something larger than `bound` if it is beyond that.
  private static func editDistance(_ left: [UInt8], _ right: [UInt8], bound: Int) -> Int {
    let width = right.count + 1
    // Three rows in one allocation: this runs for every known name of every unknown word.
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: 3 * width) { rows in
      for column in 0..<width { rows[column] = column }
      for row in left.indices {
        let current = (row + 1) % 3 * width
        let last = row % 3 * width
        let beforeLast = (row + 2) % 3 * width
        rows[current] = row + 1
        var least = row + 1
        for column in right.indices {
          let same = left[row] == right[column]
          var cost = min(
            rows[last + column + 1] + 1,
            rows[current + column] + 1,
            rows[last + column] + (same ? 0 : 1)
          )
          if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
            cost = min(cost, rows[beforeLast + column - 1] + 1)
          }
          rows[current + column + 1] = cost
          least = min(least, cost)
        }
        // A swap of neighbours can still save one.
        if least > bound + 1 { return least }
      }
      return rows[left.count % 3 * width + right.count]
    }
  }
}
