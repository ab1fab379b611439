/// The time of an apply: seconds that pass, never the wall clock, and waiting.
///
/// A parameter so that the simulator (docs/simulator.md) can let hours pass in milliseconds.
package struct RunClock: Sendable {
  /// Time since some moment before the run; never goes back.
  package let now: @Sendable () -> Duration
  /// Waits; throws `CancellationError` when the task is cancelled meanwhile.
  package let sleep: @Sendable (Duration) async throws -> Void

  /// Makes a clock.
  package init(
    now: @escaping @Sendable () -> Duration,
    sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.now = now
    self.sleep = sleep
  }

  /// The machine's own.
  package static var system: RunClock {
    let start = ContinuousClock.now
    return RunClock(
      now: { start.duration(to: .now) },
      sleep: { try await ContinuousClock().sleep(for: $0) }
    )
  }
}
