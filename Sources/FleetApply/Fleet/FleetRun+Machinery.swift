import FleetDigest
import FleetModel
import FleetPlan
import FleetResources
import Synchronization

/// One batch on many nodes side by side, and what it is made of.
extension FleetRun {
  func knowledge(_ nodes: [NodeProgress]) -> FleetKnowledge {
    FleetKnowledge(inputs(nodes))
  }

  /// All nodes as they were seen last.
  func inputs(_ nodes: [NodeProgress]) -> [NodeInput] {
    bystanders
      + nodes.map { progress in
        var input = progress.task.input
        input.observation = .observed(progress.observed)
        return input
      }
  }

  func context(_ progress: NodeProgress, _ knowledge: FleetKnowledge) -> CompareContext {
    var context = knowledge.context(for: progress.task.input, options: options)
    // What packages brought meanwhile may be replaced.
    context.absentBefore = progress.absentBefore
    return context
  }

  func program(_ progress: NodeProgress, _ knowledge: FleetKnowledge) -> NodeProgram {
    NodeProgram(
      progress.task.resources,
      observed: progress.observed,
      context: context(progress, knowledge)
    )
  }

  func operations(
    _ changes: [PlannedChange],
    _ progress: NodeProgress,
    _ knowledge: FleetKnowledge
  ) -> [NodeOperation] {
    let program = program(progress, knowledge)
    var operations: [NodeOperation] = []
    var others: [PlannedChange] = []
    for change in changes {
      guard let source = progress.task.source(at: change.address) else {
        others.append(change)
        continue
      }
      operations += program.operations(others)
      others = []
      let look = Look(source.resource, progress.observed, context(progress, knowledge))
      let delta = source.spec.delta(look)
      operations.append(
        source.spec.syncing(delta, tar: tar(delta, source.spec), for: change.address)
      )
    }
    return operations + program.operations(others)
  }

  /// The files that the node lacks, and last the list of all of them.
  ///
  /// A file that vanished or changed since the plan is left out of both, so that the next plan
  /// shows it.
  func tar(_ delta: SourceDelta, _ source: SourceSpec) -> [UInt8] {
    var tar = TarWriter()
    var sent = source
    for file in delta.added + delta.changed {
      let content = sources.content(of: file.path, below: source.localPath)
      guard let content, SHA256.hex(content) == file.sha256 else {
        sent.files?.removeAll { $0.path == file.path }
        continue
      }
      tar.add(file.path, content, executable: file.executable)
    }
    tar.add(".fleetctl-manifest", Array(sent.list.utf8), executable: false)
    return tar.finished()
  }

  func batches(
    _ name: String,
    _ nodes: [NodeProgress],
    _ operations: @escaping @Sendable (NodeProgress) -> [NodeOperation]
  ) async -> [NodeProgress] {
    var nodes = nodes
    if isInterrupted() {
      for index in nodes.indices where nodes[index].halted == nil {
        nodes[index].interrupt()
      }
    }
    halt(&nodes, before: name)
    let work = nodes.map { $0.halted == nil ? operations($0) : [] }
    let busy = work.count { !$0.isEmpty }
    guard busy > 0 else { return nodes }
    let culprit = Culprit()
    return await told(name, busy, nodes) { nodes in
      await concurrently(Array(zip(nodes, work))) { pair in
        let (progress, operations) = pair
        guard !operations.isEmpty else { return progress }
        return await permits.hold { turn in
          await batch(name, operations, on: progress, turn, culprit)
        }
      }
    }
  }

  /// Tells when a stage begins on `busy` of `nodes` and when it is over.
  func told(
    _ name: String,
    _ busy: Int,
    _ nodes: [NodeProgress],
    _ work: ([NodeProgress]) async -> [NodeProgress]
  ) async -> [NodeProgress] {
    notify(.stage(name, nodes: busy))
    let began = clock.now()
    let before = nodes.map(\.result.failed.count)
    let nodes = await work(nodes)
    let failed = zip(nodes, before).count { $0.result.failed.count > $1 }
    let elapsed = Int((clock.now() - began) / .milliseconds(1))
    notify(.stageEnded(name, nodes: busy, failed: failed, milliseconds: elapsed))
    return nodes
  }

  /// Changes one node, unless what happened while it waited for its turn forbids that.
  private func batch(
    _ name: String,
    _ operations: [NodeOperation],
    on progress: NodeProgress,
    _ turn: Permits.Turn,
    _ culprit: Culprit
  ) async -> NodeProgress {
    var progress = progress
    if turn != .atOnce {
      if turn == .cancelled || isInterrupted() {
        progress.interrupt()
      } else if let node = culprit.node {
        halt(&progress, because: node)
      }
      guard progress.halted == nil else { return progress }
    }
    let began = clock.now()
    let node = progress.task.node
    let addresses = operations.filter { !$0.verb.isCheck }.flatMap { $0.addresses(on: node) }
    notify(.began(node: node, stage: name, addresses: addresses))
    let isActivation = Self.isActivation(name)
    let outcome = await progress.task.worker.run(operations, name: name, arming: isActivation)
    progress.isStale = true
    let elapsed = Int((clock.now() - began) / .milliseconds(1))
    tellChecks(operations, outcome, of: node)
    report(progress.take(operations, outcome, at: clock.now()), progress)
    // Of what was refused nothing was done, so there is nothing to undo.
    if isActivation, outcome.isBegun { progress.hasActivated = true }
    if progress.hasFailed { culprit.take(progress.task.node) }
    notify(
      .batch(
        node: progress.task.node,
        stage: name,
        operations: operations.count,
        milliseconds: elapsed
      )
    )
    return progress
  }

  /// The checks that the node made itself: it is heard how they ended when the batch is over, not when they began.
  private func tellChecks(
    _ operations: [NodeOperation],
    _ outcome: BatchOutcome,
    of node: NodeID
  ) {
    let results: [OperationResult]
    switch outcome {
    case .results(let all), .rejected(let all): results = all
    case .refused, .unknown, .moved, .notAllowed: return
    }
    for (operation, result) in zip(operations, results) where operation.verb.isCheck {
      guard let address = operation.address, result.status != .skipped else { continue }
      let name = operation.verb.rawValue
      let isBad = result.status == .failed
      notify(
        .checked(
          .init(node: node, address: address.description, name: name),
          milliseconds: result.milliseconds,
          error: isBad ? String(decoding: result.output, as: UTF8.self) : nil
        )
      )
    }
  }

  /// The first node of a stage that failed, for those that still wait for their turn in it.
  private final class Culprit: Sendable {
    private let first = Mutex<NodeID?>(nil)
    var node: NodeID? { first.withLock { $0 } }
    func take(_ node: NodeID) { first.withLock { $0 = $0 ?? node } }
  }

  /// With `--on-failure stop` or `rollback` no further node is begun once one has failed.
  func halt(_ nodes: inout [NodeProgress], before stage: String) {
    guard let culprit = nodes.first(where: \.hasFailed)?.task.node else { return }
    for index in nodes.indices where nodes[index].halted == nil {
      halt(&nodes[index], because: culprit)
    }
  }

  private func halt(_ progress: inout NodeProgress, because culprit: NodeID) {
    guard onFailure == .rollback || onFailure == .stop && !progress.hasActivated else { return }
    progress.stop(because: "node.\(culprit) failed")
  }

  /// Stages that change what runs; those before them only add.
  static func isActivation(_ stage: String) -> Bool {
    stage == "files" || stage == "firewall" || stage.hasPrefix("wave")
  }

  func report(_ failures: [NodeResult.Shortfall], _ progress: NodeProgress) {
    for failure in failures {
      notify(.failed(node: progress.task.node, address: failure.address, why: failure.why))
    }
  }

  /// Looks at the nodes on which something was done since the last look; with `always` at all, also at
  /// those that are halted where `evenHalted` is set.
  func lookAgain(
    _ nodes: [NodeProgress],
    always: Bool = false,
    evenHalted: Bool = false,
    only members: Set<NodeID>? = nil
  ) async -> [NodeProgress] {
    await concurrently(nodes) { progress in
      var progress = progress
      guard evenHalted || progress.halted == nil, always || progress.isStale,
        members?.contains(progress.task.node) ?? true
      else { return progress }
      let request = ProbeRequest.covering(
        progress.task.resources,
        manifest: progress.observed.manifest.known
      )
      switch await progress.task.worker.observe(request) {
      case .observed(let observed): progress.observed = observed
      case .unreachable(let step, let cause, _):
        let why = "lost during \(step): \(cause)"
        report(progress.fail("node.\(progress.task.node)", why), progress)
        progress.result.outcome = .unknown
        progress.halted = why
      }
      return progress
    }
  }

  func concurrently<Item: Sendable>(
    _ items: [Item],
    _ work: @escaping @Sendable (Item) async -> NodeProgress
  ) async -> [NodeProgress] {
    await withTaskGroup(of: (Int, NodeProgress).self) { group in
      for (index, item) in items.enumerated() {
        group.addTask { (index, await work(item)) }
      }
      var finished: [(Int, NodeProgress)] = []
      for await pair in group { finished.append(pair) }
      return finished.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}
