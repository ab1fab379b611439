import FleetApply
import FleetDiagnostics

/// What `lock list` shows: who holds which node's lock since when, and which nodes are frozen.
struct LockReport {
  /// What the nodes said, in the order of the file.
  let nodes: [(String, Result<NodeLock, ApplyError>)]
  /// The moment so many seconds ago, RFC 3339.
  let ago: (Int) -> String

  /// Whether all nodes answered.
  var isWhole: Bool {
    nodes.allSatisfy { if case .success = $0.1 { true } else { false } }
  }

  /// One line a fact, of each node at least one.
  var text: String {
    let rows = nodes.flatMap { node, answer in facts(answer).map { [node] + $0 } }
    let width = rows.map { $0[0].count }.max() ?? 0
    return rows.map { row in
      let line = Self.padded(row[0], width) + "  " + Self.padded(row[1], 11) + "  " + row[2]
      return line.last == " " ? String(line.reversed().drop { $0 == " " }.reversed()) : line
    }
    .map { $0 + "\n" }.joined()
  }

  private func facts(_ answer: Result<NodeLock, ApplyError>) -> [[String]] {
    let lock: NodeLock
    switch answer {
    case .failure(let error): return [["unreachable", displayable(error.message)]]
    case .success(let known): lock = known
    }
    var rows: [[String]] = []
    if let frozen = lock.frozen { rows.append(["frozen", displayable(frozen)]) }
    if let holder = lock.holder {
      let since = lock.secondsHeld.map { ", since \(ago($0))" } ?? ""
      rows.append([
        "locked",
        "\(displayable(holder))\(since), \(lock.secondsLeft) s left, plan \(displayable(lock.plan))",
      ])
    }
    if let pending = lock.pending {
      rows.append(["unconfirmed", "run \(displayable(pending)) waits for its confirmation"])
    }
    return rows.isEmpty ? [["free", ""]] : rows
  }

  /// The same for programs; every member is always there.
  var json: JSONValue {
    let members: [(String, JSONValue)] = [
      ("format_version", .string("1.0")), ("ok", .bool(isWhole)),
      ("nodes", .array(nodes.map { json($0.0, $0.1) })),
    ]
    return .object(members)
  }

  private func json(_ node: String, _ answer: Result<NodeLock, ApplyError>) -> JSONValue {
    var lock = NodeLock()
    var failure = JSONValue.null
    switch answer {
    case .success(let known): lock = known
    case .failure(let error): failure = .string(error.message)
    }
    let members: [(String, JSONValue)] = [
      ("node", .string(node)), ("error", failure), ("lock", Self.held(lock, ago)),
      ("frozen", Self.text(lock.frozen)), ("unconfirmed", Self.text(lock.pending)),
    ]
    return .object(members)
  }

  private static func held(_ lock: NodeLock, _ ago: (Int) -> String) -> JSONValue {
    guard let holder = lock.holder else { return .null }
    let members: [(String, JSONValue)] = [
      ("holder", .string(holder)), ("plan", .string(lock.plan)),
      ("since", text(lock.secondsHeld.map(ago))),
      ("seconds_held", lock.secondsHeld.map { JSONValue.int($0) } ?? .null),
      ("seconds_left", .int(lock.secondsLeft)),
    ]
    return .object(members)
  }

  private static func text(_ text: String?) -> JSONValue {
    text.map { JSONValue.string($0) } ?? .null
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
