internal import FleetPlan
internal import FleetResources

/// The last lines of a plan: how much it does.
struct PlanSentence {
  private let plan: Plan

  init(_ plan: Plan) {
    self.plan = plan
  }

  var lines: [String] {
    let summary = plan.summary
    let blocked = plan.changes.contains { !$0.action.isExecuted }
    if !plan.hasChanges, !blocked {
      guard summary.unreachableNodes > 0 else { return ["No changes. The nodes match fleet.yaml."] }
      let answered = summary.nodes - summary.unreachableNodes
      return [
        "No changes on the \(answered) of \(summary.nodes) nodes that answered"
          + " (\(summary.unreachableNodes) unreachable)."
      ]
    }
    var parts = [
      "\(summary[.create]) to create", "\(summary[.update]) to change",
      "\(summary[.delete]) to delete", "\(summary[.restart]) to restart",
      "\(summary[.reload]) to reload",
    ]
    let rare: [(ActionWord, String)] = [
      (.start, "to start"), (.stop, "to stop"), (.enable, "to enable"), (.disable, "to disable"),
      (.run, "to run"), (.adopt, "to adopt"), (.blocked, "blocked"), (.unknown, "unknown"),
    ]
    for (word, text) in rare where summary[word] > 0 { parts.append("\(summary[word]) \(text)") }
    let unreachable =
      summary.unreachableNodes > 0 ? " (\(summary.unreachableNodes) unreachable)" : ""
    let nodes = summary.nodes == 1 ? "1 node" : "\(summary.nodes) nodes"
    return [
      "Plan: \(parts.joined(separator: ", ")) on \(summary.changedNodes) of \(nodes)\(unreachable)."
    ]
  }
}
