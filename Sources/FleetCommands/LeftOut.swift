package import FleetApply
package import FleetModel
package import FleetPlan
import FleetResources

/// The nodes of an approved plan that a run leaves as they are, while the others go on.
package struct LeftOut: Sendable {
  /// Why a node is left out.
  package struct Reason: Sendable, Hashable {
    /// What it is told as: `frozen`, `moved`, `unreachable`, `failed` or `skipped`.
    package let outcome: NodeResult.Outcome
    /// One or more sentences for people.
    package let why: String
    /// The same in a clause, for those that wait for it.
    package let clause: String
  }

  /// The reasons, by node.
  package private(set) var reasons: [NodeID: Reason] = [:]

  /// Leaves nobody out.
  package init() {}

  /// Whether all nodes take part.
  package var isEmpty: Bool { reasons.isEmpty }

  /// Whether `node` is left out.
  package func has(_ node: NodeID) -> Bool { reasons[node] != nil }

  /// Leaves out a node on which something is otherwise than it was planned for.
  package mutating func add(_ node: Moved.Node) {
    add(node.id, .moved, node.why, "moved since the plan")
  }

  /// Leaves out a node that takes no changes until somebody thaws it.
  package mutating func addFrozen(_ node: NodeID, _ message: String) {
    let why = "\(message)\nSee what happened there, then: fleetctl lock thaw \(node)"
    add(node, .frozen, why, "is frozen")
  }

  /// Leaves out a node that nobody gets at.
  package mutating func addUnreachable(_ node: NodeID, _ why: String) {
    add(node, .unreachable, why, "cannot be reached")
  }

  /// Leaves out a node that answers and cannot be locked.
  package mutating func addFailed(_ node: NodeID, _ why: String) {
    add(node, .failed, why, "cannot be locked")
  }

  /// The first reason stands.
  private mutating func add(
    _ node: NodeID,
    _ outcome: NodeResult.Outcome,
    _ why: String,
    _ clause: String
  ) {
    guard reasons[node] == nil else { return }
    reasons[node] = Reason(outcome: outcome, why: why, clause: clause)
  }

  /// Leaves out, too, whose changes need a value or a change of a node that is left out, also over others.
  ///
  /// - Returns: These nodes, in the order of the plan.
  @discardableResult
  package mutating func addDependents(in plan: Plan) -> [NodeID] {
    guard !isEmpty else { return [] }
    let planned = Set(plan.changes.filter(\.action.isExecuted).map(\.address))
    var found: Set<NodeID> = []
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for change in plan.changes where change.action.isExecuted && !has(change.address.node) {
        // What makes a value must take part even where nothing of it changes: the CA's node signs.
        let needs =
          [change.producer].compactMap { $0 } + change.requires.filter { planned.contains($0) }
        guard let need = needs.first(where: { has($0.node) }), let reason = reasons[need.node]
        else { continue }
        let clause = "\(change.address) needs \(need), and node.\(need.node) \(reason.clause)"
        let why =
          reason.outcome == .skipped ? "\(change.address) needs \(need), which is left out" : clause
        add(change.address.node, .skipped, why, "is left out")
        found.insert(change.address.node)
        isGrowing = true
      }
    }
    return plan.nodes.map(\.id).filter { found.contains($0) }
  }

  /// Whether any node is left with something to do.
  package func leavesSomething(of plan: Plan) -> Bool {
    plan.changes.contains { $0.action.isExecuted && !has($0.address.node) }
  }

  /// The rollouts without the nodes that are left out: they have no turn, and are nobody's canary.
  package func rollouts(of plan: Plan) -> [PlannedRollout] {
    plan.rollouts.map { rollout in
      var rollout = rollout
      rollout.nodes.removeAll { has($0) }
      return rollout
    }
    .filter { !$0.nodes.isEmpty }
  }

  /// One a node that is left out, in the order of the plan.
  package func results(of plan: Plan) -> [NodeResult] {
    plan.nodes.compactMap { node in
      guard let reason = reasons[node.id] else { return nil }
      var result = NodeResult(node: node.id, outcome: reason.outcome)
      if reason.outcome != .skipped {
        result.failed = [.init(address: "node.\(node.id)", why: reason.why)]
      }
      guard reason.outcome != .frozen, reason.outcome != .unreachable else { return result }
      result.skipped = plan.changes(of: node.id).filter(\.action.isExecuted).map {
        .init(address: $0.address.description, why: reason.why)
      }
      return result
    }
  }

  /// The exit status of a run of which nothing is left.
  package var status: ExitStatus {
    ExitStatus.worst(
      reasons.values.map { reason in
        switch reason.outcome {
        case .frozen: .nodeFrozen
        case .moved: .conflict
        case .unreachable: .unreachable
        default: .success
        }
      } + (reasons.values.contains { $0.outcome == .failed } ? [.failure] : [])
    )
  }
}
