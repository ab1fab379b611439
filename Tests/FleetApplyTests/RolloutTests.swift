import FleetModel
import FleetPlan
import FleetResources
import Synchronization
import Testing

@testable import FleetApply

/// Rollouts: which nodes have their turn when, and who is left as it is, with which blocker.
@Suite struct RolloutTests: RunMaterial {
  @Test func `the canary goes alone, then batches, each confirmed before the next begins`()
    async throws
  {
    let log = Log()
    let tasks = try (1...5).map { try web("n\($0)", log) }
    let results = await run(tasks, try rollout(tasks, "2", canary: 1))
    #expect(results.map(\.outcome) == Array(repeating: .changed, count: 5))
    let turns = [["n1"], ["n2", "n3"], ["n4", "n5"]]
    for (earlier, later) in zip(turns, turns.dropFirst()) {
      let last = try earlier.map { try #require(log.entries.lastIndex(of: "\($0) confirm")) }.max()
      let first = try later.map {
        try #require(log.entries.firstIndex(of: "\($0) write-file /etc/a"))
      }.min()
      #expect(try #require(last) < #require(first))
    }
  }

  @Test func `a canary that fails leaves the others untouched, and each names it`() async throws {
    let log = Log()
    let tasks =
      try [web("n1", log, failing: .waitUnit)] + (2...4).map { try web("n\($0)", log) }
    // Even where more failures were allowed.
    let results = await run(tasks, try rollout(tasks, "2", canary: 1, maxFailures: 3))
    #expect(results.map(\.outcome) == [.rolledBack, .unchanged, .unchanged, .unchanged])
    #expect(!log.entries.contains { !$0.hasPrefix("n1 ") })
    let why = "rollout of `r` stopped: its canary n1 failed"
    for result in results.dropFirst() {
      #expect(result.skipped.map(\.why) == [why, why])
      #expect(result.failed.isEmpty)
    }
  }

  @Test func `siblings in flight finish, and the failures are counted over all batches`()
    async throws
  {
    let log = Log()
    let failing = ["n3", "n5"]
    let tasks = try (1...10).map {
      try web("n\($0)", log, failing: failing.contains("n\($0)") ? .waitUnit : nil)
    }
    let results = await run(tasks, try rollout(tasks, "2", maxFailures: 1))
    let outcomes = Dictionary(uniqueKeysWithValues: results.map { ($0.node.name, $0.outcome) })
    // Turns go by id: n1 n10, n2 n3, n4 n5, and no more.
    for name in ["n1", "n10", "n2", "n4"] { #expect(outcomes[name] == .changed) }
    for name in failing { #expect(outcomes[name] == .rolledBack) }
    let why = "rollout of `r` stopped: 2 of 10 nodes failed (n3, n5), max_failures is 1"
    for name in ["n6", "n7", "n8", "n9"] {
      #expect(results.first { $0.node.name == name }?.skipped.first?.why == why)
    }
  }

  @Test func `a node that is down already counts, and nobody healthy is touched beside it`()
    async throws
  {
    let log = Log()
    let tasks = try (1...3).map { try web("n\($0)", log, before: up) }
    let lost = NodeInput(
      id: try node("n4"),
      address: "10.0.0.4",
      roles: ["r"],
      resources: [],
      observation: .unreachable(step: "connect", cause: "no answer", remedy: nil)
    )
    let strict = try rollout(tasks, "2", maxUnavailable: "1", carriers: 4)
    let results = await run(tasks, strict, [lost])
    #expect(results.map(\.outcome) == [.unchanged, .unchanged, .unchanged])
    let why = "rollout of `r` stopped: 1 of 4 nodes is down (n4), max_unavailable is 1"
    #expect(results[0].skipped.first?.why == why)
    let loose = try rollout(tasks, "2", maxUnavailable: "2", carriers: 4)
    let others = await run(tasks, loose, [lost])
    #expect(others.map(\.outcome) == [.changed, .changed, .changed])
  }

  @Test func `a node that is down is mended before healthy ones are touched`() async throws {
    let log = Log()
    let tasks = try [
      web("n1", log, before: up), web("n2", log, before: up), web("n3", log, before: nil),
    ]
    var plan = try rollout(tasks, "1", maxUnavailable: "1")
    plan.nodes = [tasks[2].node, tasks[0].node, tasks[1].node]
    let results = await run(tasks, plan)
    #expect(results.map(\.outcome) == [.changed, .changed, .changed])
    #expect(log.entries.first == "n3 write-file /etc/a")
  }

  @Test func `what needs a node with a turn waits for all turns, what it needs goes before`()
    async throws
  {
    let log = Log()
    let webs = try (1...2).map { try web("web-\($0)", log, wave: 1) }
    let database = try task("db", [file("db", "/etc/a"), unit("db", "d.service", wave: 0)], log)
    let balancer = try task("lb", [unit("lb", "l.service", wave: 2)], log)
    let needy = NodeTask(
      balancer.input,
      schedule: NodeSchedule(
        node: balancer.node,
        changes: balancer.schedule.changes.map { change in
          var change = change
          change.requires = webs.flatMap { $0.resources.map(\.address) }
          return change
        }
      ),
      observed: balancer.observed,
      worker: balancer.worker
    )
    let tasks = [needy, database] + webs
    _ = await run(tasks, try rollout(webs, "1"))
    let order = ["db start d.service", "web-1 start a.service", "web-2 start a.service"]
    let found = try (order + ["lb start l.service"]).map {
      try #require(log.entries.firstIndex(of: $0))
    }
    #expect(found == found.sorted())
  }

  @Test func `with rollback the batches that were confirmed go back too`() async throws {
    let log = Log()
    let tasks = try [web("n1", log), web("n2", log, failing: .waitUnit), web("n3", log)]
    let results = await run(tasks, try rollout(tasks, "1"), [], .rollback)
    #expect(results.map(\.outcome) == [.rolledBack, .rolledBack, .unchanged])
    #expect(log.entries.contains("n1 confirm"))
    #expect(log.entries.contains("n1 roll back"))
    #expect(!log.entries.contains("n3 write-file /etc/a"))
  }

  @Test func `two roles with rollouts on one node both have a say`() async throws {
    let log = Log()
    let tasks = try (1...4).map { try web("n\($0)", log) }
    let wide = try rollout(tasks, "4")
    var narrow = try rollout(Array(tasks.prefix(2)), "1")
    narrow.role = "s"
    var turns = Rollouts([narrow, wide], RolloutOrder([]), down: [:])
    let nodes = tasks.map { NodeProgress($0) }
    var batches: [[String]] = []
    while case .batch(let batch) = turns.next(nodes) { batches.append(batch.nodes.map(\.name)) }
    #expect(batches == [["n1", "n3", "n4"], ["n2"]])
  }

  @Test func `events name the batches and what is left`() async throws {
    let events = Mutex<[String]>([])
    let log = Log()
    let tasks = try [web("n1", log, failing: .waitUnit), web("n2", log)]
    _ = await FleetRun(
      tasks,
      fleet: "test",
      options: PlanOptions(),
      sources: NoSources(),
      rollouts: [try rollout(tasks, "1", canary: 1)]
    ) { event in
      switch event {
      case .rollout(let number, let roles, let nodes, let isCanary):
        events.withLock {
          $0.append("\(number) \(roles) \(nodes.map(\.name)) \(isCanary)")
        }
      case .rolloutStopped(let role, let nodes, let why):
        events.withLock { $0.append("\(role) \(nodes.map(\.name)) \(why)") }
      default: break
      }
    }.perform()
    #expect(
      events.withLock { $0 } == [
        "1 [\"r\"] [\"n1\"] true",
        "r [\"n2\"] rollout of `r` stopped: its canary n1 failed",
      ]
    )
  }

  // MARK: Material

  private var up: ObservedUnit {
    var unit = ObservedUnit()
    unit.activeState = "active"
    unit.subState = "running"
    unit.unitFileState = "enabled"
    return unit
  }

  private func web(
    _ name: String,
    _ log: Log,
    failing: NodeOperation.Verb? = nil,
    wave: Int = 0,
    before: ObservedUnit? = nil
  ) throws -> NodeTask {
    let resources = [file(name, "/etc/a"), unit(name, "a.service", wave: wave)]
    return try task(name, resources, log, failing: failing, before: before) { $0.unit = before }
  }

  private func rollout(
    _ tasks: [NodeTask],
    _ batch: String,
    canary: Int = 0,
    maxFailures: Int = 0,
    maxUnavailable: String? = nil,
    carriers: Int? = nil
  ) throws -> PlannedRollout {
    var policy = RolloutPolicy()
    policy.batch = RolloutPolicy.Amount(batch)
    policy.canary = canary
    policy.maxFailures = maxFailures
    policy.maxUnavailable = maxUnavailable.flatMap { RolloutPolicy.Amount($0) }
    return PlannedRollout(
      role: "r",
      carriers: carriers ?? tasks.count,
      nodes: tasks.map(\.node).sorted(),
      down: [],
      policy
    )
  }

  private func run(
    _ tasks: [NodeTask],
    _ rollout: PlannedRollout,
    _ bystanders: [NodeInput] = [],
    _ policy: FailurePolicy = .continue
  ) async -> [NodeResult] {
    await FleetRun(
      tasks,
      bystanders: bystanders,
      fleet: "test",
      options: PlanOptions(),
      sources: NoSources(),
      onFailure: policy,
      rollouts: [rollout]
    ) { _ in }
    .perform().results
  }
}
