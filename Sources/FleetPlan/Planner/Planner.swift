internal import FleetDigest
package import FleetDiagnostics
internal import FleetModel
internal import FleetResources

/// Makes plans: a pure function of what is wanted and what was seen.
package enum Planner {
  /// Plans `input`; the same for nodes and resources in any order.
  ///
  /// - Throws: a `target-unmatched` finding when a `-target` matches nothing that is wanted, or a `-l` is
  ///   no selector.
  package static func plan(_ input: PlanInput) throws(DiagnosticsError) -> Plan {
    let nodes = input.nodes.sorted { $0.id < $1.id }
    let knowledge = FleetKnowledge(nodes)
    var plan = Plan(
      fleet: input.fleet,
      options: input.options,
      nodes: [],
      changes: [],
      diffs: [:],
      notes: []
    )
    var drafts: [NodeDraft] = []
    for node in nodes {
      switch node.observation {
      case .unreachable(let step, let cause, let remedy):
        var planned = PlannedNode(id: node.id, address: node.address, roles: node.roles.sorted())
        planned.failedStep = step
        planned.cause = cause
        planned.remedy = remedy
        plan.nodes.append(planned)
      case .observed(let observed):
        let context = knowledge.context(for: node, options: input.options)
        var planner = NodePlanner(input.fleet, node, observed, context)
        drafts.append(planner.draft())
      }
    }
    try Targets(input.options).limit(&drafts, to: nodes, notes: &plan.notes)
    Guards.block(&drafts, nodes)
    PlanOrder.settle(&drafts)
    let observed = Dictionary(
      nodes.compactMap { node in node.observation.node.map { (node.id, $0) } },
      uniquingKeysWith: { first, _ in first }
    )
    for var draft in drafts {
      if let seen = observed[draft.node.id] { draft.index(seen) }
      plan.nodes.append(draft.node)
      plan.changes += draft.changes
      plan.diffs.merge(draft.diffs) { first, _ in first }
      plan.notes += draft.notes
    }
    plan.nodes.sort { $0.id < $1.id }
    // One planned node for each input, both by id.
    for (index, node) in nodes.enumerated() { plan.nodes[index].labels = node.labels }
    plan.notes.sort()
    plan.rollouts = RolloutPlanner.rollouts(input.rollouts, plan.changes, nodes)
    return plan
  }
}

/// The plan of one node while it is being made.
struct NodeDraft {
  var node: PlannedNode
  var changes: [PlannedChange] = []
  var diffs: [String: [String]] = [:]
  var notes: [PlanNote] = []
  /// What each resource needs, for order and targets.
  var requirements: [ResourceAddress: [ResourceAddress]] = [:]
  /// Digests of the state before and after, for the check-index.
  var states: [ResourceAddress: String] = [:]

  /// Notes which machine this is, at which generation, with which processes.
  fileprivate mutating func index(_ seen: ObservedNode) {
    let id = seen.system.machineID
    node.machine = id.isEmpty ? "" : SHA256.hex(Array("fleetctl machine \(id)".utf8))
    node.generation = seen.manifest.known?.generation
    for change in changes where change.address.kind == .unit && change.action.isExecuted {
      guard let unit = seen.units[change.address.name]?.known, unit.isUp, unit.restarts == 0,
        !unit.invocation.isEmpty
      else { continue }
      node.invocations[change.address.name] = unit.invocation
    }
  }
}
