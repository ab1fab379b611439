import FleetTransport

extension OpenSSHConnection {
  /// Runs one command through the connection that the child holds.
  func perform(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult {
    try demandMaster()
    let password = shared.sudoPassword.text(for: target)
    let invocation = try Invocation(command, target, sudoPassword: password)
    let upload = await Upload.begin(invocation.size, shared.uploads)
    defer { upload?.end() }
    let deadline = Deadline(in: command.deadline)
    let child = try start(arguments.command(invocation.text))
    var flow = Flow(input: invocation.input, held: invocation.heldInput, cap: command.outputCap)
    flow.upload = upload
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

  private func send(_ flow: inout Flow, _ child: ChildConversation) -> Bool {
    flow.releaseHeldInput()
    guard flow.hasInput else {
      child.expectsRoom(false)
      guard !flow.isEndSent, flow.isInputComplete else { return false }
      child.endInput()
      flow.endSent()
      return true
    }
    guard let count = child.write(flow.next) else {
      // It reads no more; what it says is still to be read.
      flow.dropInput()
      return true
    }
    flow.wrote(count)
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

  /// Sends one request through a stream that the child opens.
  func perform(_ request: StreamRequest) async throws(TransportError) -> [UInt8] {
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
}
