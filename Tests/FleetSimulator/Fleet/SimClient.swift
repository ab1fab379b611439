package import FleetApply
import FleetTransport

/// An operator's machine: it can die at any exchange, sleep for minutes, lose connections.
package final class SimClient: @unchecked Sendable {
  let world: World
  /// Name for the trace.
  package let name: String
  /// Exchanges so far.
  package var exchanges = 0
  /// Which exchanges are cut off, and how.
  package var cuts: [Int: Cut] = [:]
  /// The exchange before which it is killed.
  package var diesAt: Int?
  /// The exchange before which it is stopped, and for how many seconds.
  package var pausesAt: (exchange: Int, seconds: Int)?
  /// The same, counted from the moment in which it has its locks.
  package var pausesAfterLock: (exchanges: Int, seconds: Int)?
  /// The exchange after which the first interrupt comes.
  package var interruptedAt: Int?
  /// One way, microseconds, at most.
  package var latency = 20_000
  /// Whether it was killed.
  package private(set) var isDead = false
  /// Whether it was stopped meanwhile.
  package private(set) var wasPaused = false
  private var pausedUntil = 0
  private var afterlife = 0
  var pending: [ObjectIdentifier: Exchange] = [:]

  init(_ name: String, _ world: World) {
    self.name = name
    self.world = world
  }

  /// Whether an interrupt came.
  package var isInterrupted: Bool { interruptedAt.map { exchanges >= $0 } ?? false }

  func delay() -> Int { world.dice.within(200...max(300, latency)) }

  /// What befalls it at this exchange.
  func strike() {
    if diesAt == exchanges { die() }
    if let pause = pausesAt, pause.exchange == exchanges {
      world.note("\(name): stopped for \(pause.seconds) s")
      wasPaused = true
      pausedUntil = world.now + pause.seconds * 1_000_000
    }
  }

  /// It has its locks now.
  func hasLocked() {
    guard let pause = pausesAfterLock else { return }
    pausesAt = (exchanges + pause.exchanges, pause.seconds)
  }

  /// kill -9: nothing that it began goes on, and nothing is waited for.
  package func die() {
    guard !isDead else { return }
    world.note("\(name): killed")
    isDead = true
    for exchange in pending.values { exchange.finish(.lost) }
  }

  /// A place where the client waits: goes on only when it runs.
  func pass(_ step: String) async throws(TransportError) {
    while world.now < pausedUntil, !isDead, !world.isOver {
      await world.sleep(pausedUntil - world.now)
    }
    if isDead || world.isOver { throw TransportError(.closed, step: step, "the client was killed") }
  }

  /// Waits some time.
  package func nap(_ duration: Duration) async throws {
    if isDead || world.isOver { throw CancellationError() }
    await world.sleep(Int(duration / .microseconds(1)))
    do { try await pass("nap") } catch { throw CancellationError() }
  }

  /// Its clock; once it is dead every deadline is over.
  package var clock: RunClock {
    RunClock(
      now: { [self] in
        guard isDead || world.isOver else { return .microseconds(world.now) }
        afterlife += 1_000_000
        return .seconds(1_000_000_000 + afterlife)
      },
      sleep: { [self] in try await nap($0) }
    )
  }

  /// Logs in.
  func connect(to node: SimNode) async throws(TransportError) -> SimConnection {
    try await pass("connect")
    await world.sleep(3 * delay())
    try await pass("connect")
    let isAway = node.cutOffUntil > world.now || !node.isUp || node.isLockedOut()
    if isAway {
      await world.sleep(5_000_000)
      try await pass("connect")
      throw TransportError(.timedOut, step: "connect", "no answer within 5 s")
    }
    guard node.acceptsLogins else {
      throw TransportError(.refused, step: "connect", "connection refused")
    }
    return SimConnection(self, node)
  }
}
