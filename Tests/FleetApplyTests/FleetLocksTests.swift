import FleetModel
import FleetResources
import FleetTransport
import Synchronization
import Testing

@testable import FleetApply

/// The locks of several nodes: all, or none while another's is waited for.
@Suite struct FleetLocksTests: Sendable {
  let benches: [Bench]
  init() throws { benches = try (0..<2).map { _ in try Bench() } }

  @Test func `all are taken and seen in one round trip each`() async throws {
    let rounds = Rounds()
    let nodes = try nodes(over: { _ in rounds })
    let taken = await locks(waiting: 0).take(nodes)
    #expect(taken.failures.isEmpty)
    #expect(taken.looks.keys.map(\.name).sorted() == ["n0", "n1"])
    #expect(rounds.number == 2)
    for node in nodes { #expect(try await node.session.inspectLock().holder == "alice") }
  }

  @Test func `none is held while another's is waited for`() async throws {
    let bob = try await locked(1, "bob")
    let seen = Mutex<[String?]>([])
    let waiting = try nodes(pause: { _ in
      let free = try? await benches[0].session().inspectLock()
      seen.withLock { $0.append(free?.holder) }
      try? await bob.releaseLock()
    })
    let taken = await locks(waiting: 600).take(waiting)
    #expect(taken.failures.isEmpty)
    #expect(seen.withLock { $0 } == [nil])
    for node in waiting { #expect(try await node.session.inspectLock().holder == "alice") }
  }

  @Test func `two who want the same nodes both get all of them, one after the other`() async throws
  {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for name in ["alice", "bob"] {
        let nodes = try nodes()
        group.addTask {
          for _ in 0..<3 {
            let taken = await locks(name, waiting: 1_000_000).take(nodes)
            #expect(taken.failures.isEmpty)
            for node in nodes {
              let lock = try await node.session.inspectLock()
              #expect(lock.holder == name)
            }
            for node in nodes { try await node.session.releaseLock() }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func `whoever holds one still when the time is over is named, and nothing is kept`()
    async throws
  {
    _ = try await locked(1, "bob")
    let nodes = try nodes()
    let taken = await locks(waiting: 4).take(nodes)
    #expect(taken.failures.keys.map(\.name) == ["n1"])
    #expect(taken.failures.values.allSatisfy { $0.isHeldByAnother })
    #expect(try await benches[0].session().inspectLock().holder == nil)
  }

  @Test func `a failure that is fatal ends the waiting, another does not`() async throws {
    let bob = try await locked(1, "bob")
    try await benches[0].session().freeze(because: "a disk")
    let refused = await locks(waiting: 600, isFatal: true).take(try nodes())
    #expect(refused.failures.keys.map(\.name).sorted() == ["n0", "n1"])
    let going = try nodes(pause: { _ in try? await bob.releaseLock() })
    let taken = await locks(waiting: 600).take(going)
    #expect(taken.failures.keys.map(\.name) == ["n0"])
    #expect(try await benches[1].session().inspectLock().holder == "alice")
  }

  @Test func `an interrupt ends the waiting`() async throws {
    _ = try await locked(1, "bob")
    let isAsked = Atomic<Bool>(false)
    let nodes = try nodes(pause: { _ in isAsked.store(true, ordering: .relaxed) })
    let locks = locks(waiting: 1_000_000) { isAsked.load(ordering: .relaxed) }
    let taken = await locks.take(nodes)
    #expect(taken.failures.keys.map(\.name) == ["n1"])
  }

  @Test func `a lock is renewed from the moment it is held, while another node hangs`() async throws
  {
    let lock = benches[0].layout.runDirectory + "/lock"
    let deadline = "sed -n 's/^deadline=//p' '\(lock)'"
    // The second node answers only once the first one's lease, cut short, is long again.
    let hung = Hanging {
      while Scratch.sh("test -e '\(lock)'") != 0 { await Task.yield() }
      _ = Scratch.sh("sed -i 's/^deadline=.*/deadline=1/' '\(lock)'")
      while Scratch.sh("test \"$(\(deadline))\" -gt 1") != 0 { await Task.yield() }
    }
    let clock = RunClock(
      now: { .zero },
      sleep: { _ in
        await Task.yield()
        try Task.checkCancellation()
      }
    )
    let keeper = LeaseKeeper(every: 30, clock: clock)
    let nodes = try nodes(over: { $0 == 0 ? LocalShell() as any RemoteConnection : hung })
    let taken = await locks(waiting: 0, keeper: keeper).take(nodes)
    keeper.stop()
    #expect(taken.failures.isEmpty)
  }

  /// The nodes as one client sees them.
  private func nodes(
    pause: @escaping @Sendable (Duration) async -> Void = { _ in await Task.yield() },
    over connection: (Int) -> any RemoteConnection = { _ in LocalShell() }
  ) throws -> [FleetLocks.Node] {
    try benches.enumerated().map { index, bench in
      let session = NodeSession(
        over: connection(index),
        layout: bench.layout,
        random: Bench.random,
        pause: pause
      ) { () async throws(TransportError) in LocalShell() }
      return FleetLocks.Node(
        try #require(NodeID("n\(index)")),
        session,
        look: ProbeRequest.covering([])
      )
    }
  }

  private func locked(_ index: Int, _ holder: String) async throws -> NodeSession {
    let session = benches[index].session()
    try await session.acquireLock(
      holder: holder,
      planDigest: "d",
      leaseSeconds: 3600,
      token: Bench.random()
    )
    return session
  }

  private func locks(
    _ holder: String = "alice",
    waiting seconds: Int,
    keeper: LeaseKeeper = LeaseKeeper(every: 30),
    isFatal: Bool = false,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) -> FleetLocks {
    FleetLocks(
      holder: holder,
      planDigest: "d",
      leaseSeconds: 3600,
      waitSeconds: seconds,
      keeper: keeper,
      // Time passes by the pauses alone.
      clock: RunClock(now: { .zero }, sleep: { _ in await Task.yield() }),
      token: Bench.random,
      pause: { _ in try? await Task.sleep(for: .milliseconds(Int.random(in: 0..<50))) },
      isFatal: { _, _ in isFatal },
      isInterrupted: isInterrupted
    )
  }
}

/// Counts the round trips of all nodes.
private final class Rounds: RemoteConnection {
  private let count = Mutex(0)
  var number: Int { count.withLock { $0 } }

  func run(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult {
    count.withLock { $0 += 1 }
    return try await LocalShell().run(command)
  }

  func run(_ commands: [RemoteCommand]) async throws(TransportError) -> [RemoteResult] {
    count.withLock { $0 += 1 }
    return try await LocalShell().run(commands)
  }

  func exchange(_ request: StreamRequest) async throws(TransportError) -> [UInt8] { [] }
  func close() async {}
}

/// A connection whose commands waits for something.
private struct Hanging: RemoteConnection {
  let until: @Sendable () async -> Void

  func run(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult {
    await until()
    return try await LocalShell().run(command)
  }

  func exchange(_ request: StreamRequest) async throws(TransportError) -> [UInt8] { [] }
  func close() async {}
}
