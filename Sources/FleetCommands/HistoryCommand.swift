import ArgumentParser
import FleetApply
import FleetDiagnostics

/// `fleetctl history`.
struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "What was done to the nodes, when, by whom and how it ended; newest first.",
    discussion: """
      Every node keeps the last thousand runs itself. Times are those of whoever
      wrote the line: the operator's machine, or the node where it took a run back
      by itself.

      Exits 9 when some node is unreachable; the others are shown.

      EXAMPLES
        fleetctl history
        fleetctl history redis-1 web-1 --limit 5
        fleetctl apply --resume f62b0171a48c      a run that "may be resumed"
        fleetctl history --format json | jq -r '.runs[] | select(.result != "changed") | .run'
      """
  )

  @OptionGroup var options: FleetOptions

  @Argument(help: "Nodes of fleet.yaml; all when none is named.")
  var nodes: [String] = []

  @Option(help: ArgumentHelp("At most so many lines, 1 to 100000.", valueName: "number"))
  var limit = 50

  @Option(help: ArgumentHelp("Output format: human or json.", valueName: "format"))
  var format = TextOrJSON.human

  func validate() throws {
    guard (1...100_000).contains(limit) else {
      throw ValidationError("--limit is a number from 1 to 100000.")
    }
  }

  func run() async throws {
    let fleet = try LockedFleet(options, nodes, needsNodes: false)
    let (records, failures) = try await NodeHistory.read(fleet)
    let newest = Array(records.prefix(limit))
    switch format {
    case .json: try Terminal.result(Self.document(newest, failures).rendered(pretty: true) + "\n")
    case .human: try Terminal.result(Self.table(newest))
    }
    for (node, why) in failures {
      Terminal.note("error: node.\(displayable(node)): \(displayable(why))\n")
    }
    if !failures.isEmpty { throw ExitStatus.unreachable.error }
  }

  private static func table(_ records: [NodeHistory.Record]) -> String {
    guard !records.isEmpty else { return "No run is recorded on these nodes.\n" }
    let resumable = NodeHistory.resumable(records)
    let heading = ["WHEN", "NODE", "RUN", "RESULT", "CHANGED", "BY", "WHAT"]
    let rows = records.map { record in
      [
        displayable(record.at), record.node, displayable(record.run), displayable(record.result),
        record.changed.map(String.init) ?? "-", displayable(record.by),
        record.takesBack.map { "takes back \(displayable($0))" }
          ?? (resumable.contains(record.run) ? "may be resumed" : ""),
      ]
    }
    return Table.render([heading] + rows).split(separator: "\n").map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }

  private static func document(
    _ records: [NodeHistory.Record],
    _ failures: [(String, String)]
  ) -> JSONValue {
    let unreachable = failures.map { node, why in
      JSONValue.object([("node", .string(node)), ("error", .string(why))])
    }
    return .object([
      ("format_version", "1.0"), ("runs", .array(records.map(\.json))),
      ("unreachable", .array(unreachable)),
    ])
  }
}

/// The nodes' histories, read as hostile input: a line that is none is left out.
enum NodeHistory {
  /// One line of one node.
  struct Record {
    let node: String
    let at: String
    let run: String
    let by: String
    let result: String
    let changed: Int?
    /// The run that this one took back.
    let takesBack: String?
    /// Whether some of its plan was left undone there.
    let isPartial: Bool

    init?(_ line: String, node: String) {
      guard let value = try? JSONValue(parsing: Array(line.utf8), maximumBytes: 64 << 10),
        let run = value["run"]?.string, let result = value["result"]?.string
      else { return nil }
      self.node = node
      self.run = run
      self.result = result
      at = value["at"]?.string ?? ""
      by = value["by"]?.string ?? ""
      changed = value["changed"]?.int
      takesBack = value["takes_back"]?.string
      isPartial =
        ["failed", "rolled back", "refused", "unknown"].contains(result)
        || ["failed", "skipped", "rolled_back"].contains { (value[$0]?.int ?? 0) > 0 }
    }

    var json: JSONValue {
      var members: [(String, JSONValue)] = [
        ("at", .string(at)), ("node", .string(node)), ("run", .string(run)), ("by", .string(by)),
        ("result", .string(result)),
      ]
      if let changed { members.append(("changed", .int(changed))) }
      if let takesBack { members.append(("takes_back", .string(takesBack))) }
      return .object(members)
    }
  }

  /// All records, newest first, and the nodes that did not answer.
  static func read(_ fleet: LockedFleet) async throws -> ([Record], [(String, String)]) {
    let answers = try await fleet.each { (session) async throws(ApplyError) in
      try await session.history()
    }
    var records: [(Int, Record)] = []
    var failures: [(String, String)] = []
    for (node, answer) in answers {
      switch answer {
      case .success(let lines):
        for line in lines {
          if let record = Record(line, node: node) { records.append((records.count, record)) }
        }
      case .failure(let error): failures.append((node, error.message))
      }
    }
    // Of one second the later line first.
    records.sort { ($0.1.at, $0.0) > ($1.1.at, $1.0) }
    return (records.map(\.1), failures)
  }

  /// Runs that left something undone on a node over which no other went since; `apply --resume` takes them.
  static func resumable(_ records: [Record]) -> Set<String> {
    var newest: [String: String] = [:]
    for record in records where newest[record.node] == nil { newest[record.node] = record.run }
    let partial = records.filter {
      $0.isPartial && $0.takesBack == nil && newest[$0.node] == $0.run
    }
    return Set(partial.map(\.run))
  }

  /// The newest run that left changes and was not taken back since; nil when there is none.
  static func lastRun(_ records: [Record]) -> String? {
    let undone = Set(records.filter { $0.result == "changed" }.compactMap(\.takesBack))
    return records.first {
      $0.result == "changed" && $0.takesBack == nil && !undone.contains($0.run)
    }?
    .run
  }
}
