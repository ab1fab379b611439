/// The needs of roles as a tree of text, each role unfolded where it first stands.
enum DependencyTree {
  /// Lines such as `├── redis :6379`; `places` are the nodes of each role, in words.
  static func lines(
    _ rows: [RoleExport.DependencyRow],
    roles: [String],
    places: [String: String]
  )
    -> [String]
  {
    var needs: [String: [RoleExport.DependencyRow]] = [:]
    var needed: Set<String> = []
    for row in rows {
      needs[row.role, default: []].append(row)
      needed.formUnion(row.providers.filter { $0 != row.role })
    }
    var tree = Tree(needs: needs, places: places)
    for role in roles where !needed.contains(role) && needs[role] != nil { tree.root(role) }
    // Roles that only others on a circle need.
    for role in roles where needs[role] != nil && !tree.seen.contains(role) { tree.root(role) }
    return tree.lines
  }

  private struct Tree {
    let needs: [String: [RoleExport.DependencyRow]]
    let places: [String: String]
    var lines: [String] = []
    var seen: Set<String> = []

    mutating func root(_ role: String) {
      if !lines.isEmpty { lines.append("") }
      lines.append(role + place(role))
      unfold(role, indent: "  ")
    }

    private func place(_ role: String) -> String { places[role].map { " (\($0))" } ?? "" }

    private mutating func unfold(_ role: String, indent: String) {
      guard seen.insert(role).inserted, let rows = needs[role] else { return }
      for (index, row) in rows.enumerated() {
        let isLast = index == rows.count - 1
        let names = row.providers.map { $0 + place($0) }.joined(separator: " or ")
        let port = row.port.map { " :\($0)" } ?? ""
        let flags = [row.isHard ? nil : "wanted", row.condition.map { "when \($0)" }]
          .compactMap { $0 }.joined(separator: ", ")
        let target = row.providers.count == 1 ? row.providers[0] : nil
        let isKnown = target.map { seen.contains($0) && needs[$0] != nil } ?? false
        lines.append(
          indent + (isLast ? "└── " : "├── ") + names + port + (flags.isEmpty ? "" : " [\(flags)]")
            + (isKnown ? " (see there)" : "")
        )
        if let target { unfold(target, indent: indent + (isLast ? "    " : "│   ")) }
      }
    }
  }
}
