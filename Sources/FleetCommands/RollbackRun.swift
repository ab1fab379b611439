import FleetApply
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources
import FleetTransport

/// Takes an earlier run back on the nodes that it changed.
struct RollbackRun {
  let fleet: LockedFleet
  /// The nodes of that run.
  let nodes: [FleetNode]
  /// That run.
  let run: String
  let limits: Limits
  let stream: RunStream
  let connections: FleetConnections
  /// A dead client's lock is free after so long.
  static let leaseSeconds = 120

  /// What bounds it.
  struct Limits {
    /// Seconds after which a node is as it was when nobody confirms.
    let window: Int
    /// Seconds to wait for a node that somebody else has locked.
    let lockWait: Int
    /// How many nodes are changed at once; nil for all.
    let parallelism: Int?
  }

  var window: Int { limits.window }

  init(fleet: LockedFleet, nodes: [FleetNode], run: String, limits: Limits, stream: RunStream) {
    self.fleet = fleet
    self.nodes = nodes
    self.run = run
    self.limits = limits
    var connections = FleetConnections()
    connections.stream = stream
    self.connections = connections
    self.stream = stream
  }

  // MARK: Before

  /// What it would do, by node.
  func review() async throws -> [NodeID: RunReview] {
    let named = LockedFleet(fleet, only: nodes)
    let run = run
    let answers = try await named.each { (session) async throws(ApplyError) in
      try await session.review(run)
    }
    var reviews: [NodeID: RunReview] = [:]
    for (node, (name, answer)) in zip(nodes, answers) {
      switch answer {
      case .success(let review): reviews[node.id] = review
      case .failure(let error):
        Terminal.note("error: node.\(name): \(displayable(error.message))\n")
        let status: ExitStatus = error.isForeign ? .identityRefused : .unreachable
        throw EarlyEnd(status: status, reason: "node.\(name): \(error.message)")
      }
    }
    try refuse(reviews)
    return reviews
  }

  /// A run that one of its nodes cannot take back is not taken back on the others.
  private func refuse(_ reviews: [NodeID: RunReview]) throws {
    var lines: [String] = []
    for node in nodes {
      switch reviews[node.id]?.standing ?? .gone {
      case .ready: continue
      case .gone: lines.append("node.\(node.id) keeps no journal of run \(run) any more")
      case .unconfirmed:
        lines.append("node.\(node.id): run \(run) left nothing there that can be taken back")
      case .unknown:
        lines.append("node.\(node.id): it is not known how run \(run) left it")
      }
    }
    guard !lines.isEmpty else { return }
    Terminal.note("error: run \(run) cannot be taken back; nothing was changed.\n")
    for line in lines { Terminal.note("  \(displayable(line))\n") }
    throw EarlyEnd(status: .refused, reason: lines.joined(separator: "; "))
  }

  func plan(_ reviews: [NodeID: RunReview]) -> (plan: Plan, moved: [String]) {
    RollbackPlan.make(
      fleet: fleet.fleet.name,
      run: run,
      nodes.compactMap { node in
        reviews[node.id].map { (node.id, node.address.value, [], $0) }
      }
    )
  }

  // MARK: The run

  /// Locks all, looks again, takes back on all side by side, confirms.
  func perform(_ plan: Plan, _ reviews: [NodeID: RunReview]) async throws -> ApplyVerdict {
    stream.enter(.locking)
    let keeper = LeaseKeeper(every: min(Self.leaseSeconds / 4, max(1, window / 4)))
    defer { keeper.stop() }
    let workers = try await lock(PlanFile(plan).digest, keeper)
    var again: [NodeID: RunReview] = [:]
    for worker in workers {
      do throws(ApplyError) {
        again[worker.node] = try await worker.session.review(run)
      } catch {
        try await giveUp(workers, .unreachable, "node.\(worker.node): \(error.message)")
      }
    }
    for node in nodes where again[node.id]?.items != reviews[node.id]?.items {
      try await giveUp(workers, .conflict, "node.\(node.id) moved since it was looked at")
    }
    guard !Interrupt.isRequested else {
      try await giveUp(workers, Interrupt.status, "interrupted; nothing was changed")
    }
    stream.enter(.underWay)
    let permits = Permits(limits.parallelism)
    stream.tell(.stage(Self.stage, nodes: workers.count))
    let began = ContinuousClock.now
    let results = await withTaskGroup(of: (Int, NodeResult, [AddressEnding]).self) { group in
      for (index, worker) in workers.enumerated() {
        let changes = plan.changes(of: worker.node)
        let review = reviews[worker.node] ?? RunReview()
        group.addTask {
          let (result, endings) = await takeBack(worker, changes, review, permits)
          return (index, result, endings)
        }
      }
      var results: [(Int, NodeResult, [AddressEnding])] = []
      for await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }
    }
    stream.tell(
      .stageEnded(
        Self.stage,
        nodes: workers.count,
        failed: results.count { !$0.1.failed.isEmpty },
        milliseconds: Int((ContinuousClock.now - began) / .milliseconds(1))
      )
    )
    return ApplyVerdict(
      plan,
      results.map(\.1),
      results.flatMap(\.2),
      isDetailed: false,
      interrupt: Interrupt.isRequested ? Interrupt.status : nil
    )
  }

  private func takeBack(
    _ worker: SSHNodeWorker,
    _ changes: [PlannedChange],
    _ review: RunReview,
    _ permits: Permits
  ) async -> (NodeResult, [AddressEnding]) {
    let clock = ContinuousClock()
    let began = clock.now
    var result = NodeResult(node: worker.node, outcome: .changed)
    var kind = AddressEnding.Kind.done
    func fail(_ why: String, _ outcome: NodeResult.Outcome, _ ending: AddressEnding.Kind) {
      result.failed.append(.init(address: "node.\(worker.node)", why: why))
      (result.outcome, kind) = (outcome, ending)
    }
    func endings(_ why: String) -> [AddressEnding] {
      changes.filter(\.action.isExecuted).map {
        AddressEnding(node: worker.node, address: "\($0.address)", kind: kind, why: why)
      }
    }
    // Only what changes the node counts; giving up and confirming never wait for others.
    let attempt = await permits.hold { turn -> Attempt in
      if turn != .atOnce, Interrupt.isRequested { return .notBegun }
      let addresses = changes.filter(\.action.isExecuted).map(\.address.description)
      stream.tell(.began(node: worker.node, stage: Self.stage, addresses: addresses))
      let start = clock.now
      let why = await self.attempt(worker, review)
      let elapsed = Int(start.duration(to: clock.now) / .milliseconds(1))
      stream.tell(
        .batch(
          node: worker.node,
          stage: Self.stage,
          operations: addresses.count,
          milliseconds: elapsed
        )
      )
      return why.map(Attempt.failed) ?? .done
    }
    if case .notBegun = attempt {
      (result.outcome, kind) = (.unchanged, .skipped)
      await worker.finish(summary: "")
      return (result, endings("interrupted"))
    }
    var why: String?
    if case .failed(let cause) = attempt { why = cause }
    if let why, await !worker.session.isArmed {
      // The node did nothing of it and said so.
      fail(why, .failed, .skipped)
    } else if let why {
      stream.tell(.takingBack(node: worker.node, why: why))
      let outcome = await worker.rollBack()
      var isUndone = false
      if case .results(let all) = outcome { isUndone = all.allSatisfy { $0.status == .done } }
      stream.tell(
        .tookBack(
          node: worker.node,
          byItself: false,
          milliseconds: nil,
          error: isUndone ? nil : "what it did could not all be undone, or nobody knows"
        )
      )
      switch outcome {
      case .results(let results) where results.allSatisfy { $0.status == .done }:
        fail(why, .rolledBack, .rolledBack)
      case .results:
        fail(why + "\nand what it did could not all be undone", .failed, .failed)
      case .rejected, .refused, .unknown, .moved, .notAllowed:
        // It did not begin, or nobody knows: the node is armed and goes back by itself.
        switch await worker.settle() {
        case .takenBack(let isWhole, let text):
          fail("\(why)\n\(text)", isWhole ? .rolledBack : .failed, isWhole ? .rolledBack : .failed)
        case .neverBegun(let text): fail("\(why)\n\(text)", .failed, .skipped)
        case .confirmed: fail(why, .unknown, .unknown)
        case .unknown(let text): fail("\(why)\n\(text)", .unknown, .unknown)
        }
      }
    } else {
      switch await worker.confirm() {
      case .confirmed: break
      case .takenBack(let isWhole, let text):
        fail(text, isWhole ? .rolledBack : .failed, isWhole ? .rolledBack : .failed)
      case .neverBegun(let text): fail(text, .failed, .skipped)
      case .unknown(let text): fail(text, .unknown, .unknown)
      }
    }
    result.milliseconds = Int(began.duration(to: clock.now) / .milliseconds(1))
    let all = endings(result.failed.first?.why ?? "")
    await worker.finish(summary: history(result, all))
    return (result, all)
  }

  /// The word of the events for all that it does.
  private static let stage = "take back"

  private enum Attempt: Sendable {
    case done
    case failed(String)
    /// Interrupted before the node had its turn.
    case notBegun
  }

  /// Takes back and looks; returns what went wrong, nil when all is as before the run.
  private func attempt(_ worker: SSHNodeWorker, _ review: RunReview) async -> String? {
    do throws(ApplyError) {
      let results = try await worker.session.takeBack(
        run,
        waitingFor: RollbackPlan.running(review),
        transaction: worker.transaction,
        window: window
      )
      if let bad = results.first(where: { $0.status == .failed }) {
        return String(decoding: bad.output, as: UTF8.self)
      }
      let now = try await worker.session.review(run)
      let open = now.items.filter { !RollbackPlan.isBack($0) }.map(\.name)
      guard open.isEmpty else {
        return "not as before the run: " + open.joined(separator: ", ")
      }
      // While the way back is armed, so that what is owned comes and goes with the run.
      return await record(worker, review)
    } catch {
      return error.message
    }
  }

  /// Writes the node's record; returns what went wrong.
  private func record(_ worker: SSHNodeWorker, _ review: RunReview) async -> String? {
    guard case .observed(let seen) = await worker.observe(ProbeRequest.covering([])),
      let now = seen.manifest.known
    else { return "the node's record of what fleetctl owns could not be read" }
    let manifest = RollbackPlan.manifest(before: review.manifest, now: now, review)
    guard case .results = await worker.write(manifest) else {
      return "the node's record of what fleetctl owns was not written"
    }
    return nil
  }

  private func history(_ result: NodeResult, _ endings: [AddressEnding]) -> String {
    JSONValue.object([
      ("at", .string(PlanMeta.now()["created_at"] ?? "")), ("run", .string(stream.run)),
      ("by", .string("\(PlanMeta.user)@\(PlanMeta.host)")), ("takes_back", .string(run)),
      ("result", .string(result.outcome.rawValue)),
      ("changed", .int(EndingCounts(endings).done)), ("failed", .int(result.failed.count)),
    ]).rendered(pretty: false)
  }
}
