package import FleetApply
package import FleetCommands
import FleetModel
package import FleetPlan
import FleetProbe
import FleetResources
import FleetTransport

/// One `fleetctl apply` of a simulated client, from the first login to the exit status.
///
/// The order of `ApplyRun`, with the same parts: planner, sessions, worker, run, judge.
package struct SimApply {
  /// What people would see.
  package struct Report: Sendable {
    /// Exit status; nil when the client died.
    package var status: ExitStatus?
    /// Results by node.
    package var results: [NodeResult] = []
    /// Endings by address.
    package var endings: [AddressEnding] = []
    /// What was approved.
    package var plan: Plan?
    /// Whether the plan was another one for the same input in another order.
    package var isUnstable = false
    /// Why nothing was begun.
    package var early = ""
  }

  let client: SimClient
  let nodes: [SimNode]
  let wanted: [NodeID: [Resource]]
  let run: String
  var window = 120
  var onFailure = FailurePolicy.continue
  var lockWait = 0
  var parallelism: Int?
  /// Happen between plan and lock, and between the look under the lock and the first batch.
  var between: () -> Void = {}
  var afterLook: (Plan) -> Void = { _ in }
  var defects: Set<Defect> = []
  private static let fleet = "sim"
  private static let leaseSeconds = 120
  /// Microseconds after which what was seen says little: `ApplyRun.freshness`.
  private static let freshness = 500_000

  private struct Link {
    let node: SimNode
    let id: NodeID
    var connection: SimConnection?
    var input: NodeInput
  }

  /// Looks at all nodes and plans; nil when the client died.
  func plan() async -> Plan? {
    let links = await look()
    let plan = make(links.map(\.input))
    for link in links { await link.connection?.close() }
    return client.isDead ? nil : plan
  }

  /// Carries it out.
  func perform() async -> Report {
    var report = Report()
    let links = await look()
    guard let plan = make(links.map(\.input)) else {
      report.status = client.isDead ? nil : .failure
      report.early = "no plan"
      return report
    }
    report.plan = plan
    if make(shuffled(links.map(\.input))) != plan { report.isUnstable = true }
    client.world.note(
      "\(client.name): plans \(plan.changes.count { $0.action.isExecuted }) changes"
    )
    guard plan.hasChanges else {
      report.status = ApplyVerdict(plan, [], [], isDetailed: false).status
      for link in links { await link.connection?.close() }
      return ended(report)
    }
    between()
    await carryOut(plan, links, &report)
    return ended(report)
  }

  private func ended(_ report: Report) -> Report {
    var report = report
    if client.isDead { report.status = nil }
    let status = report.status.map { "\($0)" } ?? "killed"
    client.world.note("\(client.name): ends: \(status) \(report.early)")
    return report
  }

  /// The same input in another order.
  private func shuffled(_ inputs: [NodeInput]) -> [NodeInput] {
    inputs.reversed().map { input in
      var input = input
      let cut = client.world.dice.below(input.resources.count)
      input.resources = (input.resources[cut...] + input.resources[..<cut]).reversed()
      return input
    }
  }

  private func make(_ inputs: [NodeInput]) -> Plan? {
    try? Planner.plan(PlanInput(fleet: Self.fleet, nodes: inputs))
  }

  // MARK: Looking

  private func look() async -> [Link] {
    let carried = Unchecked(self)
    let all = Unchecked(nodes)
    return await withTaskGroup(of: Unchecked<(Int, Link)>.self) { group in
      for index in nodes.indices {
        group.addTask {
          let apply = carried.value
          return Unchecked((index, await apply.look(all.value[index])))
        }
      }
      var links: [(Int, Link)] = []
      for await link in group { links.append(link.value) }
      return links.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func look(_ node: SimNode) async -> Link {
    guard let id = NodeID(node.name) else { preconditionFailure("ids of the model are valid") }
    let resources = wanted[id] ?? []
    var link = Link(
      node: node,
      id: id,
      input: NodeInput(
        id: id,
        address: "10.0.0.1",
        roles: Set(resources.map(\.role)).sorted(),
        resources: resources,
        observation: .unreachable(step: "connect", cause: "", remedy: nil)
      )
    )
    do throws(TransportError) {
      let connection = try await client.connect(to: node)
      link.connection = connection
      var seen = try await NodeProbe.observe(
        .covering(resources),
        over: connection,
        nonce: client.world.dice.nonce()
      )
      if let manifest = seen.manifest.known, !manifest.owned.isEmpty {
        seen = try await NodeProbe.observe(
          .covering(resources, manifest: manifest),
          over: connection,
          nonce: client.world.dice.nonce()
        )
      }
      link.input.observation = .observed(seen)
    } catch {
      await link.connection?.close()
      link.connection = nil
      link.input.observation = .unreachable(
        step: error.step,
        cause: error.message,
        remedy: error.remedy
      )
    }
    return link
  }

  // MARK: Carrying out

  private func carryOut(_ plan: Plan, _ links: [Link], _ report: inout Report) async {
    var touched: Set<NodeID> = []
    for change in plan.changes where change.action.isExecuted {
      touched.insert(change.address.node)
      if let producer = change.producer { touched.insert(producer.node) }
    }
    var held: [(link: Link, worker: SSHNodeWorker)] = []
    for link in links where touched.contains(link.id) {
      guard let connection = link.connection else { continue }
      held.append((link, worker(link, connection)))
    }
    let began = client.world.now
    guard var looks = await lock(held, plan, &report) else { return }
    client.world.note("\(client.name): holds \(held.count) locks")
    if client.world.now - began > Self.freshness {
      for entry in held { looks[entry.link.id] = await entry.worker.observe(request(entry.link)) }
    }
    var inputs = links.map(\.input)
    for index in inputs.indices {
      inputs[index].observation = looks[inputs[index].id] ?? inputs[index].observation
    }
    guard let left = leftOut(plan, inputs) else {
      for entry in held { await entry.worker.finish(summary: "nothing was changed") }
      report.status = .conflict
      report.early = "a node moved"
      return
    }
    for entry in held where left.has(entry.link.id) {
      client.world.note("\(client.name): leaves out \(entry.link.id)")
      for warning in await entry.worker.giveBack() {
        client.world.note("\(client.name): \(warning)")
      }
    }
    held.removeAll { left.has($0.link.id) }
    for entry in held {
      let (client, worker) = (client, entry.worker)
      await worker.session.keep(plan: Array("{}\n".utf8), of: run) { why in
        client.world.note("\(client.name): \(worker.node) does not keep the plan: \(why)")
      }
    }
    client.hasLocked()
    let tasks = held.compactMap { entry -> NodeTask? in
      guard let input = inputs.first(where: { $0.id == entry.link.id }),
        let seen = input.observation.node
      else { return nil }
      return NodeTask(
        input,
        schedule: plan.schedule(for: input.id),
        observed: seen,
        worker: entry.worker
      )
    }
    for entry in held {
      guard let task = tasks.first(where: { $0.node == entry.link.id }) else { continue }
      await entry.worker.session.expect(Preconditions(task, plan: plan))
    }
    afterLook(plan)
    await conduct(tasks, plan, left, inputs, held.map(\.worker), &report)
    for link in links where !tasks.contains(where: { $0.node == link.id }) {
      await link.connection?.close()
    }
  }

  /// The nodes that moved and those that need something of them; nil where the whole run is refused.
  private func leftOut(_ plan: Plan, _ inputs: [NodeInput]) -> LeftOut? {
    guard let fresh = make(inputs), Moved.swapped(plan, fresh).isEmpty else { return nil }
    var left = LeftOut()
    for node in Moved.all(plan, fresh) { left.add(node) }
    left.addDependents(in: plan)
    guard left.isEmpty || (onFailure == .continue && left.leavesSomething(of: plan)) else {
      return nil
    }
    return left
  }

  private func conduct(
    _ tasks: [NodeTask],
    _ plan: Plan,
    _ left: LeftOut,
    _ inputs: [NodeInput],
    _ workers: [SSHNodeWorker],
    _ report: inout Report
  ) async {
    let names = Set(tasks.map(\.node))
    let bystanders = inputs.filter { !names.contains($0.id) }
    let keeper = keepLocks(workers)
    let client = client
    let outcome = await FleetRun(
      tasks,
      bystanders: bystanders,
      fleet: Self.fleet,
      options: plan.options,
      sources: NoTrees(),
      onFailure: onFailure,
      parallelism: parallelism,
      isInterrupted: { client.isInterrupted },
      clock: client.clock,
      notify: { event in
        if case .stage(let name, let nodes) = event {
          client.world.note("\(client.name): stage \(name) on \(nodes)")
        }
        if case .failed(let node, let address, let why) = event {
          let last = why.split(separator: "\n").last.map(String.init) ?? why
          client.world.note("\(client.name): failed on \(node): \(address): \(last)")
        }
      }
    ).perform()
    keeper.value.isOver = true
    report.results =
      outcome.results + left.results(of: plan)
      + unreached(names, inputs, plan).filter { !left.has($0.node) }
    if defects.contains(.noReadBack) {
      report.status = report.results.allSatisfy { $0.failed.isEmpty } ? .success : .partial
    } else {
      let verdict = ApplyVerdict.judge(
        plan,
        report.results,
        seen: outcome.inputs + bystanders,
        isDetailed: false,
        interrupt: client.isInterrupted ? .interrupted : nil
      ) { client.world.note("\(client.name): \($0)") }
      report.status = verdict.status
      report.results = verdict.results
      report.endings = verdict.endings
    }
    for result in report.results {
      client.world.note("\(client.name): \(result.node) \(result.outcome.rawValue)")
    }
    for worker in workers { await worker.finish(summary: "{}") }
  }

  private func unreached(
    _ reached: Set<NodeID>,
    _ inputs: [NodeInput],
    _ plan: Plan
  ) -> [NodeResult] {
    plan.nodes.compactMap { node in
      guard node.isReachable, !reached.contains(node.id),
        plan.changes(of: node.id).contains(where: \.action.isExecuted)
      else { return nil }
      var result = NodeResult(node: node.id, outcome: .unreachable)
      result.failed = [.init(address: "node.\(node.id)", why: "it cannot be reached any more")]
      return result
    }
  }

  private func worker(_ link: Link, _ connection: SimConnection) -> SSHNodeWorker {
    let client = client
    let node = Unchecked(link.node)
    let session = NodeSession(
      over: connection,
      random: { client.world.dice.nonce() },
      pause: { try? await client.nap($0) }
    ) { () async throws(TransportError) in
      try await client.connect(to: node.value)
    }
    return SSHNodeWorker(
      session: session,
      node: link.id,
      transaction: run,
      window: window,
      clock: client.clock,
      note: { client.world.note("\(client.name): \($0)") },
      nonce: { client.world.dice.nonce() }
    )
  }

  private func request(_ link: Link) -> ProbeRequest {
    .covering(wanted[link.id] ?? [], manifest: link.input.observation.node?.manifest.known)
  }

  /// Takes all locks and looks at each node in the same round trip; nil when one is not to be had.
  private func lock(
    _ held: [(link: Link, worker: SSHNodeWorker)],
    _ plan: Plan,
    _ report: inout Report
  ) async -> [NodeID: NodeObservation]? {
    let (client, digest, wait, run) = (client, plan.nodes.map(\.digest).joined(), lockWait, run)
    var looks: [NodeID: NodeObservation] = [:]
    var failures: [(NodeID, ApplyError)] = []
    await withTaskGroup(of: (NodeID, Result<NodeObservation, ApplyError>).self) { group in
      for entry in held {
        let (worker, request) = (entry.worker, request(entry.link))
        group.addTask {
          do throws(ApplyError) {
            let seen = try await worker.session.acquireLock(
              holder: "\(client.name), \(run)",
              planDigest: digest,
              leaseSeconds: Self.leaseSeconds,
              token: client.world.dice.nonce(),
              waitSeconds: wait,
              look: request
            )
            if let seen { return (worker.node, .success(.observed(seen))) }
            return (worker.node, .success(await worker.observe(request)))
          } catch {
            return (worker.node, .failure(error))
          }
        }
      }
      for await (node, outcome) in group {
        switch outcome {
        case .success(let look): looks[node] = look
        case .failure(let error): failures.append((node, error))
        }
      }
    }
    failures.sort { $0.0 < $1.0 }
    guard let first = failures.first else { return looks }
    for worker in held.map(\.worker) where !failures.contains(where: { $0.0 == worker.node }) {
      await worker.finish(summary: "nothing was changed")
    }
    report.early = "node.\(first.0): \(first.1.message)"
    report.status = .failure
    for (_, error) in failures {
      if case .lockHeld = error.code { report.status = .lockHeld }
    }
    for (_, error) in failures {
      if case .frozen = error.code { report.status = .nodeFrozen }
    }
    return nil
  }

  private final class Switch { var isOver = false }

  private func keepLocks(_ workers: [SSHNodeWorker]) -> Unchecked<Switch> {
    let keeper = Unchecked(Switch())
    let (client, window) = (client, window)
    client.world.spawn {
      let pause = min(Self.leaseSeconds / 4, max(1, window / 4))
      while true {
        do { try await client.nap(.seconds(pause)) } catch { return }
        if keeper.value.isOver { return }
        await withTaskGroup(of: Void.self) { group in
          for worker in workers { group.addTask { await worker.renewLock() } }
        }
      }
    }
    return keeper
  }
}

/// No source trees in the simulated fleets.
private struct NoTrees: SourceReader {
  func content(of path: String, below folder: String) -> [UInt8]? { nil }
}
