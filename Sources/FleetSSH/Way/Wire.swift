import Glibc

/// The stream under a session: a TCP socket, or two local ends that something else carries on.
///
/// Two ends, because one that is used both ways cannot tell us that the far side has finished: whoever
/// holds its partner twice closes only one of them.
struct Wire {
  /// Where the server's bytes come from; closed with the session.
  let reading: Int32
  /// Where ours go; the same as `reading` for a socket.
  let writing: Int32
  /// What has to live as long as the stream.
  let keeper: AnyObject?

  /// A connected socket.
  init(socket: Int32) {
    reading = socket
    writing = socket
    keeper = nil
  }

  private init(reading: Int32, writing: Int32, keeper: AnyObject?) {
    self.reading = reading
    self.writing = writing
    self.keeper = keeper
  }

  /// Our two ends and the two for the other party, which are handed over and closed by the caller.
  struct Ends {
    let ours: Wire
    /// What the other party reads: our output.
    let input: Int32
    /// What the other party writes: our input.
    let output: Int32

    /// The wire with what keeps it alive.
    func kept(by keeper: AnyObject) -> Wire {
      Wire(reading: ours.reading, writing: ours.writing, keeper: keeper)
    }

    /// Closes what was handed over.
    func closeTheirs() {
      close(input)
      close(output)
    }
  }

  /// Makes the ends; nil when there are too many files.
  static func ends() -> Ends? {
    guard let incoming = ChildProcess.pipe() else { return nil }
    guard let outgoing = ChildProcess.pipe() else {
      close(incoming.reading)
      close(incoming.writing)
      return nil
    }
    for descriptor in [incoming.reading, outgoing.writing] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
    return Ends(
      ours: Wire(reading: incoming.reading, writing: outgoing.writing, keeper: nil),
      input: outgoing.reading,
      output: incoming.writing
    )
  }

  /// Closes our ends, where no session took them over.
  func discard() {
    close(reading)
    if writing != reading { close(writing) }
  }
}
