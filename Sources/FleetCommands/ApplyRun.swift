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
  static let leaseSeconds = 120
  /// So old may the looks be that came with the locks.
  private static let freshness = Duration.milliseconds(500)

  /// What came of it.
  struct Outcome {
    let verdict: ApplyVerdict
    let text: String
  }

  /// A node with its lock.
  struct Held: Sendable {
    let link: FleetConnections.Link
    let worker: SSHNodeWorker
  }

  func perform() async throws -> Outcome {
    stream.enter(.locking)
    let progress = ApplyProgress(stream)
    let began = ContinuousClock.now
    let keeper = LeaseKeeper(
      every: min(Self.leaseSeconds / 4, max(1, confirmTimeout.seconds / 4))
    )
    defer { keeper.stop() }
    let (locked, seen, unlocked) = try await lockAll(progress, keeper)
    await Failpoint.reach(.locked)
    // Somebody waited for a lock: what was seen before that says little now.
    let isOld = ContinuousClock.now - began > Self.freshness
    let looks = await lookAgain(locked.filter { isOld || seen[$0.worker.node] == nil })
    let inputs = inputs(seen: seen.mapValues { .observed($0) }.merging(looks) { $1 })
    let (held, left) = try await settle(locked, unlocked, inputs, keeper)
    let tasks = held.compactMap { task($0, inputs) }
    await prepare(held, tasks)
    await Failpoint.reach(.checked)
    let names = Set(tasks.map(\.node))
    let bystanders = inputs.filter { !names.contains($0.id) }
    stream.enter(.underWay)
    let outcome = await FleetRun(
      tasks,
      bystanders: bystanders,
      fleet: planning.resolved.fleet.name,
      options: approved.plan.options,
      sources: OperatorFiles(),
      onFailure: onFailure,
      rollouts: left.rollouts(of: approved.plan),
      relays: relays(beside: names, progress),
      parallelism: parallelism,
      isInterrupted: { Interrupt.isRequested },
      notify: { progress.tell($0) }
    ).perform()
    await Failpoint.reach(.concluded)
    keeper.stop()
    let verdict = ApplyVerdict.judge(
      approved.plan,
      outcome.results + left.results(of: approved.plan),
      seen: outcome.inputs + bystanders,
      isDetailed: isDetailed,
      interrupt: Interrupt.isRequested ? Interrupt.status : nil
    ) { Terminal.note($0) }
    stream.tell(verdict.endings)
    await finish(held, outcome.results, verdict)
    await Failpoint.reach(.finished)
    let report = ApplyReport(plan: approved.plan, verdict: verdict, run: stream.run)
    return Outcome(verdict: verdict, text: report.text)
  }

  /// Every node keeps the plan, from before its first change on, so that the run can be resumed from
  /// anywhere; and is told what its first batch has to find.
  private func prepare(_ held: [Held], _ tasks: [NodeTask]) async {
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
      guard let task = tasks.first(where: { $0.node == worker.node }) else { continue }
      await worker.session.expect(Preconditions(task, plan: approved.plan))
    }
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

  /// Writes the histories, gives the locks back and closes all connections, side by side: a node that hangs
  /// keeps nobody else's.
  private func finish(_ held: [Held], _ results: [NodeResult], _ verdict: ApplyVerdict) async {
    let run = stream.run
    await sideBySide(held) { entry in
      let result = results.first { $0.node == entry.worker.node }
      // Where nothing was begun there is nothing to remember.
      let isBegun = result.map { $0.outcome != .moved && $0.outcome != .unreachable } ?? false
      return await entry.worker.conclude(
        summary: isBegun ? result.map { history(run, $0, verdict) } ?? "" : ""
      )
    }
    let names = Set(held.map(\.worker.node))
    await withTaskGroup(of: Void.self) { group in
      for link in links where !names.contains(link.resources.node.id) {
        group.addTask { await link.connection?.close() }
      }
    }
  }

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
