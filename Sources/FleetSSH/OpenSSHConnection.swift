import CLibSSH2
package import FleetTransport
import Glibc

/// A connection that OpenSSH's `ssh` makes for us: the second transport.
///
/// One child logs in and holds a control socket in a private folder; commands and streams are children
/// that pass through it without a login of their own. Each connection has its own child, so a new
/// connection is a new login. When fleetctl dies the child's input ends, and with it the child.
package actor OpenSSHConnection: RemoteConnection {
  nonisolated private let loop: EventLoop
  nonisolated private let link: EventLoop.LinkID
  nonisolated private let target: SSHTarget
  nonisolated private let shared: SSHConnector.Shared
  nonisolated private let arguments: OpenSSHArguments
  // Keys from encrypted files, which ssh could not open.
  nonisolated private let openedKeys: [PrivateKey]
  // What fleet.lock pins, as lines of known_hosts; nil leaves it to the target's files.
  nonisolated private let pins: [String]?
  nonisolated private let turn = Gate(1)
  /// See `RemoteConnection`.
  nonisolated package let detour: String?

  /// Where the control socket lies.
  nonisolated let folder: PrivateFolder
  private var master: ChildConversation?
  // The way to the node lasts as long as the connection.
  private var jump: JumpMaster?
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
      do throws(TransportError) {
        return .success(try await body())
      } catch {
        return .failure(error)
      }
    } onCancel: {
      loop.cancel(link)
    }
    if case .failure(let error) = outcome, !error.leavesConnectionUsable { isClosed = true }
    return try outcome.get()
  }

  // MARK: Login

  private func logIn() async throws(TransportError) {
    let proxy = try await proxy()
    let marker = "fleetctl-in-" + String(UInt64.random(in: 0...UInt64.max), radix: 16)
    let agent = keyAgent()
    defer { agent?.stop() }
    let socket = agent == nil ? shared.agents.socket(for: target) : folder.path + "/a"
    let child = try start(
      arguments.master(marker: marker, agent: socket, proxy: proxy, knownHosts: try pinFile())
    )
    master = child
    // ssh bounds connecting by itself; this bounds all of its steps.
    let deadline = Deadline(in: target.connectTimeout * 3)
    var flow = Flow(input: [], held: nil, cap: 65_536)
    let wanted = Array("\(marker)\n".utf8)
    while flow.output.firstRange(of: wanted) == nil {
      let arrived = try receive(&flow, child, step: "login")
      if child.hasFallenSilent {
        throw OpenSSHFailure.error(flow.errors, target, place: place)
      }
      if !arrived { try await park("login", child, deadline) }
    }
  }

  /// The file with the pins of fleet.lock, which stand for the target's own files.
  private func pinFile() throws(TransportError) -> [String] {
    guard let pins else { return target.knownHostsFiles }
    let path = folder.path + "/h"
    let text = pins.map { $0 + "\n" }.joined()
    if let failure = LocalFile.replace(path, with: Array(text.utf8)) {
      throw TransportError(
        .internalFailure,
        step: "connect",
        "a private file in /tmp could not be written: \(failure.text)"
      )
    }
    return [path]
  }

  /// The `ProxyCommand` of the target's route; a jump host is shared with all nodes behind it.
  private func proxy() async throws(TransportError) -> String? {
    switch target.route {
    case .direct: return nil
    case .command(let text): return SSHOption.literal(text)
    case .jumps(let chain):
      let master = try await shared.jumps.master(for: chain, patience: target.connectTimeout)
      jump = master
      return master.proxyCommand
    }
  }

  /// An agent with the keys that were decrypted; nil when ssh can read all of them by itself.
  private func keyAgent() -> KeyAgent? {
    guard !openedKeys.isEmpty else { return nil }
    return KeyAgent(
      path: folder.path + "/a",
      keys: openedKeys,
      upstream: shared.agents.socket(for: target)
    )
  }

  /// The key with which the server identifies itself; no login is attempted.
  func fetchHostKey() async throws(TransportError) -> HostKey {
    try await alone { () async throws(TransportError) in try await self.lookAtHostKey() }
  }

  private func lookAtHostKey() async throws(TransportError) -> HostKey {
    let file = folder.path + "/k"
    let child = try start(arguments.hostKey(into: file, proxy: try await proxy()))
    child.endInput()
    let deadline = Deadline(in: target.connectTimeout * 2)
    var flow = Flow(input: [], held: nil, cap: 65_536)
    while !child.hasFallenSilent {
      let arrived = try receive(&flow, child, step: "handshake")
      if !arrived { try await park("handshake", child, deadline) }
    }
    // That the login is refused is expected; the file has the key or the words have the reason.
    guard case .success(let bytes) = LocalFile.read(file, limit: 65_536),
      let key = KnownHosts([bytes]).keys.first
    else { throw OpenSSHFailure.error(flow.errors, target, place: place) }
    return key
  }

  private func start(_ arguments: [String]) throws(TransportError) -> ChildConversation {
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

  // MARK: Commands

  private func perform(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult {
    try demandMaster()
    let deadline = Deadline(in: command.deadline)
    let password = shared.sudoPassword.text(for: target)
    let invocation = try Invocation(command, target, sudoPassword: password)
    let child = try start(arguments.command(invocation.text))
    var flow = Flow(input: invocation.input, held: invocation.heldInput, cap: command.outputCap)
    while !child.hasFallenSilent {
      let arrived = try receive(&flow, child, step: "run")
      let sent = send(&flow, child)
      guard !deadline.hasPassed else { throw timedOut("run", deadline) }
      if !arrived, !sent, !child.hasFallenSilent { try await park("run", child, deadline) }
    }
    let status = try await end(of: child, "run", deadline)
    if status == 255, try await masterHasEnded() { throw lost("run", flow.errors) }
    return try invocation.result(flow, status, target)
  }

  private func receive(
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

  private func send(_ flow: inout Flow, _ child: ChildConversation) -> Bool {
    flow.releaseHeldInput()
    guard flow.hasInput else {
      child.expectsRoom(false)
      guard !flow.isEndSent, flow.isInputComplete else { return false }
      child.endInput()
      flow.isEndSent = true
      return true
    }
    guard let count = child.write(flow.input[flow.offset...]) else {
      // It reads no more; what it says is still to be read.
      flow.offset = flow.input.count
      return true
    }
    flow.offset += count
    child.expectsRoom(flow.hasInput)
    return count > 0
  }

  private func end(
    of child: ChildConversation,
    _ step: String,
    _ deadline: Deadline
  ) async throws(TransportError) -> Int {
    while true {
      if let status = child.poll() { return status }
      try await park(step, child, deadline)
    }
  }

  private func demandMaster() throws(TransportError) {
    guard let master else { throw closed() }
    guard master.poll() == nil else { throw lost("run", []) }
  }

  /// Whether the connection is gone; it may take a moment to end after the command that it carried.
  private func masterHasEnded() async throws(TransportError) -> Bool {
    guard let master else { return true }
    let grace = Deadline(in: .milliseconds(300))
    var flow = Flow(input: [], held: nil, cap: 1 << 20)
    while master.poll() == nil {
      _ = try receive(&flow, master, step: "run")
      do throws(TransportError) {
        try await park("run", master, grace)
      } catch {
        guard error.code == .timedOut else { throw error }
        return master.poll() != nil
      }
    }
    return true
  }

  // MARK: Streams

  private func perform(_ request: StreamRequest) async throws(TransportError) -> [UInt8] {
    try demandMaster()
    let deadline = Deadline(in: request.deadline)
    var stream = try ForwardedStream(request)
    try stream.advance()
    let child = try start(arguments.stream(request.host, request.port))
    var said: [UInt8] = []
    while !child.hasFallenSilent {
      var moved = false
      while let bytes = child.read(.errors) {
        moved = true
        if bytes.isEmpty { break }
        said += bytes.prefix(max(0, 4096 - said.count))
      }
      while let bytes = child.read(.output) {
        moved = true
        if bytes.isEmpty { break }
        try stream.take(bytes)
        guard stream.output.count <= request.outputCap else {
          throw TransportError(
            .outputTooLarge,
            step: "exchange",
            "\(place) sent more than \(request.outputCap) bytes"
          )
        }
      }
      if stream.isFinished { return stream.output }
      if !stream.outgoing.isEmpty {
        let count = child.write(stream.outgoing[...]) ?? stream.outgoing.count
        stream.outgoing.removeFirst(count)
        moved = moved || count > 0
      }
      child.expectsRoom(!stream.outgoing.isEmpty)
      guard !deadline.hasPassed else { throw timedOut("exchange", deadline) }
      if !moved, !child.hasFallenSilent { try await park("exchange", child, deadline) }
    }
    let status = try await end(of: child, "exchange", deadline)
    guard status == 0 || !stream.output.isEmpty else {
      if try await masterHasEnded() { throw lost("exchange", said) }
      throw unreachable(request, said)
    }
    try stream.end()
    return stream.output
  }

  /// ssh tells a control client only that the node did not open the stream; the usual reasons follow.
  private func unreachable(_ request: StreamRequest, _ said: [UInt8]) -> TransportError {
    TransportError(
      .refused,
      step: "exchange",
      "\(target.node) cannot reach \(request.host):\(request.port): \(PrintableText.line(said))",
      remedy: "Nothing listens there, or the node's sshd forbids forwarding (`AllowTcpForwarding`)."
    )
  }

  // MARK: Waiting and errors

  private func park(
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

  private nonisolated var place: String {
    "\(target.user)@\(KnownHosts.name(host: target.host, port: target.port))"
  }

  private func closed() -> TransportError {
    TransportError(.closed, step: "run", "the connection to \(place) is closed")
  }

  private func timedOut(_ step: String, _ deadline: Deadline) -> TransportError {
    TransportError(.timedOut, step: step, "\(place) did not answer within \(deadline.text)")
  }

  private func lost(_ step: String, _ said: [UInt8]) -> TransportError {
    let text = said.isEmpty ? "ssh ended" : PrintableText.line(said)
    return TransportError(
      .connectionLost,
      step: step,
      "the connection to \(place) broke: \(text)"
    )
  }
}

/// A folder of this user alone, for one control socket.
final class PrivateFolder: Sendable {
  /// Its path; short, because a socket's path has at most 107 bytes.
  let path: String

  /// Makes the folder (mode 0700); nil with `errno` when that fails.
  init?() {
    var template = Array("/tmp/fleetctl-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { return nil }
    path = String(cString: made)
  }

  deinit {
    remove()
  }

  /// Removes the folder with the sockets, the fetched key and the pins in it.
  func remove() {
    for name in ["s", "k", "a", "h"] { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}
