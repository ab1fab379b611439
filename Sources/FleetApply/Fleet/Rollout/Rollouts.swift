import FleetModel
import FleetPlan

/// The rollouts of a run: says which nodes have their turn next, and which never will.
///
/// A node that carries several roles with rollouts has its turn when all of them let it.
struct Rollouts: Sendable {
  /// What comes next.
  enum Step: Sendable, Equatable {
    /// These nodes have their turn now.
    case batch(Batch)
    /// These nodes are left as they are, for this reason.
    case stop(role: String, nodes: [NodeID], why: String)
  }

  /// Nodes that are changed side by side.
  struct Batch: Sendable, Equatable {
    /// From 1.
    var number: Int
    /// The nodes, in the order of the rollouts.
    var nodes: [NodeID]
    /// Roles whose rollout they are part of, sorted.
    var roles: [String]
    /// Whether some of them are canaries.
    var isCanary: Bool
  }

  private var lines: [RolloutLine]
  private let nodes: [NodeID]
  private let order: RolloutOrder
  private var begun: Set<NodeID> = []
  private var batches = 0

  /// Begins `rollouts`; `down` are the nodes on which a role does not run now, by role.
  init(_ rollouts: [PlannedRollout], _ order: RolloutOrder, down: [String: Set<NodeID>]) {
    lines = rollouts.map { RolloutLine(plan: $0, down: down[$0.role] ?? []) }
    self.order = order
    // The rollout with the most nodes leads.
    var nodes: [NodeID] = []
    for rollout in rollouts.sorted(by: { $0.nodes.count > $1.nodes.count }) {
      let seen = Set(nodes)
      nodes += rollout.nodes.filter { !seen.contains($0) }
    }
    self.nodes = nodes
  }

  /// All nodes that wait for a turn.
  var members: Set<NodeID> { Set(nodes) }

  /// Returns what comes next, from how the nodes are now; nil when all had their turn.
  ///
  /// Nodes that halted for reasons of their own have none.
  mutating func next(_ nodes: [NodeProgress]) -> Step? {
    let now = Dictionary(nodes.map { ($0.task.node, $0) }, uniquingKeysWith: { first, _ in first })
    for index in lines.indices { lines[index].take(now) }
    let waiting = self.nodes.filter { !begun.contains($0) && now[$0]?.halted == nil }
    guard !waiting.isEmpty else { return nil }
    for line in lines {
      let nodes = waiting.filter { line.members.contains($0) }
      guard !nodes.isEmpty, let why = line.reasonToStop else { continue }
      return stop(line.plan.role, nodes, why)
    }
    var chosen: [NodeID] = []
    for node in waiting {
      let own = lines.filter { $0.members.contains(node) }
      let needs = order.needs(of: node).filter { waiting.contains($0) && !chosen.contains($0) }
      if needs.isEmpty, own.allSatisfy({ $0.admits(node, beside: chosen) }) { chosen.append(node) }
    }
    guard chosen.isEmpty else { return .batch(begin(chosen)) }
    // A batch of nobody: as many are down as may be.
    let full = lines.first { line in
      waiting.contains { line.members.contains($0) && !line.admits($0, beside: []) }
    }
    return full.map { line in
      stop(line.plan.role, waiting.filter { line.members.contains($0) }, line.fullness)
    }
  }

  private mutating func stop(_ role: String, _ nodes: [NodeID], _ why: String) -> Step {
    begun.formUnion(nodes)
    return .stop(role: role, nodes: nodes, why: "rollout of `\(role)` stopped: \(why)")
  }

  private mutating func begin(_ nodes: [NodeID]) -> Batch {
    begun.formUnion(nodes)
    batches += 1
    var batch = Batch(number: batches, nodes: nodes, roles: [], isCanary: false)
    for index in lines.indices {
      let own = nodes.filter { lines[index].members.contains($0) }
      guard !own.isEmpty else { continue }
      batch.roles.append(lines[index].plan.role)
      batch.isCanary = lines[index].begin(own) || batch.isCanary
    }
    batch.roles.sort()
    return batch
  }
}

/// One role's rollout while it goes on.
struct RolloutLine: Sendable {
  let plan: PlannedRollout
  let members: Set<NodeID>
  /// Nodes on which the role does not run.
  private(set) var down: Set<NodeID>
  private let downBefore: Set<NodeID>
  private var begun: [NodeID] = []
  private var failed: [NodeID] = []

  init(plan: PlannedRollout, down: Set<NodeID>) {
    self.plan = plan
    members = Set(plan.nodes)
    self.down = down
    downBefore = down
  }

  private var canaries: ArraySlice<NodeID> { begun.prefix(plan.canary) }

  /// Notes turns; returns whether there is a canary among them.
  mutating func begin(_ nodes: [NodeID]) -> Bool {
    let isCanary = begun.count < plan.canary
    begun += nodes
    return isCanary
  }

  /// Sees how the nodes are now.
  mutating func take(_ now: [NodeID: NodeProgress]) {
    failed = plan.nodes.filter { now[$0]?.hasFailed ?? false }
    down = downBefore.subtracting(begun)
    for node in begun {
      guard let outcome = now[node]?.result.outcome else { continue }
      switch outcome {
      case .failed, .unknown, .unreachable: down.insert(node)
      // It is as it was, which may have been no good.
      case .rolledBack, .refused, .frozen, .moved, .skipped:
        if downBefore.contains(node) { down.insert(node) }
      case .changed, .unchanged: continue
      }
    }
  }

  /// Why no further node has its turn; nil while there is no reason.
  var reasonToStop: String? {
    let canaries = canaries.filter { failed.contains($0) }
    if !canaries.isEmpty {
      let which = canaries.count == 1 ? "its canary" : "its canaries"
      return "\(which) \(Self.names(canaries)) failed"
    }
    guard failed.count > plan.maxFailures else { return nil }
    return "\(failed.count) of \(Self.count(plan.nodes.count)) failed (\(Self.names(failed))), "
      + "max_failures is \(plan.maxFailures)"
  }

  /// Why not even one more node may be changed now.
  var fullness: String {
    let verb = down.count == 1 ? "is" : "are"
    return
      "\(down.count) of \(Self.count(plan.carriers)) \(verb) down (\(Self.names(down.sorted()))), "
      + "max_unavailable is \(plan.maxUnavailable ?? plan.carriers)"
  }

  /// Whether `node` may have its turn together with `others`.
  func admits(_ node: NodeID, beside others: [NodeID]) -> Bool {
    let own = others.filter { members.contains($0) }
    let limit = begun.count < plan.canary ? plan.canary - begun.count : plan.batch
    guard own.count < limit else { return false }
    guard let most = plan.maxUnavailable, !down.contains(node) else { return true }
    let busy = own.count { !down.contains($0) }
    return down.count + busy + 1 <= most
  }

  private static func count(_ nodes: Int) -> String { nodes == 1 ? "1 node" : "\(nodes) nodes" }

  private static func names(_ nodes: [NodeID]) -> String {
    let more = nodes.count > 10 ? ", and \(nodes.count - 10) more" : ""
    return nodes.prefix(10).map(\.name).joined(separator: ", ") + more
  }
}
