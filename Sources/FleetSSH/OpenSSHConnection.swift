import CLibSSH2
package import FleetTransport
import Glibc

/// A connection that OpenSSH's `ssh` makes for us: the second transport.
///
/// One child logs in and holds a control socket in a private folder; commands and streams are children
/// that pass through it without a login of their own. Each connection has its own child, so a new
/// connection is a new login. When fleetctl dies the child's input ends, and with it the child.
package actor OpenSSHConnection: RemoteConnection {
  nonisolated let loop: EventLoop
  nonisolated let link: EventLoop.LinkID
  nonisolated let target: SSHTarget
  nonisolated let shared: SSHConnector.Shared
  nonisolated let arguments: OpenSSHArguments
  // Keys from encrypted files, which ssh could not open.
  nonisolated let openedKeys: [PrivateKey]
  // What fleet.lock pins, as lines of known_hosts; nil leaves it to the target's files.
  nonisolated let pins: [String]?
  nonisolated private let turn = Gate(1)
  /// See `RemoteConnection`.
  nonisolated package let detour: String?

  /// Where the control socket lies.
  nonisolated let folder: PrivateFolder
  var master: ChildConversation?
  // The way to the node lasts as long as the connection.
  var jump: JumpMaster?
  private var isClosed = false
  private var isBusy = false

  /// The event loop as the executor of this actor.
  nonisolated package var unownedExecutor: UnownedSerialExecutor {
    loop.asUnownedSerialExecutor()
  }

  init(
    _ target: SSHTarget,
    _ shared: SSHConnector.Shared,
    because reason: String,
    openedKeys: [PrivateKey] = [],
    pins: [String]? = nil
  ) throws(TransportError) {
    guard let loop = EventLoop.shared, let folder = PrivateFolder() else {
      throw TransportError(
        .internalFailure,
        step: "connect",
        "the event loop or a private folder in /tmp could not be made: \(Errno(code: errno).text)"
      )
    }
    self.loop = loop
    self.target = target
    self.shared = shared
    self.openedKeys = openedKeys
    self.pins = pins
    self.folder = folder
    arguments = OpenSSHArguments(
      target: target,
      configuration: shared.configuration,
      socket: folder.path + "/s"
    )
    detour = "reached through OpenSSH's ssh, because \(reason)"
    link = loop.newLink()
  }

  deinit {
    loop.retire(link)
  }

  // MARK: Operations

  /// Starts the child and waits until it has logged in.
  func open() async throws(TransportError) {
    try await alone { () async throws(TransportError) in try await self.logIn() }
  }

  /// The key with which the server identifies itself; no login is attempted.
  func fetchHostKey() async throws(TransportError) -> HostKey {
    try await alone { () async throws(TransportError) in try await self.lookAtHostKey() }
  }

  /// Runs `command` over the connection; see `RemoteConnection`.
  ///
  /// A command that died of a signal has status 255, which is all that ssh(1) tells of it.
  /// - Throws: `TransportError`; after a deadline, a cap or a cancellation the connection is closed.
  package func run(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult {
    try await alone { () async throws(TransportError) in try await self.perform(command) }
  }

  /// Sends `request` through a stream that the node opens; see `RemoteConnection`.
  ///
  /// - Throws: `TransportError`; the connection goes on afterwards unless it was lost.
  package func exchange(_ request: StreamRequest) async throws(TransportError) -> [UInt8] {
    try await alone { () async throws(TransportError) in try await self.perform(request) }
  }

  /// Ends the connection and whatever runs on it; both then throw `.closed`.
  package func close() async {
    isClosed = true
    loop.cancel(link)
    if !isBusy { hangUp() }
  }

  /// The child ends with its input; killed at once, as nothing runs over it any more.
  private func hangUp() {
    master = nil
    jump = nil
    folder.remove()
  }

  private func alone<Value: Sendable>(
    _ body: () async throws(TransportError) -> Value
  ) async throws(TransportError) -> Value {
    await turn.enter()
    isBusy = true
    defer {
      isBusy = false
      if isClosed { hangUp() }
      turn.leave()
    }
    guard !isClosed else { throw closed() }
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
    if case .failure(let error) = outcome, !error.leavesConnectionUsable { isClosed = true }
    return try outcome.get()
  }

  // MARK: Children, waiting, errors

  func receive(
    _ flow: inout Flow,
    _ child: ChildConversation,
    step: String
  ) throws(TransportError) -> Bool {
    var arrived = false
    for stream in [ChildConversation.Stream.output, .errors] {
      var rounds = 0
      while rounds < 32, let bytes = child.read(stream) {
        flow.take(bytes, isError: stream == .errors)
        guard flow.isWithinCap else {
          throw TransportError(
            .outputTooLarge,
            step: step,
            "\(place) sent more than \(flow.cap) bytes"
          )
        }
        arrived = true
        if bytes.isEmpty { break }
        rounds += 1
      }
    }
    return arrived
  }

  func start(_ arguments: [String]) throws(TransportError) -> ChildConversation {
    switch ChildConversation.start(arguments, environment: self.arguments.environment) {
    case .success(let child): return child
    case .failure(let failure):
      throw TransportError(
        .internalFailure,
        step: "connect",
        "\(arguments[0]) cannot be started: \(failure.text)",
        remedy: "Install openssh-client, or set `ssh.transport: libssh2`."
      )
    }
  }

  func park(
    _ step: String,
    _ child: ChildConversation,
    _ deadline: Deadline
  ) async throws(TransportError) {
    let wakeup = await withUnsafeContinuation { continuation in
      loop.park(continuation, link, child.watch, EPOLLIN.rawValue, until: deadline.nanoseconds)
    }
    switch wakeup {
    case .ready: return
    case .timedOut: throw timedOut(step, deadline)
    case .cancelled:
      guard !isClosed else { throw closed() }
      throw TransportError(.cancelled, step: step, "the \(step) on \(place) was cancelled")
    }
  }

  nonisolated var place: String {
    "\(target.user)@\(KnownHosts.name(host: target.host, port: target.port))"
  }

  func closed() -> TransportError {
    TransportError(.closed, step: "run", "the connection to \(place) is closed")
  }

  func timedOut(_ step: String, _ deadline: Deadline) -> TransportError {
    TransportError(.timedOut, step: step, "\(place) did not answer within \(deadline.text)")
  }

  func lost(_ step: String, _ said: [UInt8]) -> TransportError {
    let text = said.isEmpty ? "ssh ended" : PrintableText.line(said)
    return TransportError(
      .connectionLost,
      step: step,
      "the connection to \(place) broke: \(text)"
    )
  }
}
