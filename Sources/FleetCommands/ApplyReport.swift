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

  /// Blocks of one kind that are shown; what is left out is counted.
  private static let mostBlocks = 20
  /// Names in one line.
  private static let mostNames = 10
  /// Cells of a detail in the table; the whole of it stands below.
  private static let detailCells = 100

  /// The text: those nodes last that are not as planned, nearest to who reads the end of it.
  var text: String {
    let endings = Dictionary(grouping: verdict.endings, by: \.node)
    var rows = verdict.results.map { result in
      let counts = EndingCounts(endings[result.node] ?? [])
      return (row: row(result, counts), isWell: Self.isWell(result, counts))
    }
    rows += lost.map { (Self.blank($0.id, "unreachable", Self.cause(of: $0)), false) }
    let ordered = rows.sorted { left, right in
      left.isWell == right.isWell ? left.row.node < right.row.node : left.isWell
    }
    var text = table(ordered.map { Self.shortened($0.row) }, well: ordered.count { $0.isWell })
    text += blocks(
      "unreachable",
      lost.map { .init(address: "node.\($0.id)", why: Self.cause(of: $0)) }
    )
    text += blocks("failed", verdict.results.flatMap(\.failed))
    text += blocks("warning", verdict.results.flatMap(\.warnings))
    let skipped = verdict.endings.filter { $0.kind == .skipped }
    text += blocks("skipped", skipped.map { .init(address: $0.address, why: $0.why) })
    text += refused + stays
    text += notAsPlanned(ordered.filter { !$0.isWell }.map(\.row), of: rows.count)
    let counts = verdict.counts
    text += verdict.isComplete ? "\n\(noun) complete: " : "\n\(noun) incomplete: "
    text += "\(counts.done) changed, \(failures) failed, \(counts.skipped) skipped"
    if counts.rolledBack > 0 { text += ", \(counts.rolledBack) taken back" }
    if counts.unknown > 0 { text += ", \(counts.unknown) unknown" }
    return text + " (run \(run)).\n"
  }

  /// The rows, of which the first so many are well; equal ones as one.
  private func table(_ rows: [ApplyTable.Row], well: Int) -> String {
    let parts = [rows.prefix(well), rows.dropFirst(well)].map {
      ApplyTable(Array($0)).folded(addresses)
    }
    let names = parts.flatMap(\.names).map { $0 + "\n" }.joined()
    return "\n" + ApplyTable(parts.flatMap(\.table.rows)).rendered()
      + (names.isEmpty ? "" : "\n" + names)
  }

  private var addresses: [String: String] {
    Dictionary(plan.nodes.map { ($0.id.name, $0.address) }) { first, _ in first }
  }

  /// Nodes that did not answer when the plan was made.
  private var lost: [PlannedNode] {
    let told = Set(verdict.results.map(\.node))
    return plan.nodes.filter { !$0.isReachable && !told.contains($0.id) }
  }

  private static func cause(of node: PlannedNode) -> String {
    "\(node.failedStep ?? ""): \(node.cause ?? "")"
  }

  /// Whether all that was planned for a node is there.
  private static func isWell(_ result: NodeResult, _ counts: EndingCounts) -> Bool {
    switch result.outcome {
    case .changed, .unchanged: counts.failed + counts.skipped + counts.unknown == 0
    case .failed, .unreachable, .refused, .frozen, .moved, .skipped, .rolledBack, .unknown: false
    }
  }

  /// One line that names them all by what became of them; nothing for a single node.
  private func notAsPlanned(_ rows: [ApplyTable.Row], of all: Int) -> String {
    guard !rows.isEmpty, all > 1 else { return "" }
    let words = Dictionary(grouping: rows) { row in
      row.result == "changed" || row.result == "unchanged" ? "not all done" : row.result
    }
    let parts = words.sorted { $0.key < $1.key }.map { word, rows in
      "\(word) \(NameRuns(rows.map(\.node)).line(most: Self.mostNames))"
    }
    let verb = rows.count == 1 ? "is" : "are"
    return "\n\(rows.count) of \(all) nodes \(verb) not as planned: "
      + parts.joined(separator: "; ") + "\n"
  }

  private static func list(_ names: [String]) -> String {
    let more = names.count > mostNames ? ", and \(names.count - mostNames) more" : ""
    return names.prefix(mostNames).map { displayable($0) }.joined(separator: ", ") + more
  }

  private static func shortened(_ row: ApplyTable.Row) -> ApplyTable.Row {
    guard row.detail.count > detailCells else { return row }
    var row = row
    row.detail = String(row.detail.prefix(detailCells)) + "…"
    return row
  }

  private func row(_ result: NodeResult, _ counts: EndingCounts) -> ApplyTable.Row {
    let blocker = result.outcome == .skipped ? result.skipped.first : nil
    let detail = (result.failed.first ?? blocker).map { failure in
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

  /// What the column of the table adds up to.
  private var failures: Int {
    let endings = Dictionary(grouping: verdict.endings, by: \.node)
    return verdict.results.filter { $0.outcome != .unreachable }
      .reduce(0) { $0 + EndingCounts(endings[$1.node] ?? []).failed + nodeFailures($1) }
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

  /// What ended so, each reason once with the addresses that it holds for; a reason that differs in the
  /// node's own name or address only is the same.
  private func blocks(_ word: String, _ shortfalls: [NodeResult.Shortfall]) -> String {
    let known = addresses
    var reasons: [(why: String, isLiteral: Bool, addresses: [String])] = []
    var places: [String: Int] = [:]
    for shortfall in shortfalls {
      let node = String(shortfall.address.dropFirst("node.".count).prefix { $0 != "/" })
      let key = OwnWords(node, known[node] ?? "")
        .masked(displayable(shortfall.why, keepingNewlines: true))
      if let place = places[key] {
        reasons[place].addresses.append(shortfall.address)
        if shortfall.why != reasons[place].why { reasons[place].isLiteral = false }
      } else {
        places[key] = reasons.count
        reasons.append((shortfall.why, true, [shortfall.address]))
      }
    }
    var text = ""
    for reason in reasons.prefix(Self.mostBlocks) {
      text += "\n\(word) \(Self.list(reason.addresses))\n"
      text += reason.why.split(separator: "\n").suffix(20)
        .map { "  \(displayable(String($0)))\n" }.joined()
      if !reason.isLiteral {
        text += "  (so for the first; for the others only their own name or address differs)\n"
      }
    }
    let left = reasons.dropFirst(Self.mostBlocks).reduce(0) { $0 + $1.addresses.count }
    return left == 0 ? text : text + "\nand \(left) more \(word); --events FILE has them all\n"
  }
}
