package import FleetApply
import FleetDiagnostics
import FleetModel
package import FleetPlan
import FleetResources

extension ApplyVerdict {
  /// Judges a run by what the nodes looked like last, never by what its steps said alone.
  ///
  /// - Parameters:
  ///   - plan: What was approved.
  ///   - results: One a node that the run was to touch.
  ///   - seen: All nodes of the fleet as they were seen last.
  ///   - isDetailed: Whether `-detailed-exitcode` was given.
  ///   - interrupt: 130 or 143 after an interrupt.
  ///   - note: Tells people why nothing could be read back.
  /// - Returns: Results, endings and exit status.
  package static func judge(
    _ plan: Plan,
    _ results: [NodeResult],
    seen: [NodeInput],
    isDetailed: Bool,
    interrupt: ExitStatus? = nil,
    note: (String) -> Void
  ) -> ApplyVerdict {
    let open = stillOpen(plan, seen, note)
    let endings = results.flatMap { result in
      AddressEnding.all(
        of: plan.changes(of: result.node),
        result,
        stillOpen: open.map { $0[result.node] ?? [] }
      )
    }
    let settled = results.map { result in
      var result = result
      let own = endings.filter { $0.node == result.node }
      // Nothing may pass for done that was not read back.
      if open == nil, result.outcome == .changed { result.outcome = .unknown }
      for ending in own where ending.kind == .failed {
        guard !result.failed.contains(where: { $0.address == ending.address }) else { continue }
        result.failed.append(NodeResult.Shortfall(address: ending.address, why: ending.why))
        if result.outcome == .changed { result.outcome = .failed }
      }
      return result
    }
    return ApplyVerdict(plan, settled, endings, isDetailed: isDetailed, interrupt: interrupt)
  }

  /// What a plan over the last look would still execute, by node; nil when there is no such plan.
  private static func stillOpen(
    _ plan: Plan,
    _ seen: [NodeInput],
    _ note: (String) -> Void
  ) -> [NodeID: Set<String>]? {
    do {
      let after = try Planner.plan(
        PlanInput(fleet: plan.fleet, nodes: seen, options: plan.options)
      )
      let open = after.changes.filter {
        $0.action != .noOp && $0.label != .restartDebt || $0.action.isExecuted
      }
      return Dictionary(grouping: open, by: \.address.node)
        .mapValues { Set($0.map(\.address.description)) }
    } catch {
      let why = error.diagnostics.sorted().map(\.detail).joined(separator: " ")
      note("error: the nodes cannot be read back: \(displayable(why))\n")
      return nil
    }
  }
}
