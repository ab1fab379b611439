internal import FleetDiagnostics
internal import FleetModel

/// Says in findings about a node which group a place belongs to, so that both lines are named.
struct GroupPlaces {
  /// A group's text: no two overlap.
  private struct Extent {
    let start: Int
    let end: Int
    let group: GroupID
  }

  private let extents: [String: [Extent]]
  private let nodes: [String: (place: SourceSpan, groups: [GroupID])]

  init(_ fleet: Fleet) {
    var extents: [String: [Extent]] = [:]
    for group in fleet.groups {
      guard let span = group.extent else { continue }
      let extent = Extent(start: span.start.byte, end: span.end.byte, group: group.id)
      extents[span.file, default: []].append(extent)
    }
    self.extents = extents.mapValues { $0.sorted { $0.start < $1.start } }
    var nodes: [String: (place: SourceSpan, groups: [GroupID])] = [:]
    for node in fleet.nodes where !node.groups.isEmpty {
      if let place = node.span { nodes[node.id.name] = (place, node.groups) }
    }
    self.nodes = nodes
  }

  /// Returns the findings, those at a group's place with the node's line beside it.
  ///
  /// A parameter of a group that is wrong is found on each of its nodes and reported once.
  static func explained(_ found: Diagnostics, in fleet: Fleet) -> Diagnostics {
    guard !fleet.groups.isEmpty, !found.all.isEmpty else { return found }
    let places = GroupPlaces(fleet)
    var result = Diagnostics()
    var seen: Set<Diagnostic> = []
    for finding in found.all where seen.insert(finding).inserted {
      result.add(places.explained(finding))
    }
    return result
  }

  private func explained(_ finding: Diagnostic) -> Diagnostic {
    guard let name = finding.nodeName, let (place, groups) = nodes[name],
      !finding.related.contains(where: { $0.span == place }), finding.span != place
    else { return finding }
    let spans = [finding.span] + finding.related.map(\.span)
    var ids: [GroupID] = []
    for case let span? in spans {
      if let id = group(at: span), groups.contains(id), !ids.contains(id) { ids.append(id) }
    }
    guard !ids.isEmpty else { return finding }
    let words =
      (ids.count == 1 ? "the group " : "the groups ") + ScalarReader.words(ids.map(\.name))
    return Diagnostic(
      finding.rule,
      finding.detail,
      at: finding.span,
      related: finding.related + [RelatedSpan("`\(name)` is in \(words)", at: place)],
      address: finding.address,
      path: finding.path,
      suggestions: finding.suggestions,
      severity: finding.severity
    )
  }

  private func group(at span: SourceSpan) -> GroupID? {
    guard let extents = extents[span.file] else { return nil }
    var (low, high) = (0, extents.count)
    while low < high {
      let middle = (low + high) / 2
      if extents[middle].start <= span.start.byte { low = middle + 1 } else { high = middle }
    }
    guard low > 0, span.end.byte <= extents[low - 1].end else { return nil }
    return extents[low - 1].group
  }
}
