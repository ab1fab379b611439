package import FleetDiagnostics
package import FleetModel
package import FleetResources

/// A plan in the making: takes the nodes' answers one by one, in any order, and compares each node as soon
/// as all is known that its comparison reads.
///
/// What a node waits for are the owners of the secrets in its files and databases, and the CA's node where it
/// has a certificate or the CA's own. The plan is the same for every order of the answers. An observation is
/// kept only until its node is compared, or to the end where the comparison took something from another node.
package struct PlanMaker: Sendable {
  /// One node.
  private struct Entry: Sendable {
    var input: NodeInput
    /// Nodes without an answer of which something is read here.
    var pending: Set<Int> = []
    /// Whether something of another node is read here.
    var readsOthers = false
    var hasAnswered = false
    /// Whether a secret was found in a diff of its.
    var hidesSecret = false
    var draft: NodeDraft?
    /// Whether an observation is there.
    var isKept = false
    /// Roles of a rollout that are down here, with the reason.
    var down: [String: String] = [:]
  }

  private let input: PlanInput
  private var entries: [Entry] = []
  private var places: [NodeID: Int] = [:]
  private var sources: KnowledgeSources
  private var knowledge = FleetKnowledge()

  /// Begins a plan.
  ///
  /// A node of which no answer comes counts as what `input` says of it.
  package init(_ input: PlanInput) {
    var fleet = input
    fleet.nodes = []
    self.input = fleet
    let nodes = input.nodes.sorted { $0.id < $1.id }
    sources = KnowledgeSources(nodes)
    for (place, node) in nodes.enumerated() {
      places[node.id] = place
      var entry = Entry(input: node)
      let others = sources.sources(of: node.resources).subtracting([place])
      entry.pending = others
      entry.readsOthers = !others.isEmpty
      entries.append(entry)
    }
  }

  /// Takes the answer of a node, or why there is none; a node that is not in the plan is nobody's.
  package mutating func add(_ observation: NodeObservation, of node: NodeID) {
    guard let place = places[node], !entries[place].hasAnswered else { return }
    entries[place].hasAnswered = true
    entries[place].input.observation = observation
    entries[place].isKept = observation.node != nil
    entries[place].down = down(entries[place].input)
    let waiting = sources.add(entries[place].input, at: place, to: &knowledge)
    for other in waiting where entries[other].pending.remove(place) != nil { compare(other) }
    compare(place)
    // The last owner of a secret answered: what was compared before is searched for all of them.
    if sources.secretsAreKnown, sources.ownsSecrets(place) {
      for other in entries.indices { search(other) }
    }
  }

  /// Takes a node out that has answered: it is another machine than it seemed to be.
  ///
  /// What was compared with something of its is compared again.
  package mutating func withdraw(_ node: NodeID, _ why: NodeObservation) {
    guard let place = places[node] else { return }
    guard entries[place].hasAnswered else { return add(why, of: node) }
    entries[place].draft = nil
    entries[place].input.observation = why
    entries[place].isKept = false
    entries[place].down = down(entries[place].input)
    guard sources.knows(place) else { return }
    knowledge = FleetKnowledge()
    sources.replace(entries[place].input, at: place, in: &knowledge)
    for other in entries.indices where entries[other].readsOthers || entries[other].hidesSecret {
      entries[other].draft = nil
      entries[other].hidesSecret = false
      compare(other)
    }
  }

  /// Returns the plan; nothing can be added any more.
  ///
  /// - Throws: a `target-unmatched` finding when a `-target` matches nothing that is wanted, or a `-l` is
  ///   no selector.
  package mutating func finish() throws(DiagnosticsError) -> Plan {
    for place in entries.indices where !entries[place].hasAnswered {
      add(entries[place].input.observation, of: entries[place].input.id)
    }
    var plan = Plan(
      fleet: input.fleet,
      options: input.options,
      nodes: [],
      changes: [],
      diffs: [:],
      notes: []
    )
    let nodes = entries.map(\.input)
    var drafts: [NodeDraft] = []
    var down: [NodeID: [String: String]] = [:]
    for entry in entries {
      if !entry.down.isEmpty { down[entry.input.id] = entry.down }
      if let draft = entry.draft {
        drafts.append(draft)
      } else {
        plan.nodes.append(Self.unreachable(entry.input))
      }
    }
    entries = []
    try Targets(input.options).limit(&drafts, to: nodes, notes: &plan.notes)
    Guards.block(&drafts, nodes)
    PlanOrder.settle(&drafts)
    for var draft in drafts {
      draft.settleInvocations()
      plan.nodes.append(draft.node)
      plan.changes += draft.changes
      plan.diffs.merge(draft.diffs) { first, _ in first }
      plan.notes += draft.notes
    }
    plan.nodes.sort { $0.id < $1.id }
    // One planned node for each input, both by id.
    for (index, node) in nodes.enumerated() { plan.nodes[index].labels = node.labels }
    plan.notes.sort()
    plan.rollouts = RolloutPlanner.rollouts(input.rollouts, plan.changes, nodes, down)
    return plan
  }

  /// Nodes that are compared already.
  var compared: [NodeID] { entries.filter { $0.draft != nil }.map(\.input.id) }

  /// Nodes whose observations are still there.
  var kept: [NodeID] { entries.filter(\.isKept).map(\.input.id) }

  private static func unreachable(_ node: NodeInput) -> PlannedNode {
    var planned = PlannedNode(id: node.id, address: node.address, roles: node.roles.sorted())
    if case .unreachable(let step, let cause, let remedy) = node.observation {
      planned.failedStep = step
      planned.cause = cause
      planned.remedy = remedy
    }
    return planned
  }

  // MARK: one node

  /// Compares the node at `place` if all is there that it takes.
  private mutating func compare(_ place: Int) {
    let entry = entries[place]
    guard entry.hasAnswered, entry.pending.isEmpty, entry.draft == nil,
      case .observed(let observed) = entry.input.observation
    else { return }
    let context = knowledge.context(for: entry.input, options: input.options)
    var planner = NodePlanner(input.fleet, entry.input, observed, context)
    var draft = planner.draft()
    draft.index(observed)
    entries[place].draft = draft
    if sources.secretsAreKnown { search(place) }
    forgetIfDone(place)
  }

  /// Searches the diffs of a node for the secrets of all, once they are all known.
  private mutating func search(_ place: Int) {
    guard var draft = entries[place].draft, !draft.texts.isEmpty else { return }
    // One owner of the texts at a time: nothing is copied.
    entries[place].draft = nil
    if draft.hide(knowledge.hidden) { entries[place].hidesSecret = true }
    draft.texts = []
    entries[place].draft = draft
    forgetIfDone(place)
  }

  /// Lets go of an observation that nothing asks for any more.
  private mutating func forgetIfDone(_ place: Int) {
    let entry = entries[place]
    guard let draft = entry.draft, draft.texts.isEmpty, !entry.readsOthers, !entry.hidesSecret
    else { return }
    entries[place].isKept = false
    entries[place].input.observation = .observed(ObservedNode())
  }

  private func down(_ node: NodeInput) -> [String: String] {
    var found: [String: String] = [:]
    for role in node.roles where input.rollouts[role] != nil {
      found[role] = RolloutPlanner.whyDown(role, node)
    }
    return found
  }
}
