import FleetApply
import FleetModel
import FleetPlan
import FleetResources
import FleetTransport
import Synchronization
import Testing

/// How many nodes are changed at once.
@Suite struct ParallelismTests: RunMaterial {
  @Test("ten nodes with two permits: never more than two at once, and all finish")
  func two() async throws {
    let crowd = Crowd()
    let results = await run(try nodes(10, crowd), 2)
    #expect(results.allSatisfy { $0.outcome == .changed })
    #expect(crowd.most == 2)
    #expect(crowd.batches == 10)
  }

  @Test("without a number all go together")
  func all() async throws {
    let crowd = Crowd(waitsFor: 10)
    let results = await run(try nodes(10, crowd), nil)
    #expect(results.allSatisfy { $0.outcome == .changed })
    #expect(crowd.most == 10)
  }

  @Test("after an interrupt the node in progress finishes, no other is begun, and nothing hangs")
  func interrupted() async throws {
    let crowd = Crowd()
    let results = await run(try nodes(10, crowd), 1, isInterrupted: { crowd.batches > 0 })
    #expect(crowd.batches == 1)
    #expect(results.count { !$0.skipped.isEmpty } == 9)
    #expect(results.allSatisfy { $0.skipped.allSatisfy { $0.why == "interrupted" } })
  }

  @Test(arguments: [FailurePolicy.stop, .rollback])
  func `a node that fails keeps those that wait for their turn from being begun`(
    policy: FailurePolicy
  ) async throws {
    let crowd = Crowd()
    let log = Log()
    let tasks = try nodes(10, crowd, log: log, failing: true)
    let results = await run(tasks, 1, policy)
    #expect(crowd.batches == 1)
    #expect(log.entries.count { $0.hasSuffix("roll back") } == 1)
    #expect(results.count { $0.outcome == .rolledBack } == 1)
    let culprit = try #require(results.first { $0.outcome == .rolledBack }).node
    let waited = results.filter { $0.node != culprit }
    #expect(waited.allSatisfy { $0.skipped.map(\.why) == ["node.\(culprit) failed"] })
  }

  @Test("with `continue` a failure keeps nobody, and all who failed are taken back")
  func goesOn() async throws {
    let crowd = Crowd()
    let results = await run(try nodes(10, crowd, failing: true), 1)
    #expect(crowd.batches == 10)
    #expect(results.allSatisfy { $0.outcome == .rolledBack })
  }

  @Test("taking back needs no permit: none is held by anybody who waits for it")
  func takingBack() async throws {
    let crowd = Crowd()
    var tasks = try nodes(4, crowd)
    tasks.append(try nodes(1, crowd, named: "z", failing: true)[0])
    let results = await run(tasks, 1, .rollback)
    #expect(results.allSatisfy { $0.outcome != .changed && $0.outcome != .unknown })
  }

  @Test("permits are given in the order in which they were asked for")
  func order() async {
    let permits = Permits(1)
    let log = Log()
    let gate = Gate()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await permits.hold { _ in await gate.wait() } }
      await gate.waitForGuests(1)
      for number in 0..<5 {
        group.addTask { await permits.hold { log.add("\(number) \($0)") } }
        await permits.waitUntil(waiting: number + 1)
      }
      gate.open()
    }
    #expect(log.entries == (0..<5).map { "\($0) afterOthers" })
  }

  @Test("who is cancelled while waiting goes without a permit, and none is lost")
  func cancelled() async {
    let permits = Permits(1)
    let gate = Gate()
    let first = Task { await permits.hold { _ in await gate.wait() } }
    await gate.waitForGuests(1)
    let second = Task { await permits.hold { $0 } }
    await permits.waitUntil(waiting: 1)
    second.cancel()
    #expect(await second.value == .cancelled)
    gate.open()
    await first.value
    #expect(await permits.hold { $0 } == .atOnce)
    let late = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await permits.hold { $0 }
    }
    #expect(await late.value == .cancelled)
    #expect(await permits.hold { $0 } == .atOnce)
  }

  // MARK: Material

  private func nodes(
    _ count: Int,
    _ crowd: Crowd,
    named letter: String = "n",
    log: Log = Log(),
    failing: Bool = false
  ) throws -> [NodeTask] {
    try (0..<count).map { number in
      let name = "\(letter)\(number)"
      let plain = try task(name, [file(name, "/etc/a")], log, failing: failing ? .writeFile : nil)
      let recorder = try #require(plain.worker as? Recorder)
      return NodeTask(
        plain.input,
        schedule: plain.schedule,
        observed: plain.observed,
        worker: Counted(inner: recorder, crowd: crowd)
      )
    }
  }

  private func run(
    _ tasks: [NodeTask],
    _ parallelism: Int?,
    _ policy: FailurePolicy = .continue,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) async -> [NodeResult] {
    await FleetRun(
      tasks,
      fleet: "test",
      options: PlanOptions(),
      sources: NoSources(),
      onFailure: policy,
      parallelism: parallelism,
      isInterrupted: isInterrupted
    ) { _ in }
    .perform().results
  }
}

/// Who is being changed at the same time.
private final class Crowd: Sendable {
  private let state = Mutex((inside: 0, most: 0, batches: 0))
  /// So many must be inside before anybody leaves.
  private let waitsFor: Int
  init(waitsFor: Int = 1) { self.waitsFor = waitsFor }
  var most: Int { state.withLock { $0.most } }
  var batches: Int { state.withLock { $0.batches } }

  func pass() async {
    state.withLock { state in
      state.inside += 1
      state.batches += 1
      state.most = max(state.most, state.inside)
    }
    repeat { for _ in 0..<20 { await Task.yield() } } while most < waitsFor
    state.withLock { $0.inside -= 1 }
  }
}

/// A node that counts itself while it is changed.
private struct Counted: NodeWorker {
  let inner: Recorder
  let crowd: Crowd

  func observe(_ request: ProbeRequest) async -> NodeObservation { await inner.observe(request) }
  func run(_ operations: [NodeOperation], name: String, arming: Bool) async -> BatchOutcome {
    await crowd.pass()
    return await inner.run(operations, name: name, arming: arming)
  }
  func get(_ request: HTTPCheck.Request) async throws(TransportError) -> HTTPAnswer {
    try await inner.get(request)
  }
  func lostHold() async -> String? { nil }
  func open(host: String, port: Int) async throws(TransportError) {}
  func write(_ manifest: Manifest) async -> BatchOutcome { await inner.write(manifest) }
  func rollBack() async -> BatchOutcome { await inner.rollBack() }
  func confirm() async -> WayBack { await inner.confirm() }
  func settle() async -> WayBack { await inner.settle() }
  func finish(summary: String) async {}
}

/// Holds its guests until it is opened.
private final class Gate: Sendable {
  private let state = Mutex((guests: 0, isOpen: false))
  func wait() async {
    state.withLock { $0.guests += 1 }
    while !state.withLock({ $0.isOpen }) { await Task.yield() }
  }
  func waitForGuests(_ count: Int) async {
    while state.withLock({ $0.guests }) < count { await Task.yield() }
  }
  func open() { state.withLock { $0.isOpen = true } }
}

extension Permits {
  fileprivate func waitUntil(waiting count: Int) async {
    while waiting < count { await Task.yield() }
  }
}
