import FleetTransport
import Glibc
import Testing

@testable import FleetApply

@Suite struct LockTests: Sendable {
  let bench: Bench
  init() throws { bench = try Bench() }

  func acquire(
    _ holder: String,
    wait: Int = 0,
    token: String = Bench.random()
  ) async throws -> NodeSession {
    let session = bench.session()
    try await session.acquireLock(
      holder: holder,
      planDigest: "d",
      leaseSeconds: 3600,
      token: token,
      waitSeconds: wait
    )
    return session
  }

  @Test func `the second comer is told who holds the lock and for how long`() async throws {
    _ = try await acquire("alice@host pid 12")
    let error = await #expect(throws: ApplyError.self) { try await acquire("bob") }
    guard case .lockHeld(let holder) = error?.code else {
      Issue.record("expected a held lock, got \(String(describing: error))")
      return
    }
    #expect(holder.hasPrefix("alice@host pid 12, "))
    #expect(holder.hasSuffix(" s left"))
  }

  @Test func `one of many wins`() async throws {
    let winners = await withTaskGroup(of: Int.self) { group in
      for number in 0..<12 {
        group.addTask { (try? await acquire("racer \(number)")) == nil ? 0 : 1 }
      }
      return await group.reduce(0, +)
    }
    #expect(winners == 1)
  }

  @Test func `a released lock is free, and a lock that is waited for is taken`() async throws {
    let first = try await acquire("alice")
    await #expect(throws: ApplyError.self) { try await acquire("bob", wait: 4) }
    try await first.releaseLock()
    _ = try await acquire("bob")
    // Her release came twice: it must not take his lock.
    try await first.releaseLock()
    await #expect(throws: ApplyError.self) { try await acquire("carol") }
  }

  @Test func `what becomes of a lock is told: waited for once, ours, given back once`() async throws
  {
    let first = try await acquire("alice")
    let log = Log()
    let second = NodeSession(
      over: LocalShell(),
      layout: bench.layout,
      random: Bench.random,
      pause: { _ in },
      hears: { news in
        switch news {
        case .waiting(let holder, let seconds):
          log.add("waiting for \(holder.prefix(5)), \(seconds) s")
        case .acquired: log.add("acquired")
        case .released: log.add("released")
        }
      }
    ) { () async throws(TransportError) in LocalShell() }
    func take(_ wait: Int) async throws {
      try await second.acquireLock(
        holder: "bob",
        planDigest: "d",
        leaseSeconds: 3600,
        token: Bench.random(),
        waitSeconds: wait
      )
    }
    await #expect(throws: ApplyError.self) { try await take(0) }
    #expect(log.entries == [])
    await #expect(throws: ApplyError.self) { try await take(6) }
    #expect(log.entries == ["waiting for alice, 6 s"])
    try await first.releaseLock()
    try await take(0)
    try await second.releaseLock()
    try await second.releaseLock()
    #expect(log.entries == ["waiting for alice, 6 s", "acquired", "released"])
  }

  @Test func `the token of a run that was cut off takes its lock over`() async throws {
    let token = Bench.random()
    _ = try await acquire("alice", token: token)
    _ = try await acquire("alice again", token: token)
  }

  @Test func `a lease that ran out and a lock of an earlier boot are void`() async throws {
    for line in ["s/^deadline=.*/deadline=1/", "s/^boot=.*/boot=other/"] {
      let session = try await acquire("alice")
      _ = Scratch.sh("sed -i \"$2\" \"$1/lock\"", bench.layout.runDirectory, line)
      let second = try await acquire("bob")
      let error = await #expect(throws: ApplyError.self) { try await session.renewLock() }
      #expect(error?.code == .lostLease)
      try await second.renewLock()
      try await second.breakLock()
    }
  }

  @Test func `a lock says since when it is held, whatever renews it`() async throws {
    let token = Bench.random()
    let session = try await acquire("alice", token: token)
    // Since the first second of the machine.
    let set = "sed -i \"s/^since=.*/since=$2/\" \"$1/lock\""
    _ = Scratch.sh(set, bench.layout.runDirectory, "1")
    let before = try #require(try await session.inspectLock().secondsHeld)
    try await session.renewLock()
    _ = try await acquire("alice again", token: token)
    #expect(try #require(try await session.inspectLock().secondsHeld) >= before)
    #expect(Scratch.sh("grep -qx since=1 \"$1/lock\"", bench.layout.runDirectory) == 0)
    // Another's begins anew.
    try await session.breakLock()
    _ = try await acquire("bob")
    #expect(Scratch.sh("grep -qx since=1 \"$1/lock\"", bench.layout.runDirectory) == 1)
  }

  @Test func `a lock of a fleetctl that wrote no moment down is read, and stays so`() async throws {
    let session = try await acquire("alice")
    _ = Scratch.sh("sed -i '/^since=/d' \"$1/lock\"", bench.layout.runDirectory)
    for _ in 0..<2 {
      let lock = try await session.inspectLock()
      #expect(lock.holder == "alice")
      #expect(lock.secondsHeld == nil)
      #expect((1...60).contains(lock.secondsLeft))
      try await session.renewLock()
    }
  }

  @Test func `who lost the lock can change nothing`() async throws {
    let first = try await acquire("alice")
    try await first.breakLock()
    let token = Bench.random()
    try await first.acquireLock(holder: "alice", planDigest: "d", leaseSeconds: 3600, token: token)
    _ = Scratch.sh("sed -i 's/^token=.*/token=another/' \"$1/lock\"", bench.layout.runDirectory)
    let error = await #expect(throws: ApplyError.self) {
      try await first.run(batch: [bench.write("a", "x")], transaction: "t", name: "b")
    }
    #expect(error?.code == .lostLease)
    #expect(!bench.exists("a"))
  }

  @Test func `the lock taken over in the middle of a batch stops the rest`() async throws {
    let session = try await acquire("alice")
    let lock = bench.layout.runDirectory + "/lock"
    let steal = bench.step("steal", "sed -i 's/^token=.*/token=another/' '\(lock)'")
    let error = await #expect(throws: ApplyError.self) {
      try await session.run(batch: [steal, bench.write("a", "x")], transaction: "t", name: "b")
    }
    #expect(error?.code == .lostLease)
    #expect(!bench.exists("a"))
  }
}
