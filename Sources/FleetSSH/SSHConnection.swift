import CLibSSH2
package import FleetTransport

/// One SSH session with a node: an actor on the event loop, so that libssh2 is entered only there.
///
/// Commands and exchanges run one at a time, in the order of the calls. A deadline, a cap or a
/// cancellation during a command closes the connection; during an exchange the next call logs in anew.
package actor SSHConnection: RemoteConnection {
  /// The executor of every connection.
  nonisolated let loop: EventLoop
  /// How the loop knows this connection.
  nonisolated let link: EventLoop.LinkID
  /// Where this connection leads.
  nonisolated let target: SSHTarget
  /// What known_hosts says about it.
  nonisolated let policy: HostKeyPolicy
  /// What all connections of the connector share.
  nonisolated let shared: SSHConnector.Shared
  /// What to log in with; nil for a connection that only looks at the host key.
  nonisolated let credentials: Credentials?
  /// Who wants to know each step of the login.
  nonisolated let recorder: StepRecorder?

  /// The session; nil before `open()` and after the end.
  var session: Session? {
    didSet { talk = nil }
  }
  /// The conversation that lasts as long as the session.
  var talk: Talk?
  /// The `ProxyCommand` that carries it, for what it says.
  var command: HelperProcess?
  private var mayReopen = false
  private var isClosed = false
  private var isBusy = false
  private var queue: [UnsafeContinuation<Void, Never>] = []

  /// The event loop as the executor of this actor.
  nonisolated package var unownedExecutor: UnownedSerialExecutor {
    loop.asUnownedSerialExecutor()
  }

  init(
    _ target: SSHTarget,
    _ policy: HostKeyPolicy,
    _ shared: SSHConnector.Shared,
    _ credentials: Credentials? = nil,
    recorder: StepRecorder? = nil
  ) throws(TransportError) {
    guard let loop = EventLoop.shared, Session.isLibraryReady else {
      throw TransportError(
        .internalFailure,
        step: "connect",
        "the event loop or libssh2 could not be started: out of files or memory"
      )
    }
    self.loop = loop
    self.target = target
    self.policy = policy
    self.shared = shared
    self.credentials = credentials
    self.recorder = recorder
    link = loop.newLink()
  }

  deinit {
    loop.retire(link)
  }

  // MARK: Operations

  /// Connects, verifies and logs in.
  func open() async throws(TransportError) {
    try await alone { () async throws(TransportError) in try await self.establish() }
  }

  /// Connects, takes the host key and hangs up.
  func fetchHostKey() async throws(TransportError) -> HostKey {
    defer { session = nil }
    return try await alone { () async throws(TransportError) in
      try await self.reachHostKey(
        preferring: (try? self.policy.preference()) ?? HostKey.supportedTypes
      )
    }
  }

  /// Runs `command` on a channel of its own; see `RemoteConnection`.
  ///
  /// - Throws: `TransportError`; after a deadline, a cap or a cancellation the connection is closed.
  package func run(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult {
    try await alone { () async throws(TransportError) in
      try await self.reopenIfNeeded()
      guard let script = command.script, script.lasts || self.talk != nil, self.mayTalk else {
        return try await self.perform(command)
      }
      return try await self.converse([command])[0]
    }
  }

  /// Runs `commands`, in one round trip where all of them belong to a conversation that lasts.
  package func run(
    _ commands: [RemoteCommand]
  ) async throws(TransportError) -> [RemoteResult] {
    let isOneTalk = commands.allSatisfy { $0.script?.lasts == true && $0.asRoot }
    guard isOneTalk, mayTalk, !commands.isEmpty else {
      var results: [RemoteResult] = []
      for command in commands { results.append(try await run(command)) }
      return results
    }
    return try await alone { () async throws(TransportError) in
      try await self.reopenIfNeeded()
      return try await self.converse(commands)
    }
  }

  /// Sends `request` through a stream that the node opens; see `RemoteConnection`.
  ///
  /// - Throws: `TransportError`; after `.refused`, `.tlsFailed`, `.timedOut` and `.outputTooLarge` the
  ///   connection goes on, if need be with a new login.
  package func exchange(_ request: StreamRequest) async throws(TransportError) -> [UInt8] {
    try await alone { () async throws(TransportError) in
      try await self.reopenIfNeeded()
      return try await self.perform(request)
    }
  }

  /// Ends the connection and whatever runs on it; both then throw `.closed`.
  package func close() async {
    isClosed = true
    // Whoever is waiting on the loop is told, and drops the session itself.
    loop.cancel(link)
    if !isBusy { session = nil }
  }

  private func reopenIfNeeded() async throws(TransportError) {
    if session != nil { return }
    guard mayReopen else {
      throw TransportError(.closed, step: "run", "the connection to \(place) is closed")
    }
    mayReopen = false
    try await establish()
  }

  /// Gives the session up after an exchange that could not be abandoned otherwise.
  func dropForReopening() {
    session = nil
    mayReopen = true
  }

  // MARK: One at a time

  private func alone<Value: Sendable>(
    _ body: () async throws(TransportError) -> Value
  ) async throws(TransportError) -> Value {
    await takeTurn()
    defer { passTurn() }
    guard !isClosed else {
      throw TransportError(.closed, step: "run", "the connection to \(place) is closed")
    }
    await shared.gate.enter()
    defer { shared.gate.leave() }
    let outcome: Result<Value, TransportError> = await withTaskCancellationHandler {
      await loop.running {
        do throws(TransportError) {
          return .success(try await body())
        } catch {
          return .failure(error)
        }
      }
    } onCancel: {
      loop.cancel(link)
    }
    if case .failure(let error) = outcome, !error.leavesConnectionUsable { session = nil }
    return try outcome.get()
  }

  private func takeTurn() async {
    guard isBusy else {
      isBusy = true
      return
    }
    await withUnsafeContinuation { queue.append($0) }
  }

  private func passTurn() {
    if queue.isEmpty {
      isBusy = false
      if isClosed { session = nil }
    } else {
      queue.removeFirst().resume()
    }
  }

  // MARK: Waiting

  /// Repeats `call` until libssh2 no longer asks to come again; returns what it then said.
  func settle(
    _ step: String,
    _ deadline: Deadline,
    _ call: (OpaquePointer) -> Int32
  ) async throws(TransportError) -> Int32 {
    while true {
      guard let session else { throw lost(step, "the connection is closed") }
      let code = call(session.raw)
      guard code == LIBSSH2_ERROR_EAGAIN else { return code }
      try await park(step, deadline)
    }
  }

  /// Waits until the socket can go on in the direction in which libssh2 is stuck.
  func park(_ step: String, _ deadline: Deadline) async throws(TransportError) {
    guard let session else { throw lost(step, "the connection is closed") }
    if session.mustWrite {
      try await park(step, session.wire.writing, EPOLLOUT.rawValue, deadline)
    } else {
      try await park(step, session.wire.reading, EPOLLIN.rawValue, deadline)
    }
  }

  /// Waits for `events` on `descriptor`; a negative one waits for a wake-up by name or the deadline.
  func park(
    _ step: String,
    _ descriptor: Int32,
    _ events: UInt32,
    _ deadline: Deadline
  ) async throws(TransportError) {
    let wakeup = await withUnsafeContinuation { continuation in
      loop.park(continuation, link, descriptor, events, until: deadline.nanoseconds)
    }
    switch wakeup {
    case .ready: return
    case .timedOut: throw timedOut(step, deadline)
    case .cancelled:
      let (code, text): (TransportError.Code, String) =
        isClosed ? (.closed, "closed") : (.cancelled, "cancelled")
      throw TransportError(code, step: step, "the \(step) on \(place) was \(text)")
    }
  }

  // MARK: Errors

  /// `user@host` and the port where it is not 22, for messages.
  nonisolated var place: String {
    "\(target.user)@\(KnownHosts.name(host: target.host, port: target.port))"
  }

  /// The deadline of `step` has passed.
  func timedOut(_ step: String, _ deadline: Deadline) -> TransportError {
    let isConnecting = step == "connect"
    return TransportError(
      .timedOut,
      step: step,
      "\(place) did not answer within \(deadline.text)",
      remedy: isConnecting
        ? "Check that the node is up and that no firewall drops port \(target.port); a slow network"
          + " needs a greater `ssh.connect_timeout`." : nil
    )
  }

  /// The connection broke during `step`.
  func lost(_ step: String, _ text: String) -> TransportError {
    TransportError(.connectionLost, step: step, "the connection to \(place) broke: \(text)")
  }

  /// The connection broke during `step` with libssh2's `code`.
  func lost(_ step: String, code: Int32) -> TransportError {
    lost(step, "\(session?.lastError ?? "no details") (libssh2 error \(code))")
  }
}

extension TransportError {
  /// Whether the session is in order after this error: the command or stream ended by itself.
  var leavesConnectionUsable: Bool {
    switch code {
    case .sudoPasswordWrong, .sudoPasswordRequired, .sudoNotAllowed, .sudoNeedsTerminal: true
    case .refused, .tlsFailed: step == "exchange"
    case .timedOut, .outputTooLarge: step == "exchange"
    default: false
    }
  }
}
