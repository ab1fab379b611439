package import FleetApply
package import FleetDiagnostics
package import FleetPlan
internal import FleetModel
internal import FleetResources

/// The events of one run as lines of JSON, numbered without gaps (docs/events.md).
///
/// Every address of the plan gets exactly one terminal event, and `run_end` is the last line: what was
/// not said before the end is said by `end`.
package struct RunEvents: Sendable {
  /// Version of the events: another major changes what a member means.
  package static let version = "1.0"

  private let run: String
  private var seq = 0
  /// Addresses without their terminal event: node, and why the plan itself holds them back.
  private var open: [String: (node: NodeID, blocker: String)] = [:]
  /// Addresses on which something was begun.
  private var begun: Set<String> = []
  /// Nodes of which it was told how the look at them ended: the step that failed, or nil.
  private var looks: [String: String?] = [:]
  private var isOver = false

  /// Begins the events of the run `run`.
  package init(run: String) { self.run = run }

  /// Returns one event as a line without its line feed; nil after the end.
  ///
  /// `members` come after those that every event has; `time` is RFC 3339.
  package mutating func line(
    _ type: EventType,
    level: String = "info",
    _ message: String,
    _ members: [(String, JSONValue)] = [],
    at time: String
  ) -> String? {
    guard !isOver else { return nil }
    seq += 1
    let head: [(String, JSONValue)] = [
      ("@level", .string(level)), ("@message", .string(displayable(message))),
      ("@module", "fleetctl"), ("@timestamp", .string(time)), ("type", .string(type.rawValue)),
      ("seq", .int(seq)), ("run_id", .string(run)),
    ]
    return JSONValue.object(head + members).rendered(pretty: false)
  }

  /// Returns how the look at a node ended: seen, or the step that failed and why.
  ///
  /// `milliseconds` are those of connecting and looking, nil where nobody took the time.
  package mutating func look(
    _ node: String,
    failed: (step: String, cause: String)?,
    milliseconds: Int?,
    at time: String
  ) -> String? {
    looks[node] = .some(failed?.step)
    var members: [(String, JSONValue)] = [("node", .string(node))]
    if let failed {
      members += [("step", .string(failed.step)), ("error", .string(failed.cause))]
    }
    if let milliseconds { members.append(("duration_ms", .int(milliseconds))) }
    guard let failed else {
      return line(.refreshComplete, "node.\(node): seen", members, at: time)
    }
    let text = "node.\(node): \(failed.step): \(failed.cause)"
    return line(.refreshErrored, level: "error", text, members, at: time)
  }

  /// Returns what a plan says: each node as far as it was not told before, findings, what moved on the nodes,
  /// each change, and how much it is.
  package mutating func plan(_ file: PlanFile, at time: String) -> [String] {
    var lines: [String?] = []
    for node in file.plan.nodes {
      // One may count as lost though it answered: the same machine under two names.
      if let told = looks[node.id.name], told == node.failedStep { continue }
      let failed = node.failedStep.map { (step: $0, cause: node.cause ?? "") }
      lines.append(look(node.id.name, failed: failed, milliseconds: nil, at: time))
    }
    for note in file.plan.notes { lines.append(finding(note, at: time)) }
    for change in file.plan.changes where change.label == .drift {
      let address = change.address.description
      let reasons = change.reasons.map(\.text)
      lines.append(
        line(
          .resourceDrift,
          "\(address): not as fleetctl left it",
          [
            ("node", .string(change.address.node.name)), ("address", .string(address)),
            ("reasons", JSONValue(reasons)),
          ],
          at: time
        )
      )
    }
    for change in file.plan.changes {
      let address = change.address.description
      let why = change.reasons.map(\.text).joined(separator: "; ")
      let blocker = change.action.isExecuted ? "" : "\(change.action.rawValue) in the plan: \(why)"
      open[address] = (change.address.node, blocker)
      lines.append(
        line(
          .plannedChange,
          "\(address): \(change.action.rawValue)",
          [("address", .string(address)), ("change", change.json)],
          at: time
        )
      )
    }
    lines.append(
      line(
        .changeSummary,
        "\(file.plan.changes.count) changes",
        [
          ("plan_digest", .string(file.digest)), ("nodes", .int(file.plan.nodes.count)),
          ("waves", .int(waves(file.plan))), ("changes", file.plan.summary.json),
        ],
        at: time
      )
    )
    return lines.compactMap { $0 }
  }

  private func waves(_ plan: Plan) -> Int {
    Set(plan.changes.filter { $0.phase == .activate && $0.action.isExecuted }.map(\.wave)).count
  }

  private mutating func finding(_ note: PlanNote, at time: String) -> String? {
    line(
      .diagnostic,
      level: note.severity == "warning" ? "warn" : "info",
      note.text,
      [
        ("node", JSONValue(note.node?.name)),
        (
          "diagnostic",
          [
            "severity": .string(note.severity), "code": .null, "detail": .string(note.text),
            "address": JSONValue(note.address),
          ]
        ),
      ],
      at: time
    )
  }

  /// Returns that work on an address began; nil the second time, and where it was never planned.
  package mutating func began(
    _ address: String,
    stage: String,
    at time: String
  ) -> String? {
    guard let entry = open[address], begun.insert(address).inserted else { return nil }
    return line(
      .applyStart,
      "\(address): \(stage)",
      [
        ("node", .string(entry.node.name)), ("address", .string(address)),
        ("stage", .string(stage)),
      ],
      at: time
    )
  }

  /// Returns the terminal event of an address, nil when it already had one or was never planned.
  package mutating func terminal(_ ending: AddressEnding, at time: String) -> String? {
    guard open.removeValue(forKey: ending.address) != nil else { return nil }
    let type: EventType
    var members: [(String, JSONValue)] = [
      ("node", .string(ending.node.name)), ("address", .string(ending.address)),
    ]
    switch ending.kind {
    case .done: type = .applyComplete
    case .failed: type = .applyErrored
    case .skipped: type = .applySkipped
    case .rolledBack: type = .applyRolledBack
    case .unknown: type = .applyUnknown
    }
    if ending.kind == .skipped {
      members.append(("blocked_by", .string(ending.why)))
    } else if ending.kind != .done {
      members.append(("error", .string(ending.why)))
    }
    let level = ending.kind == .done ? "info" : ending.kind == .skipped ? "warn" : "error"
    return line(type, level: level, "\(ending.address): \(ending.kind.rawValue)", members, at: time)
  }

  /// Returns the last lines: a terminal event for every address that had none, and `run_end`.
  ///
  /// Until something was begun those addresses were skipped because of the end; with `isUnderWay`
  /// nobody can say. A `plan` has no terminal events: it promises nothing.
  package mutating func end(
    _ end: RunEnd,
    isPlanOnly: Bool = false,
    isUnderWay: Bool = false,
    at time: String
  ) -> [String] {
    guard !isOver else { return [] }
    var lines: [String] = []
    for (address, rest) in isPlanOnly ? [] : open.sorted(by: { $0.key < $1.key }) {
      let isBlocked = !rest.blocker.isEmpty
      let ending = AddressEnding(
        node: rest.node,
        address: address,
        kind: isUnderWay && !isBlocked ? .unknown : .skipped,
        why: isBlocked ? rest.blocker : end.reason
      )
      if let line = terminal(ending, at: time) { lines.append(line) }
    }
    let last = line(
      .runEnd,
      level: end.exitCode == 0 || end.exitCode == 2 ? "info" : "error",
      "\(end.result) (exit \(end.exitCode))",
      [
        ("result", .string(end.result)), ("exit_code", .int(end.exitCode)),
        ("reason", .string(end.reason)), ("summary", .object(end.summary)),
        ("duration_ms", .int(end.milliseconds)),
      ],
      at: time
    )
    isOver = true
    return lines + (last.map { [$0] } ?? [])
  }
}

/// How a run ended.
package struct RunEnd: Sendable {
  /// One word of docs/events.md.
  package var result: String
  /// The exit code of the process.
  package var exitCode: Int
  /// Why, in one sentence; empty when all is done.
  package var reason: String
  /// Numbers of addresses by how they ended; empty where nothing was begun.
  package var summary: [(String, JSONValue)]
  /// From the start of the command.
  package var milliseconds: Int

  /// Makes an end.
  package init(
    result: String,
    exitCode: Int,
    reason: String,
    summary: [(String, JSONValue)] = [],
    milliseconds: Int
  ) {
    self.result = result
    self.exitCode = exitCode
    self.reason = reason
    self.summary = summary
    self.milliseconds = milliseconds
  }
}
