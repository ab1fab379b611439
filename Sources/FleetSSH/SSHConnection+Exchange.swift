import CLibSSH2
import FleetTransport

extension SSHConnection {
  /// Sends one request through a forwarded stream and collects the answer.
  ///
  /// The stream is not half-closed after the request: HTTP servers take that for a client that left.
  func perform(_ request: StreamRequest) async throws(TransportError) -> [UInt8] {
    let deadline = Deadline(in: request.deadline)
    var stream = try ForwardedStream(request)
    let channel: OpaquePointer
    do throws(TransportError) {
      channel = try await openStream(request, deadline)
    } catch {
      // libssh2 cannot give up an opening half-way, so the session goes with it.
      if error.code == .timedOut { dropForReopening() }
      throw error
    }
    let outcome: Result<Void, TransportError>
    do throws(TransportError) {
      try await converse(&stream, channel, request, deadline)
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    if case .failure(let error) = outcome, error.code == .cancelled || error.code == .closed {
      throw error
    }
    await hangUp(channel)
    try outcome.get()
    return stream.output
  }

  private func openStream(
    _ request: StreamRequest,
    _ deadline: Deadline
  ) async throws(TransportError) -> OpaquePointer {
    var channel: OpaquePointer?
    let code = try await settle("exchange", deadline) { session in
      channel = libssh2_channel_direct_tcpip_ex(
        session,
        request.host,
        Int32(request.port),
        "127.0.0.1",
        0
      )
      return channel == nil ? libssh2_session_last_errno(session) : 0
    }
    if let channel { return channel }
    let text = session?.lastError ?? ""
    guard code == LIBSSH2_ERROR_CHANNEL_FAILURE else { throw lost("exchange", code: code) }
    let isForbidden = text.contains("prohibited")
    throw TransportError(
      .refused,
      step: "exchange",
      "\(target.node) cannot reach \(request.host):\(request.port): "
        + (isForbidden ? "its sshd forbids forwarding" : PrintableText.line(text.utf8)),
      remedy: isForbidden ? "Set `AllowTcpForwarding local` in the node's sshd_config." : nil
    )
  }

  private func converse(
    _ stream: inout ForwardedStream,
    _ channel: OpaquePointer,
    _ request: StreamRequest,
    _ deadline: Deadline
  ) async throws(TransportError) {
    try stream.advance()
    var isSecondLook = false
    while true {
      let sent = try await send(&stream, channel, deadline)
      let count = try await receive(&stream, channel, deadline)
      guard stream.output.count <= request.outputCap else {
        throw tooLarge(request.outputCap, "exchange")
      }
      if stream.isFinished || libssh2_channel_eof(channel) != 0 { return try stream.end() }
      guard !deadline.hasPassed else { throw timedOut("exchange", deadline) }
      guard !sent, count <= 0 else {
        isSecondLook = false
        continue
      }
      if Self.hasMore(channel) { continue }
      isSecondLook.toggle()
      if !isSecondLook { try await park("exchange", deadline) }
    }
  }

  private func send(
    _ stream: inout ForwardedStream,
    _ channel: OpaquePointer,
    _ deadline: Deadline
  ) async throws(TransportError) -> Bool {
    let bytes = stream.outgoing
    guard !bytes.isEmpty else { return false }
    let count = try await settleWrite("exchange", deadline) {
      bytes.withUnsafeBytes { raw in
        libssh2_channel_write_ex(
          channel,
          0,
          raw.baseAddress?.assumingMemoryBound(to: CChar.self),
          raw.count
        )
      }
    }
    if count == Int(LIBSSH2_ERROR_EAGAIN) { return false }
    guard count >= 0 else {
      // The peer closed the stream while we were still talking; what it said is still to be read.
      guard libssh2_channel_eof(channel) != 0 || count == Int(LIBSSH2_ERROR_CHANNEL_CLOSED) else {
        throw lost("exchange", code: Int32(count))
      }
      stream.outgoing = []
      return false
    }
    stream.outgoing.removeFirst(count)
    return count > 0
  }

  private func receive(
    _ stream: inout ForwardedStream,
    _ channel: OpaquePointer,
    _ deadline: Deadline
  ) async throws(TransportError) -> Int {
    var count = try stream.read(channel)
    while count == Int(LIBSSH2_ERROR_EAGAIN), session?.mustWrite == true {
      try await park("exchange", deadline)
      count = try stream.read(channel)
    }
    guard count >= 0 || count == Int(LIBSSH2_ERROR_EAGAIN) else {
      throw lost("exchange", code: Int32(count))
    }
    return count
  }

  /// Closes the stream; a node that does not confirm that in time costs the session.
  private func hangUp(_ channel: OpaquePointer) async {
    guard session != nil else { return }
    let grace = Deadline(in: .seconds(2))
    do throws(TransportError) {
      let code = try await settle("exchange", grace) { _ in libssh2_channel_close(channel) }
      guard code == 0 else { return dropForReopening() }
      _ = try await settle("exchange", grace) { _ in libssh2_channel_free(channel) }
    } catch {
      dropForReopening()
    }
  }
}
