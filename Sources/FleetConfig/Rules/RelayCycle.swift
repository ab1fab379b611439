internal import FleetDiagnostics
internal import FleetModel

/// Finds nodes that check each other in a circle (`health_via`).
///
/// *What it does*: follows `health_via` from every node; that a node names itself is `unknown-node`.
/// *Why it matters*: when one of them is down, nobody can tell whether the others are healthy.
/// *Example*: `a: {health_via: b}` and `b: {health_via: a}`.
/// *Instead*: let one of them be checked through a node outside the circle, or by none.
enum RelayCycle {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    guard resolved.reach.hasRelays else { return }
    let relays = resolved.nodes.map { node -> Int? in
      guard let name = node.healthVia?.value, let id = NodeID(name) else { return nil }
      return resolved.nodeIndices[id]
    }
    // Every node names one relay at most: each is walked once, whatever the circles.
    var walk = Array(repeating: 0, count: relays.count)
    for start in relays.indices where walk[start] == 0 && relays[start] != nil {
      var path: [Int] = []
      var node: Int? = start
      while let here = node, walk[here] == 0 {
        walk[here] = start + 1
        path.append(here)
        node = relays[here]
      }
      guard let end = node, walk[end] == start + 1, let first = path.firstIndex(of: end) else {
        continue
      }
      let circle = Array(path[first...])
      if circle.count > 1 { diagnostics.add(finding(circle, resolved)) }
    }
  }

  private static func finding(_ circle: [Int], _ resolved: ResolvedFleet) -> Diagnostic {
    let nodes = circle.map { resolved.nodes[$0] }
    let smallest = nodes.indices.min { nodes[$0].id.name < nodes[$1].id.name } ?? 0
    let ordered = Array(nodes[smallest...] + nodes[..<smallest])
    let chain = (ordered + [ordered[0]]).map { "`\($0.id)`" }.joined(separator: " → ")
    return Diagnostic(
      .relayCycle,
      "The health of these nodes is checked through each other: \(chain). When one is down, nobody "
        + "can tell whether the others are healthy. Name a node outside the circle in one "
        + "`health_via`.",
      at: ordered[0].healthVia?.span,
      related: ordered.dropFirst().map { node in
        RelatedSpan("`\(node.id)` names its relay here", at: node.healthVia?.span)
      },
      address: "node.\(ordered[0].id)",
      path: "/nodes/\(ordered[0].id)/health_via"
    )
  }
}
