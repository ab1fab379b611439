import FleetDigest
import FleetModel
package import FleetPlan
import FleetResources

/// One apply over the fleet, stage by stage (docs/decisions/0001-shape-of-an-apply.md).
///
/// Nodes go through a stage side by side; a node that fails halts alone, the others go on.
package struct FleetRun: Sendable {
  private let tasks: [NodeTask]
  private let bystanders: [NodeInput]
  private let fleet: String
  private let options: PlanOptions
  private let sources: any SourceReader
  private let onFailure: FailurePolicy
  private let isInterrupted: @Sendable () -> Bool
  private let clock: RunClock
  private let notify: @Sendable (ApplyEvent) -> Void

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - tasks: One a reachable node, also where nothing is to be done: it may own secrets or the CA.
  ///   - bystanders: The nodes that cannot be reached.
  ///   - fleet: Name of the fleet.
  ///   - options: Those of the approved plan.
  ///   - sources: Reads source trees.
  ///   - onFailure: What the other nodes do when one fails.
  ///   - isInterrupted: Whether to finish the step in progress and start nothing new.
  ///   - clock: The time.
  ///   - notify: Takes events, from any thread.
  package init(
    _ tasks: [NodeTask],
    bystanders: [NodeInput] = [],
    fleet: String,
    options: PlanOptions,
    sources: any SourceReader,
    onFailure: FailurePolicy = .continue,
    isInterrupted: @escaping @Sendable () -> Bool = { false },
    clock: RunClock = .system,
    notify: @escaping @Sendable (ApplyEvent) -> Void
  ) {
    self.tasks = tasks
    self.bystanders = bystanders
    self.fleet = fleet
    self.options = options
    self.sources = sources
    self.onFailure = onFailure
    self.isInterrupted = isInterrupted
    self.clock = clock
    self.notify = notify
  }

  /// Carries it out; results and last looks are in the order of the tasks.
  package func perform() async -> FleetOutcome {
    let began = clock.now()
    var nodes = tasks.map { NodeProgress($0) }
    nodes = await stage("prepare", nodes) { $0.prepare + $0.secrets + $0.certificates }
    nodes = await lookAgain(nodes)
    nodes = await sign(nodes)
    nodes = await stage("build", nodes) { $0.build }
    nodes = await lookAgain(nodes)
    nodes = await activate(nodes)
    nodes = await record(nodes)
    nodes = await restoreFailed(nodes)
    nodes = await confirm(nodes)
    // A node that could not be confirmed takes back the others only now: nobody could know before.
    nodes = await restoreFailed(nodes)
    // Data that goes for good, now that nothing takes the run back any more.
    nodes = await stage("purge", nodes) { $0.purge }
    nodes = await conclude(nodes)
    let elapsed = clock.now() - began
    let results = nodes.map { progress in
      var result = progress.result
      result.changed = Array(Set(result.changed)).sorted()
      result.milliseconds = Int(elapsed / .milliseconds(1))
      return result
    }
    let inputs = nodes.map { progress in
      var input = progress.task.input
      input.observation = .observed(progress.observed)
      return input
    }
    return FleetOutcome(results: results, inputs: inputs)
  }

  // MARK: Stages

  private func stage(
    _ name: String,
    _ nodes: [NodeProgress],
    _ changes: @escaping @Sendable (NodeSchedule) -> [PlannedChange]
  ) async -> [NodeProgress] {
    let knowledge = knowledge(nodes)
    return await batches(name, nodes) { progress in
      operations(changes(progress.task.schedule), progress, knowledge)
    }
  }

  /// Signs the certificate requests on the CA's node and puts the certificates in place.
  private func sign(_ nodes: [NodeProgress]) async -> [NodeProgress] {
    var nodes = nodes
    var waiting: [(node: Int, resource: Resource, spec: CertificateSpec, request: [UInt8])] = []
    for (index, progress) in nodes.enumerated() where progress.halted == nil {
      for resource in progress.task.resources {
        guard case .certificate(let spec) = resource.spec,
          let request = progress.requests[resource.address]
        else { continue }
        waiting.append((index, resource, spec, request))
      }
    }
    guard let authority = waiting.first?.spec.authority else { return nodes }
    guard let signer = nodes.firstIndex(where: { $0.task.node == authority }),
      nodes[signer].halted == nil
    else {
      for item in waiting where nodes[item.node].halted == nil {
        let why = "the node of the certificate authority, `\(authority)`, is not available"
        report(nodes[item.node].fail(item.resource.address.description, why), nodes[item.node])
        nodes[item.node].halted = why
      }
      return nodes
    }
    notify(.stage("sign", nodes: 1))
    let signing = waiting.map { item in
      item.spec.signing(item.request, for: item.resource.address)
    }
    let worker = nodes[signer].task.worker
    guard
      case .results(let signed) = await worker.run(signing, name: "sign", arming: false),
      signed.count == waiting.count
    else {
      let why = "signing the certificates on `\(authority)` failed"
      for item in waiting where nodes[item.node].halted == nil {
        report(nodes[item.node].fail(item.resource.address.description, why), nodes[item.node])
        nodes[item.node].halted = why
      }
      return nodes
    }
    var writes: [NodeID: [NodeOperation]] = [:]
    for (item, result) in zip(waiting, signed) {
      guard result.status == .done else {
        let why = "signing failed: " + String(decoding: result.output, as: UTF8.self)
        report(nodes[item.node].fail(item.resource.address.description, why), nodes[item.node])
        nodes[item.node].halted = why
        continue
      }
      let node = nodes[item.node].task.node
      writes[node, default: []].append(
        item.spec.installing(result.output, for: item.resource.address)
      )
    }
    let planned = writes
    return await batches("certificates", nodes) { planned[$0.task.node] ?? [] }
  }

  /// Services that go are stopped first, so that ports are free before they are claimed; then all files
  /// and one daemon-reload a node; then the waves of the dependency graph, each with its gates.
  private func activate(_ nodes: [NodeProgress]) async -> [NodeProgress] {
    let knowledge = knowledge(nodes)
    var nodes = await batches("files", nodes) { progress in
      let schedule = progress.task.schedule
      return operations(schedule.retire + schedule.configure, progress, knowledge)
        + program(progress, knowledge).reloading(schedule)
    }
    nodes = await lookAgain(nodes)
    for wave in Set(nodes.flatMap { $0.task.schedule.activate.map(\.number) }).sorted() {
      nodes = await activate(wave: wave, nodes)
    }
    return await stage("firewall", nodes) { $0.firewall }
  }

  private func activate(wave number: Int, _ nodes: [NodeProgress]) async -> [NodeProgress] {
    let knowledge = knowledge(nodes)
    var nodes = await batches("wave \(number)", nodes) { progress in
      guard let wave = progress.task.schedule.activate.first(where: { $0.number == number }) else {
        return []
      }
      return operations(wave.changes, progress, knowledge)
        + program(progress, knowledge).health(wave.changes)
    }
    var authority: String?
    if case .known(let pem) = knowledge.authority { authority = pem }
    let checker = HealthGate(notify: notify, authority: authority, clock: clock)
    let workers = Dictionary(
      tasks.map { ($0.node, $0.worker) },
      uniquingKeysWith: { first, _ in first }
    )
    nodes = await concurrently(nodes) { progress in
      await checker.check(progress, wave: number, workers: workers)
    }
    return nodes
  }

  // MARK: The end

  /// A node that failed after its files were written goes back to what it was.
  private func restoreFailed(_ nodes: [NodeProgress]) async -> [NodeProgress] {
    let culprit = onFailure == .rollback ? nodes.first(where: \.hasFailed)?.task.node : nil
    return await concurrently(nodes) { progress in
      var progress = progress
      guard progress.hasActivated, !progress.tookItselfBack, !progress.wentBack else {
        return progress
      }
      if progress.result.outcome != .failed, !progress.isInterrupted {
        guard let culprit, progress.result.outcome == .changed else { return progress }
        let why = "taken back with the run, because node.\(culprit) failed"
        report(progress.fail("node.\(progress.task.node)", why), progress)
      }
      progress.wentBack = true
      switch await progress.task.worker.rollBack() {
      case .results(let results) where results.allSatisfy { $0.status == .done }:
        progress.result.outcome = .rolledBack
      case .results(let results), .rejected(let results):
        let said = results.map { String(decoding: $0.output, as: UTF8.self) }.joined(
          separator: "\n"
        )
        report(
          progress.fail("node.\(progress.task.node)", "rolling back failed in part:\n\(said)"),
          progress
        )
      case .refused(let why), .unknown(let why):
        progress.result.outcome = .unknown
        _ = progress.fail("node.\(progress.task.node)", "rolling back: \(why)")
        progress.result.outcome = .unknown
      }
      return progress
    }
  }

  /// Writes the manifests while the way back is armed, so that what is owned comes and goes with the run.
  ///
  /// Written after the confirmation, a client that dies in between would leave units that nobody owns.
  private func record(_ nodes: [NodeProgress]) async -> [NodeProgress] {
    guard nodes.contains(where: \.isRecordable) else { return nodes }
    let nodes = await lookAgain(nodes)
    let knowledge = knowledge(nodes)
    return await concurrently(nodes) { progress in
      guard progress.isRecordable else { return progress }
      var progress = progress
      let manifest = progress.manifest(of: fleet, context(progress, knowledge))
      progress.isRecorded = true
      guard manifest != progress.observed.manifest.known else { return progress }
      if case .results = await progress.task.worker.write(manifest) {
        progress.observed.manifest = .value(manifest)
      } else {
        report(
          progress.fail("node.\(progress.task.node)", "the manifest was not written"),
          progress
        )
      }
      return progress
    }
  }

  /// What was activated stays only when a new login still gets in; what was lost takes itself back.
  private func confirm(_ nodes: [NodeProgress]) async -> [NodeProgress] {
    let open = nodes.count { $0.isUnconfirmed }
    guard open > 0 else { return nodes }
    notify(.stage("confirm", nodes: open))
    return await concurrently(nodes) { progress in
      guard progress.isUnconfirmed else { return progress }
      var progress = progress
      let isLost = progress.result.outcome == .unknown
      let worker = progress.task.worker
      let ending = isLost ? await worker.settle() : await worker.confirm()
      report(progress.take(ending), progress)
      return progress
    }
  }

  /// Reads the nodes back and writes their manifests from what is there.
  private func conclude(_ nodes: [NodeProgress]) async -> [NodeProgress] {
    let nodes = await lookAgain(nodes, evenHalted: true)
    let knowledge = knowledge(nodes)
    return await concurrently(nodes) { progress in
      var progress = progress
      guard progress.result.outcome != .unknown, !progress.tookItselfBack else { return progress }
      guard !progress.isRecorded || progress.wentBack else { return progress }
      let manifest = progress.manifest(of: fleet, context(progress, knowledge))
      guard manifest != progress.observed.manifest.known else { return progress }
      if case .results = await progress.task.worker.write(manifest) {
        progress.observed.manifest = .value(manifest)
        return progress
      }
      report(progress.fail("node.\(progress.task.node)", "the manifest was not written"), progress)
      return progress
    }
  }

  // MARK: Machinery

  private func knowledge(_ nodes: [NodeProgress]) -> FleetKnowledge {
    FleetKnowledge(
      bystanders
        + nodes.map { progress in
          var input = progress.task.input
          input.observation = .observed(progress.observed)
          return input
        }
    )
  }

  private func context(_ progress: NodeProgress, _ knowledge: FleetKnowledge) -> CompareContext {
    var context = knowledge.context(for: progress.task.input, options: options)
    // What packages brought meanwhile may be replaced.
    context.absentBefore = progress.absentBefore
    return context
  }

  private func program(_ progress: NodeProgress, _ knowledge: FleetKnowledge) -> NodeProgram {
    NodeProgram(
      progress.task.resources,
      observed: progress.observed,
      context: context(progress, knowledge)
    )
  }

  private func operations(
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
  private func tar(_ delta: SourceDelta, _ source: SourceSpec) -> [UInt8] {
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

  private func batches(
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
    notify(.stage(name, nodes: busy))
    return await concurrently(Array(zip(nodes, work))) { pair in
      var (progress, operations) = pair
      guard !operations.isEmpty else { return progress }
      let began = clock.now()
      let isActivation = Self.isActivation(name)
      let outcome = await progress.task.worker.run(operations, name: name, arming: isActivation)
      let elapsed = Int((clock.now() - began) / .milliseconds(1))
      report(progress.take(operations, outcome), progress)
      // Of what was refused nothing was done, so there is nothing to undo.
      if isActivation, outcome.isBegun { progress.hasActivated = true }
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
  }

  /// With `--on-failure stop` or `rollback` no further node is begun once one has failed.
  private func halt(_ nodes: inout [NodeProgress], before stage: String) {
    guard onFailure != .continue, let culprit = nodes.first(where: \.hasFailed)?.task.node else {
      return
    }
    for index in nodes.indices where nodes[index].halted == nil {
      guard onFailure == .rollback || !nodes[index].hasActivated else { continue }
      nodes[index].stop(because: "node.\(culprit) failed")
    }
  }

  /// Stages that change what runs; those before them only add.
  private static func isActivation(_ stage: String) -> Bool {
    stage == "files" || stage == "firewall" || stage.hasPrefix("wave")
  }

  private func report(_ failures: [NodeResult.Shortfall], _ progress: NodeProgress) {
    for failure in failures {
      notify(.failed(node: progress.task.node, address: failure.address, why: failure.why))
    }
  }

  private func lookAgain(_ nodes: [NodeProgress], evenHalted: Bool = false) async -> [NodeProgress]
  {
    await concurrently(nodes) { progress in
      var progress = progress
      guard evenHalted || progress.halted == nil else { return progress }
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

  private func concurrently<Item: Sendable>(
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

/// What came of a run.
package struct FleetOutcome: Sendable {
  /// One a task.
  package let results: [NodeResult]
  /// The nodes as they were seen last.
  package let inputs: [NodeInput]
}
