package import FleetTransport

/// How one exchange is cut off.
package enum Cut: Sendable, CaseIterable {
  /// The connection is reset before anything arrives.
  case before
  /// Half of what was sent arrives, then the connection is reset.
  case half
  /// All arrives and is done; the connection is reset before the answer.
  case after
  /// The answer is cut off, with exit status 0 (as libssh2 reports a closed channel).
  case truncated
}

/// One request under way, ended once by whoever comes first.
final class Exchange {
  enum End {
    case answers([[UInt8]]), lost, late
  }
  private var end: End?
  private var waiting: UnsafeContinuation<Void, Never>?

  var isOver: Bool { end != nil }

  func finish(_ end: End) {
    guard self.end == nil else { return }
    self.end = end
    waiting?.resume()
    waiting = nil
  }

  func wait() async -> End {
    if end == nil { await withUnsafeContinuation { waiting = $0 } }
    return end ?? .lost
  }
}

/// A connection of a simulated client to a simulated node: latency, resets, partitions.
package final class SimConnection: RemoteConnection, @unchecked Sendable {
  private let client: SimClient
  private let node: SimNode
  private var world: World { client.world }
  private var isOpen = true
  private var current: Exchange?
  private var queue: [UnsafeContinuation<Void, Never>] = []
  private var isBusy = false

  init(_ client: SimClient, _ node: SimNode) {
    self.client = client
    self.node = node
    node.connections[ObjectIdentifier(self)] = self
  }

  /// The peer is gone: what is under way ends, now or when somebody notices.
  func lose() {
    isOpen = false
    node.connections[ObjectIdentifier(self)] = nil
    current?.finish(.lost)
  }

  /// Runs a command as the interface says.
  package func run(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult {
    try await run([command])[0]
  }

  /// Runs all of them in one exchange, as a lasting shell does: one round trip, one thing to cut off.
  package func run(
    _ commands: [RemoteCommand]
  ) async throws(TransportError) -> [RemoteResult] {
    await enter()
    defer { leave() }
    try await client.pass("run")
    guard isOpen else { throw Self.lost }
    client.exchanges += 1
    client.strike()
    try await client.pass("run")
    let exchange = Exchange()
    current = exchange
    client.pending[ObjectIdentifier(exchange)] = exchange
    defer {
      current = nil
      client.pending[ObjectIdentifier(exchange)] = nil
    }
    let cut = client.cuts[client.exchanges]
    if let cut { world.note("\(client.name): exchange \(client.exchanges) is cut: \(cut)") }
    send(commands.map(\.stdin), cut, exchange)
    let limit = Int(commands.reduce(.zero) { $0 + $1.deadline } / .microseconds(1))
    world.after(limit) { exchange.finish(.late) }
    let end = await exchange.wait()
    try await client.pass("run")
    switch end {
    case .answers(let answers):
      return answers.map { RemoteResult(stdout: $0, stderr: [], exitStatus: 0) }
    case .lost:
      lose()
      throw Self.lost
    case .late:
      lose()
      throw TransportError(.timedOut, step: "run", "no answer in time")
    }
  }

  private static let lost = TransportError(.connectionLost, step: "run", "the connection was lost")

  private func send(_ inputs: [[UInt8]], _ cut: Cut?, _ exchange: Exchange) {
    // A partition holds everything back; TCP sends it again when it heals.
    let delay = client.delay() + max(0, node.cutOffUntil - world.now)
    world.after(delay) { [self] in
      guard !exchange.isOver, isOpen, node.isUp else { return }
      if node.cutOffUntil > world.now { return send(inputs, cut, exchange) }
      if cut == .before { return lose() }
      // A shell that gets half of its script, or of its data, does nothing with that; what came whole
      // before it is done.
      serve(cut == .half ? Array(inputs.dropLast()) : inputs, cut, exchange)
    }
  }

  private func serve(_ inputs: [[UInt8]], _ cut: Cut?, _ exchange: Exchange) {
    let carried = Unchecked(
      (self, Process(node, "session-\(client.name)-\(client.exchanges)"), exchange)
    )
    world.spawn {
      let (connection, process, exchange) = carried.value
      var answers: [[UInt8]] = []
      do {
        for bytes in inputs {
          var input = bytes[...]
          // The script itself: the model stands for it.
          guard Runtime.frame(&input) != nil else { return connection.lose() }
          answers.append(try await Runtime(process).converse(input))
        }
        switch cut {
        case .after, .half: connection.lose()
        case .truncated: connection.backInPart(answers, exchange)
        case .before, nil: connection.back(answers, exchange)
        }
      } catch {
        // Killed with its machine, or out of space.
        connection.lose()
      }
    }
  }

  /// The last answer is cut off with exit status 0, or an earlier one: then not all are known.
  private func backInPart(_ answers: [[UInt8]], _ exchange: Exchange) {
    var answers = answers
    let last = answers.removeLast()
    if !answers.isEmpty, world.dice.chance(50) { return lose() }
    back(answers + [Array(last.prefix(world.dice.below(last.count)))], exchange)
  }

  private func back(_ answers: [[UInt8]], _ exchange: Exchange) {
    let delay = client.delay() + max(0, node.cutOffUntil - world.now)
    world.after(delay) { [self] in
      guard isOpen else { return }
      if node.cutOffUntil > world.now { return back(answers, exchange) }
      exchange.finish(.answers(answers))
    }
  }

  /// Opens a stream from the node to one of its ports.
  package func exchange(_ request: StreamRequest) async throws(TransportError) -> [UInt8] {
    try await client.pass("exchange")
    await world.sleep(client.delay())
    try await client.pass("exchange")
    guard isOpen, node.isUp, node.cutOffUntil <= world.now else {
      throw TransportError(.connectionLost, step: "exchange", "the connection was lost")
    }
    guard let unit = node.listening.first(where: { $0.unit.port == request.port })?.unit else {
      throw TransportError(.refused, step: "exchange", "nothing listens on \(request.port)")
    }
    guard !request.request.isEmpty else { return [] }
    let status = unit.healthyAt <= world.now ? "200 OK" : "503 Starting"
    return Array("HTTP/1.1 \(status)\r\nContent-Length: 2\r\n\r\nok".utf8)
  }

  /// Closes it.
  package func close() async { lose() }

  // One command at a time, in the order of the calls.
  private func enter() async {
    if isBusy { await withUnsafeContinuation { queue.append($0) } }
    isBusy = true
  }

  private func leave() {
    isBusy = false
    if !queue.isEmpty { queue.removeFirst().resume() }
  }
}
