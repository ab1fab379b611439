internal import FleetDiagnostics
internal import FleetModel

/// Finds the nodes of groups; reports what selects none.
///
/// Ids and labels are looked up, patterns only compared with the ids that begin as they do, so that the
/// cost is linear in nodes and members for the usual patterns.
struct GroupMembers {
  /// The nodes of one group.
  struct Selection {
    /// Indices of its nodes, ascending.
    var members: [Int] = []
    /// Those that the group names by their id.
    var named: Set<Int> = []
  }

  private let nodes: [FleetNode]
  /// Whether nodes or labels may be missing because of an error that is reported already.
  private let isIncomplete: Bool
  private let indices: [String: Int]
  /// Indices of the nodes in the order of the bytes of their ids.
  private let sorted: [Int]
  /// The ids that a misspelt one is compared with: one list for all findings.
  private let considered: [String]
  /// Key, then value, to ascending indices.
  private let labelled: [String: [String: [Int]]]
  private(set) var diagnostics = Diagnostics()
  /// How many ids of no node were found.
  private var unknown = 0

  init(_ nodes: [FleetNode], isIncomplete: Bool) {
    self.nodes = nodes
    self.isIncomplete = isIncomplete
    var indices: [String: Int] = [:]
    indices.reserveCapacity(nodes.count)
    var labelled: [String: [String: [Int]]] = [:]
    for (index, node) in nodes.enumerated() {
      indices[node.id.name] = index
      for (key, value) in node.labels {
        labelled[key, default: [:]][value, default: []].append(index)
      }
    }
    considered = nodes.prefix(NearestName.consideredNames).map(\.id.name)
    self.indices = indices
    self.labelled = labelled
    sorted = nodes.indices.sorted { nodes[$0].id < nodes[$1].id }
  }

  mutating func select(_ group: NodeGroup) -> Selection {
    var found: Set<Int> = []
    var selection = Selection()
    for member in group.nodes {
      if let index = indices[member.value] {
        selection.named.insert(index)
      } else if Glob.isPattern(member.value) {
        let matches = matches(member.value)
        found.formUnion(matches)
        if matches.isEmpty { report(pattern: member, group) }
      } else {
        report(id: member, group)
      }
    }
    found.formUnion(selection.named)
    found.formUnion(labelled(group))
    selection.members = found.sorted()
    return selection
  }

  private func matches(_ pattern: String) -> [Int] {
    let glob = Glob(pattern)
    let prefix = glob.prefix
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if nodes[sorted[middle]].id.name < prefix { low = middle + 1 } else { high = middle }
    }
    return sorted[low...].prefix { nodes[$0].id.name.utf8.starts(with: prefix.utf8) }
      .filter { glob.matches(nodes[$0].id.name) }
  }

  private mutating func labelled(_ group: NodeGroup) -> [Int] {
    guard !group.labels.isEmpty else { return [] }
    var smallest: [Int]?
    for label in group.labels {
      let having = labelled[label.key.value]?[label.value.value] ?? []
      if having.isEmpty {
        report(label: label, group)
        return []
      }
      if having.count < smallest?.count ?? .max { smallest = having }
    }
    let members = (smallest ?? []).filter { index in
      group.labels.allSatisfy { nodes[index].labels[$0.key.value] == $0.value.value }
    }
    if members.isEmpty { report(together: group) }
    return members
  }

  // MARK: Findings

  private mutating func report(id member: Located<String>, _ group: NodeGroup) {
    guard !isIncomplete else { return }
    // Whoever has hundreds of wrong ids has no typing error; comparing them all would take a second.
    unknown += 1
    let nearest = unknown <= 200 ? NearestName.of(member.value, in: considered) : nil
    diagnostics.add(
      Diagnostic(
        .unknownNode,
        "The group `\(group.id)` lists `\(member.value)`, which is no node of this fleet.",
        at: member.span,
        path: "/groups/\(group.id)/nodes",
        suggestions: Self.suggestion(nearest, at: member.span)
      )
    )
  }

  private mutating func report(pattern member: Located<String>, _ group: NodeGroup) {
    guard !isIncomplete else { return }
    let prefix = Glob(member.value).prefix
    // What the ids begin with, as long as what the pattern begins with.
    let starts = considered.map {
      String(decoding: $0.utf8.prefix(prefix.utf8.count), as: UTF8.self)
    }
    let nearest = NearestName.of(prefix, in: starts).map {
      $0 + member.value.dropFirst(prefix.count)
    }
    let cure = nearest.flatMap { matches($0).isEmpty ? nil : $0 }
    diagnostics.add(
      GroupUnmatched.finding(
        "The pattern `\(member.value)` of the group `\(group.id)` matches no node.",
        at: member.span,
        "/groups/\(group.id)/nodes",
        Self.suggestion(cure, at: member.span, quoted: true)
      )
    )
  }

  private mutating func report(label: LabelRequirement, _ group: NodeGroup) {
    guard !isIncomplete else { return }
    let (key, value) = (label.key.value, label.value.value)
    let path = "/groups/\(group.id)/labels/\(key)"
    guard let values = labelled[key] else {
      diagnostics.add(
        GroupUnmatched.finding(
          "The group `\(group.id)` asks for the label `\(key)`, which no node has.",
          at: label.key.span,
          path,
          Self.suggestion(NearestName.of(key, in: labelled.keys.sorted()), at: label.key.span)
        )
      )
      return
    }
    let known = values.keys.sorted()
    let list = ScalarReader.words(Array(known.prefix(10))) + (known.count > 10 ? ", …" : "")
    diagnostics.add(
      GroupUnmatched.finding(
        "The group `\(group.id)` asks for `\(key): \(value)`; the nodes that have `\(key)` have "
          + "\(list).",
        at: label.value.span,
        path,
        Self.suggestion(NearestName.of(value, in: known), at: label.value.span)
      )
    )
  }

  private mutating func report(together group: NodeGroup) {
    guard !isIncomplete else { return }
    let labels = group.labels.map { "`\($0.key.value): \($0.value.value)`" }
    diagnostics.add(
      GroupUnmatched.finding(
        "No node has all the labels of the group `\(group.id)`: "
          + labels.joined(separator: ", ") + ".",
        at: group.labels.first?.key.span,
        "/groups/\(group.id)/labels",
        []
      )
    )
  }

  private static func suggestion(
    _ name: String?,
    at span: SourceSpan?,
    quoted: Bool = false
  ) -> [Suggestion] {
    guard let name else { return [] }
    // A pattern may begin with `*`, which is an alias unless it is quoted.
    let text = quoted ? "\"\(name)\"" : name
    let edits = span.map { [Suggestion.Edit(replace: $0, with: text)] } ?? []
    return [Suggestion("did you mean `\(name)`?", edits: edits)]
  }
}
