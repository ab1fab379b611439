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
  /// Takes the events.
  let stream: RunStream
  /// Whether `-detailed-exitcode` was given.
  let isDetailed: Bool
  /// A dead client's lock is free after so long.
  private static let leaseSeconds = 120

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
    let held = try await lockAll(run, progress)
    await Failpoint.reach(.locked)
    for entry in held {
      let node = entry.worker.node.name
      stream.tell("lock_acquired", "node.\(node): locked", [("node", .string(node))])
    }
    let inputs = await lookAgain(held)
    try await refuseMoved(held, inputs)
    await keepPlan(held)
    await Failpoint.reach(.checked)
    let tasks = held.compactMap { task($0, inputs) }
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
      isInterrupted: { Interrupt.isRequested },
      notify: { progress.tell($0) }
    ).perform()
    await Failpoint.reach(.concluded)
    keeper.cancel()
    let results = outcome.results + unreached(names, inputs)
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
      await entry.worker.finish(summary: result.map { history(run, $0, verdict) } ?? "")
    }
    for link in links where !names.contains(link.resources.node.id) {
      await link.connection?.close()
    }
    await Failpoint.reach(.finished)
    let report = ApplyReport(plan: approved.plan, verdict: verdict, run: run)
    return Outcome(verdict: verdict, text: report.text)
  }

  /// Nodes with approved changes that nobody got at: not one of them may pass for done.
  private func unreached(_ reached: Set<NodeID>, _ inputs: [NodeInput]) -> [NodeResult] {
    approved.plan.nodes.compactMap { node in
      guard node.isReachable, !reached.contains(node.id),
        approved.plan.changes(of: node.id).contains(where: \.action.isExecuted)
      else { return nil }
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

  private func lockAll(_ run: String, _ progress: ApplyProgress) async throws -> [Held] {
    let touched = touched
    var held: [Held] = []
    for link in links where touched.contains(link.resources.node.id) {
      guard let worker = worker(link, progress) else { continue }
      held.append(Held(link: link, worker: worker))
    }
    let holder = "\(PlanMeta.user)@\(PlanMeta.host), process \(ProcessID.own)"
    let digest = approved.digest
    let wait = lockWait.seconds
    let failures = await withTaskGroup(of: (String, ApplyError)?.self) { group in
      for entry in held {
        group.addTask {
          do throws(ApplyError) {
            try await entry.worker.session.acquireLock(
              holder: holder,
              planDigest: digest,
              leaseSeconds: Self.leaseSeconds,
              token: Nonce.make(),
              waitSeconds: wait
            )
            return nil
          } catch {
            return (entry.link.resources.node.id.name, error)
          }
        }
      }
      var failures: [(String, ApplyError)] = []
      for await failure in group { if let failure { failures.append(failure) } }
      return failures.sorted { $0.0 < $1.0 }
    }
    // A lock that is held says more than a node that does not answer.
    let busy = failures.first { if case .lockHeld = $0.1.code { true } else { false } }
    guard let first = busy ?? failures.first else { return held }
    for (node, error) in failures {
      Terminal.note("error: node.\(node): \(displayable(error.message))\n")
    }
    await release(
      held.filter { entry in !failures.contains { $0.0 == entry.link.resources.node.id.name } }
    )
    if failures.contains(where: { if case .frozen = $0.1.code { true } else { false } }) {
      Terminal.note(
        "Nothing was changed. See what happened there, then let it take changes again:\n  "
          + "fleetctl lock thaw NODE\n"
      )
      throw EarlyEnd(status: .nodeFrozen, reason: "node.\(first.0): \(first.1.message)")
    }
    if case .lockHeld = first.1.code {
      Terminal.note("Nothing was changed. Wait with -lock-timeout 5m, or let the other run end.\n")
      throw EarlyEnd(status: .lockHeld, reason: "node.\(first.0): \(first.1.message)")
    }
    let isForeign = failures.contains { node, error in
      guard case .transport(let cause) = error.code,
        let link = links.first(where: { $0.resources.node.id.name == node })
      else { return false }
      return cause.isForeign(link.target)
    }
    throw EarlyEnd(
      status: isForeign ? .identityRefused : .failure,
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

  private func release(_ held: [Held]) async {
    for entry in held { await entry.worker.finish(summary: "") }
  }

  /// Every node keeps the plan, so that the run can be resumed from anywhere.
  private func keepPlan(_ held: [Held]) async {
    let bytes = approved.bytes
    await withTaskGroup(of: Void.self) { group in
      for entry in held {
        group.addTask {
          do throws(ApplyError) {
            try await entry.worker.session.keep(plan: bytes, of: entry.worker.transaction)
          } catch {
            // The apply itself will say what is wrong there, if anything is.
            Terminal.note(
              "warning: node.\(entry.worker.node): this run cannot be resumed: \(displayable(error.message))\n"
            )
          }
        }
      }
    }
  }

  // MARK: Preconditions

  private func lookAgain(_ held: [Held]) async -> [NodeInput] {
    let looks = await withTaskGroup(of: (NodeID, NodeObservation).self) { group in
      for entry in held {
        group.addTask {
          let request = ProbeRequest.covering(
            entry.link.resources.resources,
            manifest: entry.link.observation.node?.manifest.known
          )
          return (entry.link.resources.node.id, await entry.worker.observe(request))
        }
      }
      var looks: [NodeID: NodeObservation] = [:]
      for await (node, observation) in group { looks[node] = observation }
      return looks
    }
    return links.map { link in
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
