import FleetModel
import FleetPlan
import FleetResources

/// How a run ends on a node: taken back, confirmed, read back.
extension FleetRun {
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
      progress.wentBack = true
      switch await progress.task.worker.rollBack() {
      case .results(let results) where results.allSatisfy { $0.status == .done }:
        progress.result.outcome = .rolledBack
      case .results(let results):
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

  /// What was activated stays only when a new login still gets in; what was lost takes itself back.
  func confirm(_ nodes: [NodeProgress]) async -> [NodeProgress] {
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
  func conclude(_ nodes: [NodeProgress]) async -> [NodeProgress] {
    let nodes = await lookAgain(nodes, evenHalted: true)
    let knowledge = knowledge(nodes)
    return await concurrently(nodes) { progress in
      var progress = progress
      guard progress.result.outcome != .unknown, !progress.tookItselfBack else { return progress }
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
}
