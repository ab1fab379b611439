import ArgumentParser
import FleetApply
import FleetCompile
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources
import FleetTransport
import FleetView

/// Carries out an approved plan: locks, looks again, runs, reads back, reports.
struct ApplyRun {
  let planning: Planning
  let links: [FleetConnections.Link]
  let approved: PlanFile
  let lockWait: TimeSpan
  /// How long a node waits for the next word before it takes back what was activated.
  let confirmTimeout: TimeSpan
  /// What nodes that work do when one fails.
  let onFailure: FailurePolicy
  /// How many nodes are changed at once; nil for all that can be.
  let parallelism: Int?
  /// Takes the events.
  let stream: RunStream
  /// Whether `-detailed-exitcode` was given.
  let isDetailed: Bool
  /// A dead client's lock is free after so long.
  private static let leaseSeconds = 120
  /// So old may the looks be that came with the locks.
  private static let freshness = Duration.milliseconds(500)

  /// What came of it.
  struct Outcome {
    let verdict: ApplyVerdict
    let text: String
  }

  /// A node with its lock.
  private struct Held {
    let link: FleetConnections.Link
    let worker: SSHNodeWorker
  }

  func perform() async throws -> Outcome {
    let run = stream.run
    stream.enter(.locking)
    let progress = ApplyProgress(stream)
    let began = ContinuousClock.now
    var (held, looks, frozen) = try await lockAll(run, progress)
    await Failpoint.reach(.locked)
    for entry in held {
      let node = entry.worker.node.name
      stream.tell("lock_acquired", "node.\(node): locked", [("node", .string(node))])
    }
    // Somebody waited for a lock: what was seen before that says little now.
    if ContinuousClock.now - began > Self.freshness { looks = await lookAgain(held) }
    let inputs = inputs(seen: looks)
    try await refuseMoved(held, inputs)
    await keepPlan(held)
    await Failpoint.reach(.checked)
    let tasks = held.compactMap { task($0, inputs) }
    for entry in held {
      guard let task = tasks.first(where: { $0.node == entry.worker.node }) else { continue }
      await entry.worker.session.expect(Preconditions(task, plan: approved.plan))
    }
    let names = Set(tasks.map(\.node))
    let bystanders = inputs.filter { !names.contains($0.id) }
    let keeper = keepLocks(held)
    defer { keeper.cancel() }
    stream.enter(.underWay)
    let outcome = await FleetRun(
      tasks,
      bystanders: bystanders,
      fleet: planning.resolved.fleet.name,
      options: approved.plan.options,
      sources: OperatorFiles(),
      onFailure: onFailure,
      rollouts: approved.plan.rollouts,
      relays: relays(beside: names, progress),
      parallelism: parallelism,
      isInterrupted: { Interrupt.isRequested },
      notify: { progress.tell($0) }
    ).perform()
    await Failpoint.reach(.concluded)
    keeper.cancel()
    let results = outcome.results + unreached(names, inputs, frozen)
    let verdict = ApplyVerdict.judge(
      approved.plan,
      results,
      seen: outcome.inputs + bystanders,
      isDetailed: isDetailed,
      interrupt: Interrupt.isRequested ? Interrupt.status : nil
    ) { Terminal.note($0) }
    stream.tell(verdict.endings)
    for entry in held {
      let result = results.first { $0.node == entry.worker.node }
      // Where nothing was begun there is nothing to remember.
      let isBegun = result.map { $0.outcome != .moved && $0.outcome != .unreachable } ?? false
      await entry.worker.finish(
        summary: isBegun ? result.map { history(run, $0, verdict) } ?? "" : ""
      )
    }
    for link in links where !names.contains(link.resources.node.id) {
      await link.connection?.close()
    }
    await Failpoint.reach(.finished)
    let report = ApplyReport(plan: approved.plan, verdict: verdict, run: run)
    return Outcome(verdict: verdict, text: report.text)
  }

  /// Nodes with approved changes that nobody got at: not one of them may pass for done.
  private func unreached(
    _ reached: Set<NodeID>,
    _ inputs: [NodeInput],
    _ frozen: [NodeID: String]
  ) -> [NodeResult] {
    approved.plan.nodes.compactMap { node in
      guard node.isReachable, !reached.contains(node.id),
        approved.plan.changes(of: node.id).contains(where: \.action.isExecuted)
      else { return nil }
      if let why = frozen[node.id] {
        var result = NodeResult(node: node.id, outcome: .frozen)
        let text = "\(why)\nSee what happened there, then: fleetctl lock thaw \(node.id)"
        result.failed = [NodeResult.Shortfall(address: "node.\(node.id)", why: text)]
        return result
      }
      var result = NodeResult(node: node.id, outcome: .unreachable)
      var why = "the node cannot be reached any more"
      if case .unreachable(let step, let cause, _)? = inputs.first(where: { $0.id == node.id })?
        .observation
      {
        why = "\(step): \(cause)"
      }
      result.failed = [NodeResult.Shortfall(address: "node.\(node.id)", why: why)]
      return result
    }
  }

  // MARK: Locks

  /// Nodes that are changed, and the node whose CA signs for them.
  private var touched: Set<NodeID> {
    var nodes: Set<NodeID> = []
    for change in approved.plan.changes where change.action.isExecuted {
      nodes.insert(change.address.node)
      if let producer = change.producer { nodes.insert(producer.node) }
    }
    return nodes
  }

  private func worker(
    _ link: FleetConnections.Link,
    _ progress: ApplyProgress
  ) -> SSHNodeWorker? {
    guard let connection = link.connection else { return nil }
    let target = link.target
    let connections = planning.connections
    let node = link.resources.node.id
    let session = NodeSession(over: connection, random: { Nonce.make() }) {
      () async throws(TransportError) in
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
  private func relays(
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
  /// A frozen node is left out and the others go on, unless the run is to be one: with
  /// `--on-failure stop` or `rollback`. A lock that somebody else holds refuses the whole run (exit 7).
  private func lockAll(
    _ run: String,
    _ progress: ApplyProgress
  ) async throws -> ([Held], [NodeID: NodeObservation], frozen: [NodeID: String]) {
    let touched = touched
    var held: [Held] = []
    for link in links where touched.contains(link.resources.node.id) {
      guard let worker = worker(link, progress) else { continue }
      held.append(Held(link: link, worker: worker))
    }
    let holder = "\(PlanMeta.user)@\(PlanMeta.host), process \(ProcessID.own)"
    let digest = approved.digest
    let wait = lockWait.seconds
    var looks: [NodeID: NodeObservation] = [:]
    var failures: [(String, ApplyError)] = []
    await withTaskGroup(of: (NodeID, Result<NodeObservation, ApplyError>).self) { group in
      for entry in held {
        group.addTask {
          let node = entry.link.resources.node.id
          let request = Self.look(entry)
          do throws(ApplyError) {
            let seen = try await entry.worker.session.acquireLock(
              holder: holder,
              planDigest: digest,
              leaseSeconds: Self.leaseSeconds,
              token: Nonce.make(),
              waitSeconds: wait,
              look: request
            )
            if let seen { return (node, .success(.observed(seen))) }
            return (node, .success(await entry.worker.observe(request)))
          } catch {
            return (node, .failure(error))
          }
        }
      }
      for await (node, outcome) in group {
        switch outcome {
        case .success(let look): looks[node] = look
        case .failure(let error): failures.append((node.name, error))
        }
      }
    }
    failures.sort { $0.0 < $1.0 }
    var frozen: [NodeID: String] = [:]
    for (name, error) in failures {
      guard case .frozen = error.code, let node = NodeID(name) else { continue }
      frozen[node] = error.message
    }
    if !frozen.isEmpty, frozen.count == failures.count, goesOn(without: frozen) {
      for (node, error) in failures {
        Terminal.note("warning: node.\(node): \(displayable(error.message)); it is left out\n")
      }
      held.removeAll { frozen[$0.link.resources.node.id] != nil }
      return (held, looks, frozen)
    }
    // A lock that is held says more than a node that does not answer.
    let busy = failures.first { if case .lockHeld = $0.1.code { true } else { false } }
    guard let first = busy ?? failures.first else { return (held, looks, [:]) }
    for (node, error) in failures {
      Terminal.note("error: node.\(node): \(displayable(error.message))\n")
    }
    await release(
      held.filter { entry in !failures.contains { $0.0 == entry.link.resources.node.id.name } }
    )
    if failures.contains(where: { if case .frozen = $0.1.code { true } else { false } }) {
      let names = frozen.keys.map(\.name).sorted().joined(separator: " ")
      Terminal.note(
        "Nothing was changed. See what happened there, then let it take changes again:\n  "
          + "fleetctl lock thaw \(names)\n"
      )
      throw EarlyEnd(status: .nodeFrozen, reason: "node.\(first.0): \(first.1.message)")
    }
    if case .lockHeld = first.1.code {
      let names = failures.filter { if case .lockHeld = $0.1.code { true } else { false } }.map(\.0)
      Terminal.note(Self.lockAdvice(names))
      throw EarlyEnd(status: .lockHeld, reason: "node.\(first.0): \(first.1.message)")
    }
    let isForeign = failures.contains { node, error in
      guard case .transport(let cause) = error.code,
        let link = links.first(where: { $0.resources.node.id.name == node })
      else { return false }
      return cause.isForeign(link.target)
    }
    var isPowerless = false
    for (_, error) in failures {
      guard case .notAllowed(let cause) = error.code else { continue }
      if !isPowerless { Terminal.note("Nothing was changed. \(cause.remedy ?? "")\n") }
      isPowerless = true
    }
    throw EarlyEnd(
      status: isForeign ? .identityRefused : isPowerless ? .unreachable : .failure,
      reason: "node.\(first.0): \(first.1.message)"
    )
  }

  /// Renews the leases while the run lasts: a node that waits for another's six-minute start, or for its
  /// own health, runs no batch that would.
  private func keepLocks(_ held: [Held]) -> Task<Void, Never> {
    let pause = min(Self.leaseSeconds / 4, max(1, confirmTimeout.seconds / 4))
    return Task {
      await withTaskGroup(of: Void.self) { group in
        // Each node for itself: one that is busy must not let the time of the others run out.
        for entry in held {
          group.addTask {
            while !Task.isCancelled {
              do { try await Task.sleep(for: .seconds(pause)) } catch { return }
              await entry.worker.renewLock()
            }
          }
        }
      }
    }
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

  /// Whether anything is left to do on other nodes, for a run whose nodes do not stand and fall together.
  private func goesOn(without frozen: [NodeID: String]) -> Bool {
    onFailure == .continue
      && approved.plan.changes.contains {
        $0.action.isExecuted && frozen[$0.address.node] == nil
      }
  }

  private func release(_ held: [Held]) async {
    for entry in held { await entry.worker.finish(summary: "") }
  }

  /// Every node keeps the plan, from before its first change on, so that the run can be resumed from
  /// anywhere.
  private func keepPlan(_ held: [Held]) async {
    // Once: a copy for each node would be as many whole plans in memory as there are nodes.
    let document = approved.bytes
    for entry in held {
      let worker = entry.worker
      await worker.session.keep(plan: document, of: worker.transaction) { why in
        // The apply itself will say what is wrong there, if anything is.
        Terminal.note(
          "warning: node.\(worker.node): this run cannot be resumed: \(displayable(why))\n"
        )
      }
    }
  }

  // MARK: Preconditions

  private static func look(_ held: Held) -> ProbeRequest {
    ProbeRequest.covering(
      held.link.resources.resources,
      manifest: held.link.observation.node?.manifest.known
    )
  }

  private func lookAgain(_ held: [Held]) async -> [NodeID: NodeObservation] {
    await withTaskGroup(of: (NodeID, NodeObservation).self) { group in
      for entry in held {
        group.addTask {
          (entry.link.resources.node.id, await entry.worker.observe(Self.look(entry)))
        }
      }
      var looks: [NodeID: NodeObservation] = [:]
      for await (node, observation) in group { looks[node] = observation }
      return looks
    }
  }

  private func inputs(seen looks: [NodeID: NodeObservation]) -> [NodeInput] {
    links.map { link in
      var input = planning.input(link)
      input.observation = looks[input.id] ?? input.observation
      return input
    }
  }

  private func refuseMoved(_ held: [Held], _ inputs: [NodeInput]) async throws {
    let fresh: Plan
    do {
      fresh = try Planner.plan(
        PlanInput(fleet: approved.plan.fleet, nodes: inputs, options: approved.plan.options)
      )
    } catch {
      await release(held)
      throw error
    }
    do {
      try Moved.refuseSwapped(approved.plan, fresh)
    } catch {
      await release(held)
      throw error
    }
    let moved = Moved.nodes(approved.plan, fresh)
    guard !moved.isEmpty else { return }
    Terminal.note("error: a node moved since the plan; nothing was changed. Plan again.\n")
    for line in moved { Terminal.note("  \(displayable(line))\n") }
    await release(held)
    throw EarlyEnd(status: .conflict, reason: moved.joined(separator: "; "))
  }

  private func task(_ held: Held, _ inputs: [NodeInput]) -> NodeTask? {
    let id = held.link.resources.node.id
    guard let input = inputs.first(where: { $0.id == id }), let observed = input.observation.node
    else { return nil }
    return NodeTask(
      input,
      schedule: approved.plan.schedule(for: id),
      observed: observed,
      worker: held.worker
    )
  }

  // MARK: The end

  private func history(_ run: String, _ result: NodeResult, _ verdict: ApplyVerdict) -> String {
    let counts = EndingCounts(verdict.endings.filter { $0.node == result.node })
    let members: [(String, JSONValue)] = [
      ("at", .string(PlanMeta.now()["created_at"] ?? "")), ("run", .string(run)),
      ("by", .string("\(PlanMeta.user)@\(PlanMeta.host)")), ("digest", .string(approved.digest)),
      ("result", .string(result.outcome.rawValue)), ("changed", .int(counts.done)),
      ("failed", .int(counts.failed)), ("skipped", .int(counts.skipped)),
      ("rolled_back", .int(counts.rolledBack)),
    ]
    return JSONValue.object(members).rendered(pretty: false)
  }
}
