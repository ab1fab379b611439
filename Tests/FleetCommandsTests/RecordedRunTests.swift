import FleetApply
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources
import FleetTransport
import FleetView
import Synchronization
import Testing

@testable import FleetCommands

/// The events of whole runs over nodes that do as they are told, as a reader finds them in the file.
@Suite struct RecordedRunTests {
  /// What only a real machine makes known; lab/rollout.sh looks for those.
  private static let realOnly: Set<EventType> = [
    .nodeConnectComplete, .refreshStart, .checkProgress, .rolloutStopped, .rollbackErrored,
    .applyUnknown,
  ]

  @Test("success, failure, taking back and a lock that is waited for tell every type there is")
  func everyType() async throws {
    let told = try await recorded()
    let types = Set(told.compactMap { $0["type"]?.string.flatMap(EventType.init) })
    let missing = Set(EventType.allCases).subtracting(types).map(\.rawValue).sorted()
    #expect(missing == Self.realOnly.map(\.rawValue).sorted())
  }

  @Test("every planned address ends once, numbers have no gaps, run_end is last")
  func endings() async throws {
    let told = try await recorded()
    let planned = told.filter { $0["type"]?.string == "planned_change" }
    let ended = told.filter { line in
      EventType.terminal.contains { $0.rawValue == line["type"]?.string }
    }
    #expect(
      ended.compactMap { $0["address"]?.string }.sorted()
        == planned.compactMap { $0["address"]?.string }.sorted()
    )
    #expect(told.compactMap { $0["seq"]?.int } == Array(1...told.count))
    #expect(told.last?["type"]?.string == "run_end")
  }

  @Test("what starts ends, in its order, with the time that it took")
  func pairs() async throws {
    let told = try await recorded()
    for (start, end, key) in [
      ("wave_start", "wave_complete", "stage"), ("rollback_start", "rollback_complete", "node"),
      ("apply_start", "", "address"),
    ] {
      for (index, line) in told.enumerated() where line["type"]?.string == start {
        let name = try #require(line[key]?.string)
        let isEnded = told[index...].contains { later in
          guard later[key]?.string == name, let type = later["type"]?.string else { return false }
          if end.isEmpty { return EventType.terminal.contains { $0.rawValue == type } }
          return type == end && later["duration_ms"]?.int != nil
        }
        #expect(isEnded, "\(start) of \(name) has no end")
      }
    }
    let checks = told.filter { $0["check"]?.string?.hasPrefix("http ") ?? false }
    let good = checks.filter { $0["node"]?.string == "good" }
      .map { "\($0["type"]?.string ?? "") \($0["check"]?.string ?? "") \($0["required"] == true)" }
    #expect(
      good == [
        "check_start http :80/ true", "check_complete http :80/ true",
        "check_start http :80/wanted false", "check_errored http :80/wanted false",
      ]
    )
  }

  @Test("a failure says so when it happens, and its node takes back")
  func failure() async throws {
    let told = try await recorded()
    let bad = told.filter { $0["node"]?.string == "bad" }.compactMap { $0["type"]?.string }
    #expect(
      Array(bad.drop { $0 != "apply_start" }) == [
        "apply_start", "apply_progress", "apply_start", "step_errored", "apply_progress",
        "rollback_start", "rollback_complete", "apply_rolled_back", "apply_errored",
      ]
    )
  }

  // MARK: Material

  private func recorded() async throws -> [JSONValue] {
    let scratch = Scratch()
    let stream = try RunStream("apply", eventful: false, path: scratch.path("events"))
    var findings = Diagnostics()
    findings.add(Diagnostic(.invalidValue, "a finding", at: nil))
    stream.tell(findings, [:])
    await missNode(stream)
    let good = try task("good", failing: nil)
    let bad = try task("bad", failing: .unit)
    let plan = plan([good, bad])
    stream.tell(PlanFile(plan))
    let lock = stream.lock(of: "good")
    for news in [LockNews.waiting(for: "somebody", seconds: 5), .acquired] { lock(news) }
    stream.enter(.underWay)
    let progress = ApplyProgress(stream)
    progress.tell(.rollout(1, roles: ["r"], nodes: [good.node], false))
    let outcome = await FleetRun(
      [good, bad],
      fleet: "test",
      options: PlanOptions(),
      sources: NoTrees(),
      clock: waited()
    ) { progress.tell($0) }.perform()
    stream.tell(
      outcome.results.flatMap { result in
        let changes = plan.changes(of: result.node)
        let isAsBefore = result.node == bad.node
        let open = isAsBefore ? Set(changes.map(\.address.description)) : []
        return AddressEnding.all(of: changes, result, stillOpen: open)
      }
    )
    lock(.released)
    #expect(stream.end(.partial, "node.bad failed") == .partial)
    return try scratch.text("events").split(separator: "\n").map {
      try JSONValue(parsing: Array($0.utf8))
    }
  }

  /// Nobody listens there.
  private func missNode(_ stream: RunStream) async {
    var connections = FleetConnections()
    connections.stream = stream
    var target = SSHTarget(node: "lost", host: "127.0.0.1", port: 1, user: "nobody")
    target.transport = .libssh2
    await #expect(throws: TransportError.self) { try await connections.connect(to: target) }
  }

  private func plan(_ tasks: [NodeTask]) -> Plan {
    var changes = tasks.sorted { $0.node < $1.node }.flatMap(\.schedule.changes)
    if let id = NodeID("good") {
      let address = ResourceAddress(id, .file, "/etc/held")
      changes.append(
        PlannedChange(address, role: "r", actions: [.blocked], label: .drift, phase: .configure)
      )
    }
    var lost = PlannedNode(id: NodeID("lost") ?? tasks[0].node, address: "127.0.0.1", roles: [])
    (lost.failedStep, lost.cause) = ("connect", "refused")
    let nodes = tasks.map { PlannedNode(id: $0.node, address: "10.0.0.1", roles: ["r"]) }
    return Plan(
      fleet: "test",
      options: PlanOptions(),
      nodes: (nodes + [lost]).sorted { $0.id < $1.id },
      changes: changes,
      diffs: [:],
      notes: []
    )
  }

  private func task(_ name: String, failing: NodeOperation.Verb?) throws -> NodeTask {
    let id = try #require(NodeID(name))
    let file = FileSpec(
      path: "/etc/a",
      content: FileContent(text: "x\n"),
      ownership: Ownership(owner: "root", group: "root", mode: 0o644)
    )
    var unit = UnitSpec(name: "a.service", enabled: true, state: .started)
    unit.declaredBudget = TimeSpan(milliseconds: 1000)
    unit.checks = [
      HealthCheckSpec(kind: Self.http("/")),
      HealthCheckSpec(kind: Self.http("/wanted"), required: false),
    ]
    let resources = [
      Resource(
        ResourceAddress(id, .file, "/etc/a"),
        role: "r",
        spec: .file(file),
        wave: 0,
        origin: "test"
      ),
      Resource(
        ResourceAddress(id, .unit, "a.service"),
        role: "r",
        spec: .unit(unit),
        wave: 0,
        origin: "test"
      ),
    ]
    let changes = resources.map { resource in
      let isUnit = resource.address.kind == .unit
      return PlannedChange(
        resource.address,
        role: "r",
        actions: isUnit ? [.enable, .start] : [.create],
        label: .intent,
        phase: isUnit ? .activate : .configure
      )
    }
    let seen = Obedient.look(resources)
    return NodeTask(
      NodeInput(
        id: id,
        address: "10.0.0.1",
        roles: ["r"],
        resources: resources,
        observation: .observed(seen)
      ),
      schedule: NodeSchedule(node: id, changes: changes),
      observed: seen,
      worker: Obedient(resources: resources, failing: failing)
    )
  }

  private static func http(_ path: String) -> HealthCheckSpec.Kind {
    .http(host: "10.0.0.1", port: 80, path: path, https: false, status: 200, bodyContains: "")
  }

  /// Time that passes by waiting only.
  private func waited() -> RunClock {
    let passed = Passed()
    return RunClock(now: { passed.time }, sleep: { passed.add($0) })
  }
}

private final class Passed: Sendable {
  private let state = Mutex(Duration.zero)
  var time: Duration { state.withLock { $0 } }
  func add(_ duration: Duration) { state.withLock { $0 += duration } }
}

private struct NoTrees: SourceReader {
  func content(of path: String, below folder: String) -> [UInt8]? { nil }
}

/// A node that does what it is told, except one verb; `/wanted` never answers well.
private struct Obedient: NodeWorker {
  let resources: [Resource]
  let failing: NodeOperation.Verb?

  static func look(_ resources: [Resource]) -> ObservedNode {
    var observed = ObservedNode()
    let request = ProbeRequest.covering(resources)
    for path in request.paths { observed.paths[path.path] = .absent }
    for name in request.units {
      var unit = ObservedUnit()
      (unit.loadState, unit.activeState, unit.subState) = ("loaded", "active", "running")
      observed.units[name] = .value(unit)
    }
    observed.manifest = .absent
    observed.listeners = .value([])
    return observed
  }

  func observe(_ request: ProbeRequest) async -> NodeObservation {
    .observed(Self.look(resources))
  }
  func lostHold() async -> String? { nil }
  func run(_ operations: [NodeOperation], name: String, arming: Bool) async -> BatchOutcome {
    var isOver = false
    return .results(
      operations.map { operation in
        if isOver { return OperationResult(status: .skipped, milliseconds: 0, output: []) }
        isOver = operation.verb == failing
        let output = operation.verb == .waitUnit ? "0123 0" : "no"
        return OperationResult(
          status: isOver ? .failed : .done,
          milliseconds: 1,
          output: Array(output.utf8)
        )
      }
    )
  }
  func get(_ request: HTTPCheck.Request) async throws(TransportError) -> HTTPAnswer {
    HTTPAnswer(status: request.path == "/" ? 200 : 500, body: [])
  }
  func open(host: String, port: Int) async throws(TransportError) {}
  func write(_ manifest: Manifest) async -> BatchOutcome { .results([]) }
  func rollBack() async -> BatchOutcome { .results([]) }
  func confirm() async -> WayBack { .confirmed }
  func settle() async -> WayBack { .unknown("not asked for here") }
  func finish(summary: String) async {}
}
