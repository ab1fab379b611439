package import FleetApply
import FleetDiagnostics
import FleetModel
package import FleetPlan
import FleetResources

/// What a whole apply came to: counts, one exit status, one sentence.
package struct ApplyVerdict {
  /// Results by node, in the order of the run.
  package let results: [NodeResult]
  /// One for each executed address of the plan.
  package let endings: [AddressEnding]
  /// Whether the plan holds something that is held back, and something that is executed.
  let isBlocked: Bool, hasChanges: Bool
  /// Whether some node of the plan did not answer.
  let isPartlyUnreachable: Bool
  /// Whether `-detailed-exitcode` was given.
  let isDetailed: Bool
  /// 130 or 143 after an interrupt.
  let interrupt: ExitStatus?

  /// Judges a run over `plan`.
  package init(
    _ plan: Plan,
    _ results: [NodeResult],
    _ endings: [AddressEnding],
    isDetailed: Bool,
    interrupt: ExitStatus? = nil
  ) {
    self.results = results
    self.endings = endings
    // A restart that waits for its window is shown and is no failure.
    isBlocked =
      plan.changes.contains { change in
        change.action == .unknown || (change.action == .blocked && change.label != .restartDebt)
      } || plan.nodes.contains { $0.isReachable && $0.cause != nil }
    hasChanges = plan.hasChanges
    isPartlyUnreachable = plan.nodes.contains { !$0.isReachable }
    self.isDetailed = isDetailed
    self.interrupt = interrupt
  }

  /// Counts over the fleet.
  var counts: EndingCounts { EndingCounts(endings) }

  /// The exit status of DESIGN 11; where several hold the gravest.
  ///
  /// What was rolled back is not changed. What a node keeps of a run that went back (packages, users:
  /// additive, listed as such) makes no success of it.
  package var status: ExitStatus {
    let wentBack = Set(results.filter { $0.outcome == .rolledBack }.map(\.node))
    let changed = endings.contains { $0.kind == .done && !wentBack.contains($0.node) }
    var statuses: [ExitStatus] = [.success]
    if isPartlyUnreachable { statuses.append(.unreachable) }
    if isDetailed, changed { statuses.append(.changes) }
    if isBlocked { statuses.append(hasChanges ? .partial : .refused) }
    for result in results {
      switch result.outcome {
      case .changed, .unchanged: continue
      case .failed: statuses.append(changed ? .partial : .failure)
      case .refused: statuses.append(changed ? .partial : .refused)
      case .moved: statuses.append(changed ? .partial : .conflict)
      case .unreachable: statuses.append(.unreachable)
      // The node that it waits for says the rest.
      case .skipped: if changed { statuses.append(.partial) }
      case .frozen: statuses.append(.nodeFrozen)
      case .unknown: statuses.append(.outcomeUnknown)
      case .rolledBack: statuses.append(changed ? .partial : .rolledBack)
      }
    }
    for ending in endings {
      switch ending.kind {
      case .done, .rolledBack: continue
      case .unknown: statuses.append(.outcomeUnknown)
      case .failed, .skipped:
        guard results.contains(where: { $0.node == ending.node && $0.outcome.isHonest }) else {
          continue
        }
        statuses.append(changed ? .partial : .failure)
      }
    }
    let worst = ExitStatus.worst(statuses)
    let leftUndone = endings.contains { $0.kind == .skipped || $0.kind == .rolledBack }
    if let interrupt, leftUndone, worst != .outcomeUnknown { return interrupt }
    return worst
  }

  /// Whether all that was planned is done.
  var isComplete: Bool {
    let counts = counts
    return counts.failed + counts.skipped + counts.rolledBack + counts.unknown == 0
      && !isPartlyUnreachable
      && results.allSatisfy { $0.outcome == .changed || $0.outcome == .unchanged }
  }

  /// The first thing that went wrong; empty when all is done.
  var reason: String {
    if interrupt != nil, !isComplete { return "interrupted" }
    for result in results {
      if let failure = result.failed.first {
        let last = failure.why.split(separator: "\n").last.map(String.init) ?? failure.why
        return "\(failure.address): \(last)"
      }
    }
    if let ending = endings.first(where: { $0.kind != .done }) {
      return "\(ending.address): \(ending.why)"
    }
    return isPartlyUnreachable ? "some node is unreachable" : ""
  }

  /// The `summary` of `run_end`.
  var summary: [(String, JSONValue)] {
    let counts = counts
    return [
      ("changed", .int(counts.done)), ("failed", .int(counts.failed)),
      ("skipped", .int(counts.skipped)), ("rolled_back", .int(counts.rolledBack)),
      ("unknown", .int(counts.unknown)), ("nodes", .int(results.count)),
    ]
  }
}

extension NodeResult.Outcome {
  /// Whether the outcome itself says nothing of what is missing.
  fileprivate var isHonest: Bool { self == .changed || self == .unchanged }
}
