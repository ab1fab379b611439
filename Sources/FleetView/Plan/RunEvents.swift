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
  private var isOver = false

  /// Begins the events of the run `run`.
  package init(run: String) { self.run = run }

  /// Returns one event as a line without its line feed; nil after the end.
  ///
  /// `members` come after those that every event has; `time` is RFC 3339.
  package mutating func line(
    _ type: String,
    level: String = "info",
    _ message: String,
    _ members: [(String, JSONValue)] = [],
    at time: String
  ) -> String? {
    guard !isOver else { return nil }
    seq += 1
    let head: [(String, JSONValue)] = [
      ("@level", .string(level)), ("@message", .string(displayable(message))),
      ("@module", "fleetctl"), ("@timestamp", .string(time)), ("type", .string(type)),
      ("seq", .int(seq)), ("run_id", .string(run)),
    ]
    return JSONValue.object(head + members).rendered(pretty: false)
  }

  /// Returns what a plan says: each node, each change, and how much it is.
  package mutating func plan(_ file: PlanFile, at time: String) -> [String] {
    var lines: [String?] = []
    for node in file.plan.nodes {
      let name: (String, JSONValue) = ("node", .string(node.id.name))
      if let step = node.failedStep {
        lines.append(
          line(
            "refresh_errored",
            level: "error",
            "node.\(node.id): \(step): \(node.cause ?? "")",
            [name, ("step", .string(step)), ("error", JSONValue(node.cause))],
            at: time
          )
        )
      } else {
        lines.append(line("refresh_complete", "node.\(node.id): seen", [name], at: time))
      }
    }
    for change in file.plan.changes {
      let address = change.address.description
      let why = change.reasons.map(\.text).joined(separator: "; ")
      let blocker = change.action.isExecuted ? "" : "\(change.action.rawValue) in the plan: \(why)"
      open[address] = (change.address.node, blocker)
      lines.append(
        line(
          "planned_change",
          "\(address): \(change.action.rawValue)",
          [("address", .string(address)), ("change", change.json)],
          at: time
        )
      )
    }
    lines.append(
      line(
        "change_summary",
        "\(file.plan.changes.count) changes",
        [("digest", .string(file.digest)), ("changes", file.plan.summary.json)],
        at: time
      )
    )
    return lines.compactMap { $0 }
  }

  /// Returns the terminal event of an address, nil when it already had one or was never planned.
  package mutating func terminal(_ ending: AddressEnding, at time: String) -> String? {
    guard open.removeValue(forKey: ending.address) != nil else { return nil }
    let type: String
    var members: [(String, JSONValue)] = [
      ("node", .string(ending.node.name)), ("address", .string(ending.address)),
    ]
    switch ending.kind {
    case .done: type = "apply_complete"
    case .failed: type = "apply_errored"
    case .skipped: type = "apply_skipped"
    case .rolledBack: type = "apply_rolled_back"
    case .unknown: type = "apply_unknown"
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
      "run_end",
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
