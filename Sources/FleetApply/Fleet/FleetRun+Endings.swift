import FleetModel
import FleetPlan
import FleetResources

/// How a run ends on a node: taken back, confirmed, read back.
extension FleetRun {
  /// Brings the nodes `members` to their end before others begin: they have nothing to come.
  func settle(_ nodes: [NodeProgress], _ members: Set<NodeID>) async -> [NodeProgress] {
    var nodes = await steady(nodes, only: members)
    nodes = await record(nodes, only: members)
    nodes = await restoreFailed(nodes)
    return await confirm(nodes, only: members)
  }

  /// Writes the manifests while the way back is armed, so that what is owned comes and goes with the run.
  ///
  /// Written after the confirmation, a client that dies in between would leave units that nobody owns.
  func record(_ nodes: [NodeProgress], only members: Set<NodeID>? = nil) async -> [NodeProgress] {
    @Sendable func isDue(_ progress: NodeProgress) -> Bool {
      progress.isRecordable && members?.contains(progress.task.node) ?? true
    }
    let due = Set(nodes.filter(isDue).map(\.task.node))
    guard !due.isEmpty else { return nodes }
    let nodes = await lookAgain(nodes, only: due)
    let knowledge = knowledge(nodes)
    return await concurrently(nodes) { progress in
      guard isDue(progress) else { return progress }
      var progress = progress
      let manifest = progress.manifest(of: fleet, context(progress, knowledge))
      progress.isRecorded = true
      guard manifest != progress.observed.manifest.known else { return progress }
      return await write(manifest, progress)
    }
  }

  /// What was healthy must stay so for its soak: up, and not started anew by systemd.
  func steady(_ nodes: [NodeProgress], only members: Set<NodeID>? = nil) async -> [NodeProgress] {
    @Sendable func isWatched(_ progress: NodeProgress) -> Bool {
      progress.halted == nil && progress.isUnconfirmed && !progress.soaking.isEmpty
        && members?.contains(progress.task.node) ?? true
    }
    let watched = nodes.count(where: isWatched)
    guard watched > 0 else { return nodes }
    return await told("soak", watched, nodes) { nodes in
      await concurrently(nodes) { isWatched($0) ? await soak($0) : $0 }
    }
  }

  /// Watches the units of one node until the last of them has soaked.
  private func soak(_ progress: NodeProgress) async -> NodeProgress {
    guard let end = progress.soaking.values.map(\.end).max() else { return progress }
    let soaking = progress.soaking.sorted { $0.key < $1.key }
    func check(_ soak: Soak) -> ApplyEvent.Check {
      .init(node: progress.task.node, address: soak.address.description, name: "soak")
    }
    for (_, soak) in soaking { notify(.checking(check(soak))) }
    let began = clock.now()
    try? await clock.sleep(max(.zero, end - clock.now()))
    guard var progress = await lookAgain([progress], always: true).first else { return progress }
    for (unit, soak) in soaking where progress.halted == nil {
      // One that cannot be seen neither passed nor failed.
      guard let seen = progress.observed.units[unit]?.known else { continue }
      let why = soak.wrong(unit, seen)
      let elapsed = Int((clock.now() - began) / .milliseconds(1))
      notify(.checked(check(soak), milliseconds: elapsed, error: why))
      guard let why else { continue }
      report(progress.fail(soak.address.description, why), progress)
      progress.halted = "\(soak.address) is not healthy"
    }
    return progress
  }

  /// A node that failed after its files were written goes back to what it was.
  func restoreFailed(_ nodes: [NodeProgress]) async -> [NodeProgress] {
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
      return await takeBack(progress)
    }
  }

  private func takeBack(_ before: NodeProgress) async -> NodeProgress {
    var progress = before
    progress.wentBack = true
    let node = progress.task.node
    notify(.takingBack(node: node, why: progress.result.failed.last?.why ?? "interrupted"))
    let began = clock.now()
    let error: String?
    switch await progress.task.worker.rollBack() {
    case .results(let results) where results.allSatisfy { $0.status == .done }:
      progress.result.outcome = .rolledBack
      error = nil
    case .rejected(let results) where !progress.isConfirmed:
      // It did not begin: the node is armed and goes back by itself, and is asked what came of it.
      let why = "rolling back: \(Self.words(of: results))"
      progress.loseSight(why)
      error = why
    case .results(let results), .rejected(let results):
      let why = "rolling back failed in part:\n\(Self.words(of: results))"
      report(progress.fail("node.\(node)", why), progress)
      error = why
    case .refused(let cause), .unknown(let cause), .moved(let cause), .notAllowed(let cause):
      let why = "rolling back: \(cause)"
      progress.loseSight(why)
      error = why
    }
    let elapsed = Int((clock.now() - began) / .milliseconds(1))
    notify(.tookBack(node: node, byItself: false, milliseconds: elapsed, error: error))
    return progress
  }

  private static func words(of results: [OperationResult]) -> String {
    results.map { String(decoding: $0.output, as: UTF8.self) }.filter { !$0.isEmpty }
      .joined(separator: "\n")
  }

  /// What was activated stays only when a new login still gets in; what was lost takes itself back.
  func confirm(_ nodes: [NodeProgress], only members: Set<NodeID>? = nil) async -> [NodeProgress] {
    @Sendable func isOpen(_ progress: NodeProgress) -> Bool {
      progress.isUnconfirmed && members?.contains(progress.task.node) ?? true
    }
    let open = nodes.count(where: isOpen)
    guard open > 0 else { return nodes }
    return await told("confirm", open, nodes) { nodes in
      await concurrently(nodes) { progress in
        guard isOpen(progress) else { return progress }
        var progress = progress
        let isLost = progress.result.outcome == .unknown
        let worker = progress.task.worker
        let ending = isLost ? await worker.settle() : await worker.confirm()
        report(progress.take(ending), progress)
        if case .takenBack(let isWhole, let why) = ending {
          let node = progress.task.node
          let error = isWhole ? nil : why
          notify(.tookBack(node: node, byItself: true, milliseconds: nil, error: error))
        }
        return progress
      }
    }
  }

  /// Reads the nodes back and writes their manifests from what is there.
  func conclude(_ nodes: [NodeProgress]) async -> [NodeProgress] {
    let nodes = await lookAgain(nodes, always: true, evenHalted: true)
    let knowledge = knowledge(nodes)
    return await concurrently(nodes) { progress in
      guard progress.result.outcome != .unknown, !progress.tookItselfBack else { return progress }
      guard !progress.isRecorded || progress.wentBack else { return progress }
      let manifest = progress.manifest(of: fleet, context(progress, knowledge))
      guard manifest != progress.observed.manifest.known else { return progress }
      // A node that nothing was done on gets no record that says so.
      if progress.observed.manifest.known == nil, manifest.owned.isEmpty { return progress }
      return await write(manifest, progress)
    }
  }

  private func write(_ manifest: Manifest, _ before: NodeProgress) async -> NodeProgress {
    var progress = before
    let cause: String
    switch await progress.task.worker.write(manifest) {
    case .results:
      progress.observed.manifest = .value(manifest)
      return progress
    case .rejected(let results): cause = Self.words(of: results)
    case .refused(let why), .unknown(let why), .moved(let why), .notAllowed(let why): cause = why
    }
    report(
      progress.fail("node.\(progress.task.node)", "the manifest was not written: \(cause)"),
      progress
    )
    return progress
  }
}

extension Soak {
  /// What is wrong with a unit that was healthy; nil when nothing is.
  func wrong(_ unit: String, _ seen: ObservedUnit) -> String? {
    guard seen.isUp else {
      let result = seen.result.isEmpty || seen.result == "success" ? "" : " (\(seen.result))"
      return "`\(unit)` was healthy and is \(seen.activeState)\(result) now"
    }
    // A restart that was asked for counts from 0 again.
    guard seen.restarts > restarts else { return nil }
    let times = seen.restarts - restarts
    return "`\(unit)` was healthy and crashed \(times == 1 ? "" : "\(times) times ")since; "
      + "systemd started it again"
  }
}
