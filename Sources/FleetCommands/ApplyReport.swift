import FleetApply
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetView

/// What people read at the end of an apply: the table, then each failure with its last lines.
struct ApplyReport {
  let plan: Plan
  let verdict: ApplyVerdict
  let run: String
  /// `Apply` or `Rollback`.
  var noun = "Apply"

  /// The text.
  var text: String {
    let endings = Dictionary(grouping: verdict.endings, by: \.node)
    var rows = verdict.results.map { row($0, EndingCounts(endings[$0.node] ?? [])) }
    let told = Set(verdict.results.map(\.node))
    for node in plan.nodes where !node.isReachable && !told.contains(node.id) {
      let detail = "\(node.failedStep ?? ""): \(node.cause ?? "")"
      rows.append(Self.blank(node.id, "unreachable", detail))
    }
    var text = "\n" + ApplyTable(rows.sorted { $0.node < $1.node }).rendered()
    for result in verdict.results {
      for failure in result.failed { text += Self.detail("failed", failure.address, failure.why) }
    }
    for ending in verdict.endings.filter({ $0.kind == .skipped }).prefix(20) {
      text += Self.detail("skipped", ending.address, ending.why)
    }
    text += refused + stays
    let counts = verdict.counts
    text += verdict.isComplete ? "\n\(noun) complete: " : "\n\(noun) incomplete: "
    text += "\(counts.done) changed, \(counts.failed) failed, \(counts.skipped) skipped"
    if counts.rolledBack > 0 { text += ", \(counts.rolledBack) taken back" }
    if counts.unknown > 0 { text += ", \(counts.unknown) unknown" }
    return text + " (run \(run)).\n"
  }

  private func row(_ result: NodeResult, _ counts: EndingCounts) -> ApplyTable.Row {
    let detail = result.failed.first.map { failure in
      "\(failure.address): \(failure.why.split(separator: "\n").last.map(String.init) ?? "")"
    }
    if result.outcome == .unreachable {
      return Self.blank(result.node, result.outcome.rawValue, detail ?? "")
    }
    return ApplyTable.Row(
      node: result.node.name,
      result: result.outcome.rawValue,
      changed: result.outcome == .unknown ? nil : counts.done,
      failed: counts.failed + nodeFailures(result),
      skipped: counts.skipped,
      rolledBack: result.outcome == .unknown ? nil : counts.rolledBack,
      milliseconds: result.milliseconds,
      detail: detail ?? ""
    )
  }

  /// Failures of the node as a whole: its lock, its records, its way back.
  private func nodeFailures(_ result: NodeResult) -> Int {
    Set(result.failed.map(\.address)).count { $0 == "node.\(result.node)" }
  }

  /// Nodes that the rehearsal refused.
  private var refused: String {
    let names = verdict.results.filter { $0.outcome == .refused }.map(\.node.name)
    guard !names.isEmpty else { return "" }
    return "\nrefused by the rehearsal, before anything live was touched: "
      + displayable(names.joined(separator: ", ")) + "\n"
  }

  /// What a node keeps of a run that went back.
  private var stays: String {
    let wentBack = Set(verdict.results.filter { $0.outcome == .rolledBack }.map(\.node))
    let kept = verdict.endings.filter { $0.kind == .done && wentBack.contains($0.node) }
    guard !kept.isEmpty else { return "" }
    let names = kept.prefix(20).map { "  \(displayable($0.address))\n" }.joined()
    let more = kept.count > 20 ? "  and \(kept.count - 20) more\n" : ""
    return "\nstays on nodes that went back (it was only added, nothing uses it)\n" + names + more
  }

  private static func blank(_ node: NodeID, _ result: String, _ detail: String) -> ApplyTable.Row {
    ApplyTable.Row(
      node: node.name,
      result: result,
      changed: nil,
      failed: nil,
      skipped: nil,
      milliseconds: nil,
      detail: detail
    )
  }

  private static func detail(_ word: String, _ address: String, _ why: String) -> String {
    let lines = why.split(separator: "\n").suffix(20)
    return "\n\(word) \(displayable(address))\n"
      + lines.map { "  \(displayable(String($0)))\n" }.joined()
  }
}
