internal import FleetModel
package import FleetResources

/// How much a plan does.
package struct PlanSummary: Sendable, Hashable {
  /// Number of changes by the one word of each.
  package var counts: [ActionWord: Int]
  /// Nodes with an executed change.
  package var changedNodes: Int
  /// Nodes that did not answer.
  package var unreachableNodes: Int
  /// All nodes.
  package var nodes: Int
  /// Resources without a change.
  package var unchanged: Int

  /// The number of changes of one word.
  package subscript(_ word: ActionWord) -> Int { counts[word] ?? 0 }
}

extension Plan {
  /// How much the plan does.
  package var summary: PlanSummary {
    var counts: [ActionWord: Int] = [:]
    var changed: Set<NodeID> = []
    for change in changes {
      counts[change.action, default: 0] += 1
      if change.action.isExecuted { changed.insert(change.address.node) }
    }
    return PlanSummary(
      counts: counts,
      changedNodes: changed.count,
      unreachableNodes: nodes.count { !$0.isReachable },
      nodes: nodes.count,
      unchanged: nodes.reduce(0) { $0 + $1.unchanged }
    )
  }
}
