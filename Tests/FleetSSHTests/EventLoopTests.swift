import Glibc
import Synchronization
import Testing

@testable import FleetSSH

struct EventLoopTests {
  /// All threads of the common pool are held until somebody who waits on the loop has got on.
  @Test
  func waitsOnTheLoopNeedNoThreadOfTheCommonPool() async throws {
    let loop = try #require(EventLoop.shared)
    let threads = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let pool = HeldPool(threads)
    async let waited: Void = Waiter(loop).wait(for: pool)
    let letGo = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<threads { group.addTask { pool.hold() } }
      return await group.reduce(true) { $0 && $1 }
    }
    await waited
    #expect(letGo, "a wait on the event loop ended only after a thread of the pool was free")
  }
}

/// Blocks threads until it is told to let them go.
private final class HeldPool: Sendable {
  private let state = Mutex((held: 0, isOver: false))
  private let wanted: Int

  init(_ wanted: Int) { self.wanted = wanted }

  var isFull: Bool { state.withLock { $0.held == wanted } }

  func letGo() { state.withLock { $0.isOver = true } }

  /// Whether it was let go, and not given up after a long time.
  func hold() -> Bool {
    state.withLock { $0.held += 1 }
    let end = Deadline(in: .seconds(900))
    var patience: Deadline?
    while !end.hasPassed, patience?.hasPassed != true {
      if state.withLock({ $0.isOver }) { return true }
      // Not before all are held: until then a thread may be at another test.
      if patience == nil, isFull { patience = Deadline(in: .seconds(120)) }
      usleep(1000)
    }
    return false
  }
}

private actor Waiter {
  nonisolated private let loop: EventLoop
  nonisolated private let link: EventLoop.LinkID

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(_ loop: EventLoop) {
    self.loop = loop
    link = loop.newLink()
  }

  func wait(for pool: HeldPool) async {
    await loop.running {
      while !pool.isFull { await nap() }
      for _ in 0..<3 { await nap() }
      pool.letGo()
    }
  }

  private func nap() async {
    let end = Deadline(in: .milliseconds(2))
    _ = await withUnsafeContinuation { continuation in
      loop.park(continuation, link, -1, 0, until: end.nanoseconds)
    }
  }
}
