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
  /// A dead client's lock is free after so long.
  private static let leaseSeconds = 120

  /// What came of it.
  struct Outcome {
    let results: [NodeResult]
    let text: String
  }

  /// A node with its lock.
  private struct Held {
    let link: FleetConnections.Link
    let worker: SSHNodeWorker
  }

  func perform() async throws -> Outcome {
    Interrupt.watch()
    let run = String(Nonce.make().prefix(12))
    let held = try await lockAll(run)
    let inputs = await lookAgain(held)
    try await refuseMoved(held, inputs)
    let tasks = held.compactMap { task($0, inputs) }
    let names = Set(tasks.map(\.node))
    let bystanders = links.map(Planning.input).filter { !names.contains($0.id) }
    let progress = ApplyProgress()
    let keeper = keepLocks(held)
    defer { keeper.cancel() }
    let outcome = await FleetRun(
      tasks,
      bystanders: bystanders,
      fleet: planning.resolved.fleet.name,
      options: approved.plan.options,
      sources: OperatorFiles(),
      isInterrupted: { Interrupt.isRequested },
      notify: { progress.tell($0) }
    ).perform()
    keeper.cancel()
    let results = readBack(outcome, bystanders)
    for (entry, result) in zip(held, results) {
      await entry.worker.finish(summary: history(run, result))
    }
    for link in links where !names.contains(link.resources.node.id) {
      await link.connection?.close()
    }
    return Outcome(results: results, text: report(results, run))
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

  private func lockAll(_ run: String) async throws -> [Held] {
    let touched = touched
    var held: [Held] = []
    for link in links where touched.contains(link.resources.node.id) {
      guard let connection = link.connection else { continue }
      let target = link.target
      let connections = planning.connections
      let session = NodeSession(over: connection, random: { Nonce.make() }) {
        () async throws(TransportError) in
        try await connections.connect(to: target)
      }
      let worker = SSHNodeWorker(
        session: session,
        node: link.resources.node.id,
        transaction: run,
        window: confirmTimeout.seconds
      )
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
    guard let first = failures.first else { return held }
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
      throw ExitStatus.nodeFrozen.error
    }
    if case .lockHeld = first.1.code {
      Terminal.note("Nothing was changed. Wait with -lock-timeout 5m, or let the other run end.\n")
      throw ExitStatus.lockHeld.error
    }
    throw ExitStatus.failure.error
  }

  /// Renews the leases while the run lasts: a node that waits for another's six-minute start, or for its
  /// own health, runs no batch that would.
  private func keepLocks(_ held: [Held]) -> Task<Void, Never> {
    Task {
      while !Task.isCancelled {
        let pause = min(Self.leaseSeconds / 4, max(1, confirmTimeout.seconds / 4))
        do { try await Task.sleep(for: .seconds(pause)) } catch { return }
        await withTaskGroup(of: Void.self) { group in
          for entry in held { group.addTask { await entry.worker.renewLock() } }
        }
      }
    }
  }

  private func release(_ held: [Held]) async {
    for entry in held { await entry.worker.finish(summary: "nothing was changed") }
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
      var input = Planning.input(link)
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
    let moved = Moved.nodes(approved.plan, fresh)
    guard !moved.isEmpty else { return }
    Terminal.note("error: a node moved since the plan; nothing was changed. Plan again.\n")
    for line in moved { Terminal.note("  \(displayable(line))\n") }
    await release(held)
    throw ExitStatus.conflict.error
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

  /// What the nodes say after it: an address that should be done and still differs has failed.
  private func readBack(_ outcome: FleetOutcome, _ bystanders: [NodeInput]) -> [NodeResult] {
    let input = PlanInput(
      fleet: approved.plan.fleet,
      nodes: outcome.inputs + bystanders,
      options: approved.plan.options
    )
    let after: Plan
    do {
      after = try Planner.plan(input)
    } catch {
      // Nothing may pass for done that was not read back.
      return outcome.results.map { result in
        var result = result
        result.outcome = .unknown
        let why = error.diagnostics.sorted().map(\.detail).joined(separator: " ")
        result.failed.append(
          NodeResult.Shortfall(address: "node.\(result.node)", why: "not read back: \(why)")
        )
        return result
      }
    }
    return outcome.results.map { result in
      guard result.outcome == .changed else { return result }
      var result = result
      let skipped = Set(result.skipped.map(\.address))
      let wanted = Set(
        approved.plan.changes(of: result.node).filter(\.action.isExecuted).map(\.address)
      )
      for change in after.changes(of: result.node)
      where change.action.isExecuted && wanted.contains(change.address)
        && !skipped.contains(change.address.description)
      {
        let reason = change.reasons.map(\.text).joined(separator: "; ")
        result.failed.append(
          NodeResult.Shortfall(
            address: change.address.description,
            why: "still to \(change.action.rawValue) after the apply: \(reason)"
          )
        )
        result.outcome = .failed
      }
      return result
    }
  }

  private func history(_ run: String, _ result: NodeResult) -> String {
    let members: [(String, JSONValue)] = [
      ("at", .string(PlanMeta.now()["created_at"] ?? "")), ("run", .string(run)),
      ("by", .string("\(PlanMeta.user)@\(PlanMeta.host)")), ("digest", .string(approved.digest)),
      ("result", .string(result.outcome.rawValue)), ("changed", .int(result.changed.count)),
      ("failed", .int(result.failed.count)),
    ]
    return JSONValue.object(members).rendered(pretty: false)
  }

  private func report(_ results: [NodeResult], _ run: String) -> String {
    var rows = results.map { result in
      ApplyTable.Row(
        node: result.node.name,
        result: result.outcome.rawValue,
        changed: result.changed.count,
        failed: result.failed.count,
        skipped: result.skipped.count,
        milliseconds: result.milliseconds,
        detail: result.failed.first.map { "\($0.address): \(Self.firstLine($0.why))" } ?? ""
      )
    }
    for node in approved.plan.nodes where !node.isReachable {
      rows.append(
        ApplyTable.Row(
          node: node.id.name,
          result: "unreachable",
          changed: nil,
          failed: nil,
          skipped: nil,
          milliseconds: nil,
          detail: "\(node.failedStep ?? ""): \(node.cause ?? "")"
        )
      )
    }
    var text = "\n" + ApplyTable(rows.sorted { $0.node < $1.node }).rendered()
    for result in results {
      for failure in result.failed { text += Self.detail("failed", failure) }
      for skip in result.skipped.prefix(20) { text += Self.detail("skipped", skip) }
    }
    let changed = results.reduce(0) { $0 + $1.changed.count }
    let failed = results.reduce(0) { $0 + $1.failed.count }
    let skipped = results.reduce(0) { $0 + $1.skipped.count }
    let complete =
      failed == 0 && skipped == 0
      && results.allSatisfy { $0.outcome == .changed || $0.outcome == .unchanged }
    text += complete ? "\nApply complete: " : "\nApply incomplete: "
    text += "\(changed) changed, \(failed) failed, \(skipped) skipped (run \(run)).\n"
    return text
  }

  private static func firstLine(_ text: String) -> String {
    String(text.split(separator: "\n").last ?? "")
  }

  private static func detail(_ word: String, _ shortfall: NodeResult.Shortfall) -> String {
    let lines = shortfall.why.split(separator: "\n").suffix(20)
    return "\n\(word) \(displayable(shortfall.address))\n"
      + lines.map { "  \(displayable(String($0)))\n" }.joined()
  }
}
