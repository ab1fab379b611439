internal import FleetDiagnostics
internal import FleetModel
internal import FleetPlan

/// One line about how the nodes of a role are changed.
struct RolloutText {
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
    var lines = [
      "Rollout of `\(displayable(rollout.role))` over \(nodes): \(parts.joined(separator: ", "))."
    ]
    lines += rollout.down.prefix(10).map {
      "  already down: \($0.node), \(displayable($0.why))"
    }
    if rollout.down.count > 10 { lines.append("  and \(rollout.down.count - 10) more are down") }
    return lines
  }
}
