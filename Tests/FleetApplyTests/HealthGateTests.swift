import FleetModel
import FleetPlan
import FleetResources
import Synchronization
import Testing

@testable import FleetApply

/// Health that is true: what is required and what only wanted, who looks, and what happens after it.
@Suite struct HealthGateTests: RunMaterial {
  @Test func `a wanted check that fails is a warning of a node that is changed`() async throws {
    let check = HealthCheckSpec(kind: http(wanted: 200), required: false)
    let result = try await run([check], answers: [500])
    #expect(result.outcome == .changed)
    #expect(result.failed.isEmpty)
    let why = "`a.service` is up, but not healthy after 1 s: :80/ answers 500, wanted 200"
    #expect(result.warnings == [.init(address: "node.n/unit:a.service", why: why)])
  }

  @Test func `a required check that fails takes the node back, whatever the wanted ones say`()
    async throws
  {
    let checks = [
      HealthCheckSpec(kind: http(wanted: 200), required: false),
      HealthCheckSpec(kind: http(wanted: 201)),
    ]
    let result = try await run(checks, answers: [200])
    #expect(result.outcome == .rolledBack)
    let why = "`a.service` is up, but not healthy after 1 s: :80/ answers 200, wanted 201"
    #expect(result.failed.first?.why == why)
    #expect(result.warnings.isEmpty)
  }

  @Test func `a status that means starting is waited out`() async throws {
    let check = HealthCheckSpec(kind: http(wanted: 200), startingStatuses: [502, 503])
    let result = try await run([check], answers: [502, 503, 200])
    #expect(result.outcome == .changed)
  }

  @Test func `a status that means starting is waited out no longer than the unit may take`()
    async throws
  {
    let check = HealthCheckSpec(kind: http(wanted: 200), startingStatuses: [502])
    // Asked at 0, 0.5 and 1 s.
    let result = try await run([check], answers: [502, 502, 502, 200])
    let why = "`a.service` is up, but not healthy after 1 s: :80/ answers 502, still starting"
    #expect(result.failed.first?.why == why)
  }

  @Test func `a relay that cannot be reached fails a required check at once and is named`()
    async throws
  {
    let check = HealthCheckSpec(kind: http(wanted: 200), via: try node("away"))
    let result = try await run([check], answers: [200])
    let why = "`a.service` cannot be checked: its relay `away` cannot be reached"
    #expect(result.failed.first?.why == why)
  }

  @Test func `a relay without a task of its own looks all the same`() async throws {
    let check = HealthCheckSpec(kind: http(wanted: 200), via: try node("relay"))
    var relay = Recorder(name: "relay", resources: [], log: Log(), failing: nil, isLockedOut: false)
    relay.answers = [200]
    let result = try await run([check], answers: [500], relays: [try node("relay"): relay])
    #expect(result.outcome == .changed)
  }

  @Test(
    arguments: [
      ("active", 0, nil),
      ("active", 1, "`a.service` was healthy and crashed since; systemd started it again"),
      ("active", 3, "`a.service` was healthy and crashed 3 times since; systemd started it again"),
      ("failed", 0, "`a.service` was healthy and is failed (exit-code) now"),
    ] as [(String, Int, String?)]
  )
  func `what was healthy must stay so while it soaks`(
    state: String,
    restarts: Int,
    why: String?
  )
    async throws
  {
    let result = try await run([], answers: [200]) { recorder in
      recorder.waited = "0123456789abcdef 0"
      var unit = ObservedUnit()
      unit.activeState = state
      unit.result = "exit-code"
      unit.restarts = restarts
      recorder.unit = unit
    }
    #expect(result.outcome == (why == nil ? .changed : .rolledBack))
    #expect(result.failed.first?.why == why)
  }

  @Test func `a unit that failed ends the wait for its health`() async throws {
    let check = HealthCheckSpec(kind: http(wanted: 200))
    let result = try await run([check], answers: [500], budget: 60) { recorder in
      var unit = ObservedUnit()
      unit.activeState = "failed"
      unit.result = "signal"
      recorder.unit = unit
    }
    let why = "`a.service` ended with signal before it was healthy: :80/ answers 500, wanted 200"
    #expect(result.failed.first?.why == why)
  }

  @Test func `a node that took the run back ends the wait for its health`() async throws {
    let check = HealthCheckSpec(kind: http(wanted: 200))
    let result = try await run([check], answers: [500], budget: 60) { recorder in
      recorder.lost = "the lock on the node is no longer ours"
    }
    let why =
      "`a.service` is not waited for any more: the lock on the node is no longer ours;"
      + " last seen: :80/ answers 500, wanted 200"
    #expect(result.failed.first?.why == why)
  }

  // MARK: Material

  /// Time that passes by waiting only: how fast the machine is decides nothing.
  private func waited() -> RunClock {
    let passed = Passed()
    return RunClock(now: { passed.time }, sleep: { passed.add($0) })
  }

  private func http(wanted: Int) -> HealthCheckSpec.Kind {
    .http(host: "10.0.0.1", port: 80, path: "/", https: false, status: wanted, bodyContains: "")
  }

  private func run(
    _ checks: [HealthCheckSpec],
    answers: [Int],
    budget: Int = 1,
    relays: [NodeID: any NodeWorker] = [:],
    _ adjust: (inout Recorder) -> Void = { _ in }
  ) async throws -> NodeResult {
    var spec = UnitSpec(name: "a.service", enabled: true, state: .started)
    spec.checks = checks
    spec.declaredBudget = TimeSpan(milliseconds: budget * 1000)
    spec.soak = TimeSpan(milliseconds: 0)
    let resource = resource("n", .unit, "a.service", .unit(spec), wave: 0)
    let task = try task("n", [resource], Log()) { recorder in
      recorder.answers = answers
      adjust(&recorder)
    }
    let results = await FleetRun(
      [task],
      fleet: "test",
      options: PlanOptions(),
      sources: NoSources(),
      relays: relays,
      clock: waited()
    ) { _ in }.perform().results
    return try #require(results.first)
  }
}

private final class Passed: Sendable {
  private let state = Mutex(Duration.zero)
  var time: Duration { state.withLock { $0 } }
  func add(_ duration: Duration) { state.withLock { $0 += duration } }
}
