import FleetApply
import FleetCompile
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources
import FleetTransport

/// Who takes part: the locks, and the nodes that are left out because theirs are not to be had.
extension ApplyRun {
  /// Nodes that are changed, and the node whose CA signs for them.
  var touched: Set<NodeID> {
    var nodes: Set<NodeID> = []
    for change in approved.plan.changes where change.action.isExecuted {
      nodes.insert(change.address.node)
      if let producer = change.producer { nodes.insert(producer.node) }
    }
    return nodes
  }

  func worker(
    _ link: FleetConnections.Link,
    _ progress: ApplyProgress
  ) -> SSHNodeWorker? {
    guard let connection = link.connection else { return nil }
    let target = link.target
    let connections = planning.connections
    let node = link.resources.node.id
    let session = NodeSession(
      over: connection,
      random: { Nonce.make() },
      hears: stream.lock(of: node.name)
    ) { () async throws(TransportError) in
      try await connections.connect(to: target)
    }
    return SSHNodeWorker(
      session: session,
      node: node,
      transaction: stream.run,
      window: confirmTimeout.seconds,
      waiting: { waiting in
        progress.tell(
          .waiting(
            node: node,
            unit: waiting.unit,
            secondsLeft: waiting.secondsLeft,
            status: waiting.status
          )
        )
      }
    )
  }

  /// Nodes that are not touched and may be needed to look at others from.
  func relays(
    beside touched: Set<NodeID>,
    _ progress: ApplyProgress
  ) -> [NodeID: any NodeWorker] {
    var relays: [NodeID: any NodeWorker] = [:]
    for link in links where !touched.contains(link.resources.node.id) {
      relays[link.resources.node.id] = worker(link, progress)
    }
    return relays
  }

  /// Takes all locks, and looks at each node again as soon as its lock is ours.
  ///
  /// A node that is frozen, is not to be reached any more or cannot be locked is left out with those that need
  /// something of it, and the others go on, unless the run is to be one: with `--on-failure stop` or `rollback`.
  /// A lock that somebody else holds refuses the whole run (exit 7), another machine, too (exit 11).
  func lockAll(
    _ progress: ApplyProgress,
    _ keeper: LeaseKeeper
  ) async throws -> ([Held], [NodeID: ObservedNode], LeftOut) {
    let touched = touched
    var held: [Held] = []
    for link in links where touched.contains(link.resources.node.id) {
      guard let worker = worker(link, progress) else { continue }
      held.append(Held(link: link, worker: worker))
    }
    let locks = FleetLocks(
      holder: "\(PlanMeta.user)@\(PlanMeta.host), process \(ProcessID.own)",
      planDigest: approved.digest,
      leaseSeconds: Self.leaseSeconds,
      waitSeconds: lockWait.seconds,
      keeper: keeper,
      token: { Nonce.make() },
      pause: { try? await Task.sleep(for: .milliseconds(Int.random(in: 0...max(1, $0 * 1000)))) },
      isFatal: { node, error in onFailure != .continue || isForeign(node, error) },
      isInterrupted: { Interrupt.isRequested }
    )
    let taken = await locks.take(
      held.map { .init($0.worker.node, $0.worker.session, look: Self.look($0)) }
    )
    guard !taken.failures.isEmpty else { return (held, taken.looks, LeftOut()) }
    var left = LeftOut()
    for (node, error) in taken.failures { Self.leaveOut(node, error, &left) }
    let without = left.addDependents(in: approved.plan)
    let isRefused = taken.failures.contains { node, error in
      onFailure != .continue || error.isHeldByAnother || isForeign(node, error)
    }
    guard !isRefused, left.leavesSomething(of: approved.plan) else {
      if !isRefused { tell(without, left) }
      try await refuse(held, taken.failures)
    }
    for (node, error) in taken.failures.sorted(by: { $0.key < $1.key }) {
      Terminal.note("warning: node.\(node): \(displayable(error.message)); it is left out\n")
      Self.tellRemedy(error)
    }
    tell(without, left)
    await giveBack(held.filter { left.has($0.worker.node) }, keeper)
    return (held.filter { !left.has($0.worker.node) }, taken.looks, left)
  }

  private static func leaveOut(_ node: NodeID, _ error: ApplyError, _ left: inout LeftOut) {
    switch error.code {
    case .frozen: left.addFrozen(node, error.message)
    case .transport(let cause): left.addUnreachable(node, "\(cause.step): \(cause.message)")
    case .notAllowed(let cause):
      left.addUnreachable(
        node,
        "\(cause.step): \(cause.message); nothing was done here (`fleetctl doctor --sudoers` prints the rule)"
      )
    default: left.addFailed(node, error.message)
    }
  }

  private static func tellRemedy(_ error: ApplyError) {
    guard let remedy = error.remedy else { return }
    for line in remedy.split(separator: "\n") { Terminal.note("  \(displayable(String(line)))\n") }
  }

  /// Says which nodes are left out because of others.
  func tell(_ dependents: [NodeID], _ left: LeftOut) {
    for node in dependents {
      guard let why = left.reasons[node]?.why else { continue }
      Terminal.note("warning: node.\(node): \(displayable(why)); it is left out\n")
    }
  }

  private func isForeign(_ node: NodeID, _ error: ApplyError) -> Bool {
    guard case .transport(let cause) = error.code,
      let link = links.first(where: { $0.resources.node.id == node })
    else { return false }
    return cause.isForeign(link.target)
  }

  /// Gives all locks back and ends the command, with the gravest of `failures`.
  private func refuse(_ held: [Held], _ failures: [NodeID: ApplyError]) async throws -> Never {
    let ordered = failures.sorted { $0.key < $1.key }
    for (node, error) in ordered {
      Terminal.note("error: node.\(node): \(displayable(error.message))\n")
    }
    await release(held)
    func nodes(where isIt: (NodeID, ApplyError) -> Bool) -> [NodeID] {
      ordered.filter { isIt($0.key, $0.value) }.map(\.key)
    }
    func end(_ status: ExitStatus, _ nodes: [NodeID]) -> EarlyEnd {
      let node = nodes.first
      let why = node.flatMap { failures[$0]?.message } ?? "no node could be locked"
      return EarlyEnd(status: status, reason: node.map { "node.\($0): \(why)" } ?? why)
    }
    if Interrupt.isRequested {
      Terminal.note("interrupted; nothing was changed.\n")
      throw EarlyEnd(status: Interrupt.status, reason: "interrupted; nothing was changed")
    }
    let frozen = nodes { if case .frozen = $1.code { true } else { false } }
    if !frozen.isEmpty {
      Terminal.note(
        "Nothing was changed. See what happened there, then let it take changes again:\n  "
          + "fleetctl lock thaw \(frozen.map(\.name).joined(separator: " "))\n"
      )
      throw end(.nodeFrozen, frozen)
    }
    let foreign = nodes(where: isForeign)
    if !foreign.isEmpty { throw end(.identityRefused, foreign) }
    // A lock that is held says more than a node that does not answer.
    let busy = nodes { $1.isHeldByAnother }
    if !busy.isEmpty {
      Terminal.note(Self.lockAdvice(busy.map(\.name)))
      throw end(.lockHeld, busy)
    }
    Terminal.note("Nothing was changed.\n")
    var told: Set<String> = []
    for (_, error) in ordered where told.insert(error.remedy ?? "").inserted {
      Self.tellRemedy(error)
    }
    let all = ordered.map(\.key)
    let lost = nodes { if case .transport = $1.code { true } else { $1.isNotAllowed } }
    throw end(lost == all ? .unreachable : .failure, all)
  }

  /// What to do about locks that somebody holds.
  static func lockAdvice(_ nodes: [String]) -> String {
    let names = nodes.sorted()
    return
      "Nothing was changed. Wait with -lock-timeout 5m. If whoever holds it is gone, see its last words, then:\n"
      + "  fleetctl lock release \(names.joined(separator: " "))\n"
      + "Or leave it out and go on with the others:\n"
      + "  fleetctl apply -l 'node notin (\(names.joined(separator: ",")))'\n"
  }

  /// Gives back the locks of nodes on which nothing was begun, and closes; side by side.
  func release(_ held: [Held]) async {
    await sideBySide(held) { await $0.worker.conclude(summary: "") }
  }

  /// Gives locks back and leaves the connections open, for looks at other nodes.
  func giveBack(_ held: [Held], _ keeper: LeaseKeeper) async {
    await sideBySide(held) { entry in
      keeper.stop(entry.worker.node)
      return await entry.worker.giveBack()
    }
  }

  /// Does `body` for all, and tells in their order what people should know of it.
  func sideBySide(
    _ held: [Held],
    _ body: @escaping @Sendable (Held) async -> [String]
  ) async {
    let notes = await SideBySide.notes(held, body)
    for note in notes { Terminal.note(note) }
  }
}

/// Work on many nodes at once: one that hangs delays nobody else.
enum SideBySide {
  /// What `body` says of each, in the order of `items`.
  static func notes<Item: Sendable>(
    _ items: [Item],
    _ body: @escaping @Sendable (Item) async -> [String]
  ) async -> [String] {
    await withTaskGroup(of: (Int, [String]).self) { group in
      for (index, item) in items.enumerated() { group.addTask { (index, await body(item)) } }
      var notes: [(Int, [String])] = []
      for await note in group { notes.append(note) }
      return notes.sorted { $0.0 < $1.0 }.flatMap(\.1)
    }
  }
}

extension ApplyError {
  /// Whether the login may not become root any more.
  fileprivate var isNotAllowed: Bool { if case .notAllowed = code { true } else { false } }

  /// What to do about it, where the way to the node is what failed.
  fileprivate var remedy: String? {
    switch code {
    case .transport(let cause), .notAllowed(let cause): cause.remedy
    default: nil
    }
  }
}
