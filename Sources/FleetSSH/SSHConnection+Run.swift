import CLibSSH2
import FleetTransport
import Glibc

extension SSHConnection {
  /// Runs one command on a channel of its own.
  func perform(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult {
    let password = shared.sudoPassword.text(for: target)
    let invocation = try Invocation(command, target, sudoPassword: password)
    let upload = await Upload.begin(invocation.size, shared.uploads)
    defer { upload?.end() }
    let deadline = Deadline(in: command.deadline)
    let channel = try await openChannel(deadline)
    try await start(invocation.text, on: channel, deadline)
    shared.traffic.count(.turn)
    var flow = Flow(input: invocation.input, held: invocation.heldInput, cap: command.outputCap)
    flow.upload = upload
    try await pump(&flow, channel, deadline)
    let status = try await finish(channel, deadline)
    return try invocation.result(flow, status, target)
  }

  /// Opens a channel for one program.
  func openChannel(_ deadline: Deadline) async throws(TransportError) -> OpaquePointer {
    shared.traffic.count(.channel)
    var channel: OpaquePointer?
    let code = try await settle("run", deadline) { session in
      channel = libssh2_channel_open_ex(
        session,
        "session",
        7,
        2 << 20,  // the window that was fastest at 0 and at 30 ms
        32_768,
        nil,
        0
      )
      return channel == nil ? libssh2_session_last_errno(session) : 0
    }
    guard let channel else { throw lost("run", code: code) }
    return channel
  }

  /// Starts the program `text` on `channel`.
  func start(
    _ text: String,
    on channel: OpaquePointer,
    _ deadline: Deadline
  ) async throws(TransportError) {
    let code = try await settle("run", deadline) { _ in
      libssh2_channel_process_startup(channel, "exec", 4, text, UInt32(text.utf8.count))
    }
    guard code == 0 else { throw lost("run", code: code) }
  }

  /// Moves bytes in all three directions until the remote side has said everything.
  func pump(
    _ flow: inout Flow,
    _ channel: OpaquePointer,
    _ deadline: Deadline
  ) async throws(TransportError) {
    var turns = 0
    var isSecondLook = false
    while true {
      // libssh2 refuses another packet while one is half sent, so whichever call meets a full socket
      // is repeated until its packet is out (`settleWrite`). sshd reads meanwhile, windows permitting.
      let arrived = try await receive(&flow, channel, deadline)
      if flow.isAnswered || libssh2_channel_eof(channel) != 0 { return }
      let sent = try await send(&flow, channel, deadline)
      guard !arrived, !sent else {
        turns += 1
        isSecondLook = false
        guard turns.isMultiple(of: 16) else { continue }
        guard !deadline.hasPassed else { throw timedOut("run", deadline) }
        await Task.yield()
        continue
      }
      if Self.hasMore(channel) { continue }
      isSecondLook.toggle()
      guard !isSecondLook else { continue }
      try await park("run", deadline)
    }
  }

  /// Whether libssh2 has taken output or its end for `channel` off the socket that nobody has read yet.
  ///
  /// Each of its calls takes in all that has arrived, also what is for another stream than the one that was
  /// asked for: a look for errors may bring the output, a look for output the room for more input. No
  /// event follows for what is taken in already, so whoever waits then waits for ever: nothing is
  /// waited for before a whole round found nothing twice.
  static func hasMore(_ channel: OpaquePointer) -> Bool {
    libssh2_poll_channel_read(channel, 0) != 0 || libssh2_channel_eof(channel) != 0
  }

  /// Repeats `call` while its packet is stuck half-way in the socket.
  func settleWrite(
    _ step: String,
    _ deadline: Deadline,
    _ call: () -> Int
  ) async throws(TransportError) -> Int {
    while true {
      let code = call()
      guard code == Int(LIBSSH2_ERROR_EAGAIN), session?.mustWrite == true else { return code }
      try await park(step, deadline)
    }
  }

  private func receive(
    _ flow: inout Flow,
    _ channel: OpaquePointer,
    _ deadline: Deadline
  ) async throws(TransportError) -> Bool {
    var arrived = false
    for stream in [Int32(0), SSH_EXTENDED_DATA_STDERR] {
      var count = 1
      var rounds = 0
      while count > 0, rounds < 32 {
        // Not `settleWrite` with a closure: `flow` is inout.
        count = flow.read(channel, stream)
        while count == Int(LIBSSH2_ERROR_EAGAIN), session?.mustWrite == true {
          try await park("run", deadline)
          count = flow.read(channel, stream)
        }
        guard count >= 0 || count == Int(LIBSSH2_ERROR_EAGAIN) else {
          throw lost("run", code: Int32(count))
        }
        guard flow.isWithinCap else { throw tooLarge(flow.cap, "run") }
        arrived = arrived || count > 0
        rounds += 1
      }
    }
    return arrived
  }

  private func send(
    _ flow: inout Flow,
    _ channel: OpaquePointer,
    _ deadline: Deadline
  ) async throws(TransportError) -> Bool {
    flow.releaseHeldInput()
    if !flow.hasInput {
      guard !flow.isEndSent, flow.isInputComplete else { return false }
      guard flow.lastMark == nil else {
        flow.endSent()
        return false
      }
      let code = try await settleWrite("run", deadline) { Int(libssh2_channel_send_eof(channel)) }
      guard code == 0 else { throw lost("run", code: Int32(code)) }
      flow.endSent()
      return true
    }
    let next = flow.next
    let count = try await settleWrite("run", deadline) {
      next.withUnsafeBytes { raw in
        libssh2_channel_write_ex(
          channel,
          0,
          raw.baseAddress?.assumingMemoryBound(to: CChar.self),
          min(raw.count, 256 << 10)
        )
      }
    }
    guard count >= 0 || count == Int(LIBSSH2_ERROR_EAGAIN) else {
      throw lost("run", code: Int32(count))
    }
    flow.wrote(max(0, count))
    return count > 0
  }

  /// The remote side sent more than `cap` bytes.
  func tooLarge(_ cap: Int, _ step: String) -> TransportError {
    TransportError(
      .outputTooLarge,
      step: step,
      "\(place) sent more than \(cap) bytes"
    )
  }

  /// Closes the channel and returns the exit status; a command that died of a signal has 128 + n.
  func finish(
    _ channel: OpaquePointer,
    _ deadline: Deadline
  ) async throws(TransportError) -> Int {
    // The status may come after the end of the streams, so the close is awaited first.
    let code = try await settle("run", deadline) { _ in libssh2_channel_close(channel) }
    guard code == 0 else { throw lost("run", code: code) }
    let status = Int(libssh2_channel_get_exit_status(channel))
    let signal = Self.signal(channel)
    _ = try await settle("run", deadline) { _ in libssh2_channel_free(channel) }
    return signal.map { 128 + $0 } ?? status
  }

  private static func signal(_ channel: OpaquePointer) -> Int? {
    var name: UnsafeMutablePointer<CChar>?
    var length = 0
    libssh2_channel_get_exit_signal(channel, &name, &length, nil, nil, nil, nil)
    guard let name else { return nil }
    defer { free(name) }
    let text = String(decoding: UnsafeRawBufferPointer(start: name, count: length), as: UTF8.self)
    return signalNumbers[text] ?? 0
  }

  /// Signal names of RFC 4254 section 6.10 with their numbers on Linux.
  private static let signalNumbers = [
    "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "ABRT": 6, "FPE": 8, "KILL": 9, "USR1": 10,
    "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15,
  ]
}
