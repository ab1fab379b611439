internal import FleetDiagnostics

extension ApplyTable {
  /// Fewer equal rows than these stand each by itself.
  private static let fewestFolded = 5

  /// Returns the table with rows that say the same of different nodes made one, but for time and the
  /// node's own name and address; and lines that name the nodes of each such row.
  ///
  /// The order of the rows stays that of the first of each. `addresses` are those of the nodes by name.
  package func folded(_ addresses: [String: String]) -> (table: ApplyTable, names: [String]) {
    var groups: [[Row]] = []
    var places: [Row: Int] = [:]
    for row in rows {
      let key = row.masked(addresses[row.node] ?? "")
      if let place = places[key] {
        groups[place].append(row)
      } else {
        places[key] = groups.count
        groups.append([row])
      }
    }
    var (folded, names): ([Row], [String]) = ([], [])
    for group in groups {
      guard group.count >= Self.fewestFolded, var row = group.first else {
        folded += group
        continue
      }
      let times = group.compactMap(\.milliseconds)
      row.node += " and \(group.count - 1) more"
      (row.milliseconds, row.slowest) = (times.min(), times.max())
      folded.append(row)
      names += NameRuns(group.map(\.node))
        .lines(after: "\(group.count) nodes \(displayable(row.result)): ")
    }
    return (ApplyTable(folded), names)
  }
}

extension ApplyTable.Row {
  /// What it has in common with others.
  fileprivate func masked(_ address: String) -> Self {
    var row = self
    row.detail = OwnWords(node, address).masked(displayable(detail))
    row.node = ""
    row.milliseconds = nil
    return row
  }
}
