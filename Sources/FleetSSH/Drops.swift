import FleetTransport

/// The logins that a full sshd dropped, and when the next may be tried.
struct Drops {
  /// How many were dropped.
  private(set) var count = 0
  private let patience: Duration
  // From the first drop on: what came before, a login to a jump host perhaps, has deadlines of its own.
  private var deadline: Deadline?

  /// None yet; the connect timeout of `target` bounds all further tries together.
  init(_ target: SSHTarget) {
    patience = target.connectTimeout
  }

  /// Counts one more; returns how long to wait before the next, nil when it is too late for one.
  ///
  /// A quarter to three quarters of a second, twice as long each time up to 6 s: connections that were
  /// dropped together must not come back together.
  mutating func next() -> Duration? {
    count += 1
    let deadline = deadline ?? Deadline(in: patience)
    self.deadline = deadline
    let pause = Duration.milliseconds(Int.random(in: 250...750) << min(count - 1, 3))
    return Deadline(in: pause).nanoseconds < deadline.nanoseconds ? pause : nil
  }

  /// What is told of it as a step of a login.
  var text: String { "sshd hung up before its banner, as it does when it is full; trying again" }

  /// `error` with what was tried.
  func explain(_ error: TransportError) -> TransportError {
    guard count > 1 else { return error }
    return TransportError(
      error.code,
      step: error.step,
      "\(error.message); so it went \(count) times",
      remedy: error.remedy
        ?? "Where many log in to this sshd at once, raise its `MaxStartups`; behind a port forwarding,"
        + " see that something listens at its end."
    )
  }
}
