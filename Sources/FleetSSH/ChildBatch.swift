import Glibc

/// Runs short programs side by side and collects what they print.
struct ChildBatch {
  /// What became of one program.
  struct Outcome: Sendable {
    /// Exit status; nil when it did not end in time or could not be started.
    var status: Int32?
    /// Standard output, at most 1 MiB.
    var output: [UInt8] = []
    /// Standard error, at most 1 MiB.
    var errors: [UInt8] = []
  }

  private struct Running {
    let index: Int
    let process: pid_t
    var output: Int32
    var errors: Int32
    let deadline: Deadline
  }

  private static let cap = 1 << 20

  private let commands: [[String]]
  private let patience: Duration
  private var outcomes: [Outcome]
  private var running: [Running] = []
  private var next = 0

  /// Runs `commands`, at most `width` at the same time, each for at most `patience`; the outcomes
  /// are in the order of the commands.
  static func run(_ commands: [[String]], width: Int, patience: Duration) -> [Outcome] {
    var batch = ChildBatch(commands, patience)
    while batch.next < commands.count || !batch.running.isEmpty {
      while batch.next < commands.count, batch.running.count < width { batch.startNext() }
      batch.turn()
    }
    return batch.outcomes
  }

  private init(_ commands: [[String]], _ patience: Duration) {
    self.commands = commands
    self.patience = patience
    outcomes = Array(repeating: Outcome(), count: commands.count)
  }

  private mutating func startNext() {
    let index = next
    next += 1
    guard let output = ChildProcess.pipe() else { return fail(index, Errno(code: errno)) }
    guard let errors = ChildProcess.pipe() else {
      let failure = Errno(code: errno)
      close(output.reading)
      close(output.writing)
      return fail(index, failure)
    }
    let started = ChildProcess.start(
      commands[index],
      output: output.writing,
      errors: errors.writing
    )
    close(output.writing)
    close(errors.writing)
    switch started {
    case .success(let process):
      running.append(
        Running(
          index: index,
          process: process,
          output: output.reading,
          errors: errors.reading,
          deadline: Deadline(in: patience)
        )
      )
    case .failure(let failure):
      close(output.reading)
      close(errors.reading)
      fail(index, failure)
    }
  }

  private mutating func fail(_ index: Int, _ failure: Errno) {
    outcomes[index].errors = Array("cannot start \(commands[index][0]): \(failure.text)".utf8)
  }

  private mutating func turn() {
    var watched: [pollfd] = []
    for child in running {
      watched.append(pollfd(fd: child.output, events: Int16(POLLIN), revents: 0))
      watched.append(pollfd(fd: child.errors, events: Int16(POLLIN), revents: 0))
    }
    // Not longer than a deadline may be late.
    poll(&watched, nfds_t(watched.count), 100)
    for place in running.indices {
      if watched[2 * place].revents != 0 { take(place, \.output, \.output) }
      if watched[2 * place + 1].revents != 0 { take(place, \.errors, \.errors) }
    }
    for place in running.indices.reversed() where isOver(running[place]) { reap(place) }
  }

  private mutating func take(
    _ place: Int,
    _ stream: WritableKeyPath<Running, Int32>,
    _ text: WritableKeyPath<Outcome, [UInt8]>
  ) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(running[place][keyPath: stream], &buffer, buffer.count)
    if count < 0, errno == EINTR { return }
    let index = running[place].index
    let room = Self.cap - outcomes[index][keyPath: text].count
    if count > 0 {
      outcomes[index][keyPath: text] += buffer.prefix(min(count, room))
    } else {
      close(running[place][keyPath: stream])
      running[place][keyPath: stream] = -1
    }
  }

  private func isOver(_ child: Running) -> Bool {
    (child.output < 0 && child.errors < 0) || child.deadline.hasPassed
  }

  private mutating func reap(_ place: Int) {
    let child = running.remove(at: place)
    let isLate = child.output >= 0 || child.errors >= 0
    if isLate {
      // The whole group: what it started must not keep running either.
      kill(-child.process, SIGKILL)
      for descriptor in [child.output, child.errors] where descriptor >= 0 { close(descriptor) }
    }
    var raw: Int32 = 0
    while waitpid(child.process, &raw, 0) < 0, errno == EINTR {}
    if !isLate { outcomes[child.index].status = ChildProcess.status(raw) }
  }
}
