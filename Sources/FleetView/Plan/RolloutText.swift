internal import FleetDiagnostics
internal import FleetModel
internal import FleetPlan

/// One line about how the nodes of a role are changed.
struct RolloutText {
  /// Reasons that are told of nodes that are down; further nodes are counted.
  private static let mostReasons = 10

  let rollout: PlannedRollout

  /// `Rollout of web: in batches of 2, canary n1, stops after the first failure`, and who is down already.
  var lines: [String] {
    var parts = [rollout.batch == 1 ? "one node at a time" : "in batches of \(rollout.batch)"]
    let canaries = rollout.nodes.prefix(rollout.canary).map(\.name)
    if !canaries.isEmpty {
      parts.append(
        (canaries.count == 1 ? "canary " : "canaries ") + canaries.joined(separator: ", ")
      )
    }
    if let most = rollout.maxUnavailable { parts.append("at most \(most) down at once") }
    parts.append(
      rollout.maxFailures == 0
        ? "stops at the first failure" : "stops when more than \(rollout.maxFailures) fail"
    )
    let count = rollout.nodes.count
    let nodes = "\(count) of its \(rollout.carriers) nodes"
    let heading =
      "Rollout of `\(displayable(rollout.role))` over \(nodes): \(parts.joined(separator: ", "))."
    return [heading] + down
  }

  /// Who is down, each reason once.
  private var down: [String] {
    var reasons: [String] = []
    var nodes: [String: [String]] = [:]
    for entry in rollout.down {
      if nodes[entry.why] == nil { reasons.append(entry.why) }
      nodes[entry.why, default: []].append(entry.node.name)
    }
    var lines = reasons.prefix(Self.mostReasons).flatMap { why in
      var lines = NameRuns(nodes[why] ?? []).lines(after: "  already down: ")
      lines[lines.count - 1] += ", \(displayable(why))"
      return lines
    }
    let left = reasons.dropFirst(Self.mostReasons).reduce(0) { $0 + (nodes[$1]?.count ?? 0) }
    if left > 0 { lines.append("  and \(left) more are down") }
    return lines
  }
}
