extension LayoutGrid {
  /// Sorts each column so that few arrows cross: sweeps by the mean place of the neighbours, and the
  /// best order seen is kept.
  mutating func order() {
    var places = startingPlaces()
    sortRows(by: places)
    var best = rows
    var fewest = crossings
    for sweep in 0..<32 where fewest > 0 {
      let isForward = sweep % 2 == 0
      let columns = isForward ? Array(rows.indices) : rows.indices.reversed()
      places = Array(repeating: 0, count: items.count)
      for row in rows {
        for (position, item) in row.enumerated() { places[item] = Double(position) }
      }
      for column in columns {
        let neighbours = isForward ? before : behind
        var wishes = places
        for item in rows[column] where !neighbours[item].isEmpty {
          let sum = neighbours[item].reduce(0) { $0 + places[$1] }
          wishes[item] = sum / Double(neighbours[item].count)
        }
        // Equal wishes alternate, so that a tie does not keep a bad order for ever.
        let isTurned = sweep % 4 >= 2
        rows[column] = rows[column].enumerated().sorted { left, right in
          let (first, second) = (wishes[left.element], wishes[right.element])
          if first != second { return first < second }
          return isTurned ? left.offset > right.offset : left.offset < right.offset
        }.map(\.element)
        for (position, item) in rows[column].enumerated() { places[item] = Double(position) }
      }
      let count = crossings
      if count < fewest {
        fewest = count
        best = rows
      }
    }
    rows = best
  }

  /// Places in the order in which a walk along the arrows meets the items.
  private func startingPlaces() -> [Double] {
    var places = Array(repeating: -1.0, count: items.count)
    var next = 0.0
    for start in items.indices where before[start].isEmpty && places[start] < 0 {
      var pending = [start]
      while let item = pending.popLast() {
        guard places[item] < 0 else { continue }
        places[item] = next
        next += 1
        pending.append(contentsOf: behind[item].reversed())
      }
    }
    return places
  }

  private mutating func sortRows(by places: [Double]) {
    for column in rows.indices {
      rows[column].sort { (places[$0], $0) < (places[$1], $1) }
    }
  }

  /// How many pairs of arrows cross between neighbouring columns (Barth, Jünger and Mutzel, 2002).
  var crossings: Int {
    var positions = Array(repeating: 0, count: items.count)
    for row in rows {
      for (position, item) in row.enumerated() { positions[item] = position }
    }
    var total = 0
    for (column, row) in rows.enumerated() where column + 1 < rows.count {
      var tree = Array(repeating: 0, count: rows[column + 1].count + 1)
      var seen = 0
      for item in row {
        let targets = behind[item].map { positions[$0] }.sorted()
        for target in targets {
          var below = 0
          var index = target + 1
          while index > 0 {
            below += tree[index]
            index -= index & -index
          }
          total += seen - below
        }
        for target in targets {
          seen += 1
          var index = target + 1
          while index < tree.count {
            tree[index] += 1
            index += index & -index
          }
        }
      }
    }
    return total
  }
}
