import CLibSSH2
import Glibc

/// A child process with its three streams, for one actor on the event loop.
///
/// All its descriptors are gathered in one epoll instance, so that one wait covers them all. The process
/// has a process group of its own: a Ctrl-C on the terminal is for fleetctl, which ends its work first.
final class ChildConversation {
  /// An epoll instance that is readable when something can go on.
  let watch: Int32
  private let process: pid_t
  private let ended: Int32
  private var input: Int32
  private var output: Int32
  private var errors: Int32
  private var wantsToWrite = false
  private var status: Int32?

  /// Which stream was read.
  enum Stream { case output, errors }

  /// Starts `arguments[0]`, a path, with exactly `environment`.
  static func start(
    _ arguments: [String],
    environment: [String]
  ) -> Result<ChildConversation, Errno> {
    var pairs = Pipes()
    guard pairs.open() else {
      let failure = Errno(code: errno)
      pairs.closeAll()
      return .failure(failure)
    }
    var process: pid_t = 0
    let code = spawn(&process, arguments, environment, pairs)
    pairs.closeTheirs()
    guard code == 0, let child = ChildConversation(process, pairs) else {
      let failure = Errno(code: code == 0 ? EMFILE : code)
      if code == 0 { end(process) }
      pairs.closeAll()
      return .failure(failure)
    }
    return .success(child)
  }

  private init?(_ process: pid_t, _ pipes: Pipes) {
    let ended = fleet_process_descriptor(process)
    let watch = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard ended >= 0, watch >= 0 else {
      for descriptor in [ended, watch] where descriptor >= 0 { close(descriptor) }
      return nil
    }
    (self.process, self.ended, self.watch) = (process, ended, watch)
    (input, output, errors) = (pipes.input.ours, pipes.output.ours, pipes.errors.ours)
    for descriptor in [output, errors] { control(EPOLL_CTL_ADD, descriptor, EPOLLIN.rawValue) }
  }

  deinit {
    if status == nil { Self.end(process) }
    for descriptor in [input, output, errors, ended, watch] where descriptor >= 0 {
      close(descriptor)
    }
  }

  private static func end(_ process: pid_t) {
    // Its own group, so that a proxy command of ssh ends too.
    kill(-process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
  }

  private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32) {
    var event = epoll_event()
    event.events = events
    epoll_ctl(watch, operation, descriptor, &event)
  }

  // MARK: Streams

  /// Whether both of its streams have ended; from then on its end is watched.
  var hasFallenSilent: Bool { output < 0 && errors < 0 }

  /// Reads once; nil when nothing is there now, empty at the end of the stream.
  func read(_ stream: Stream) -> ArraySlice<UInt8>? {
    let descriptor = stream == .output ? output : errors
    guard descriptor >= 0 else { return nil }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    if count > 0 { return buffer[..<count] }
    if count < 0, errno == EAGAIN || errno == EINTR { return nil }
    control(EPOLL_CTL_DEL, descriptor, 0)
    close(descriptor)
    if stream == .output { output = -1 } else { errors = -1 }
    if hasFallenSilent { control(EPOLL_CTL_ADD, ended, EPOLLIN.rawValue) }
    return []
  }

  /// Writes from `bytes` what fits; returns how much, or nil when it no longer reads.
  func write(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard input >= 0 else { return nil }
    let count = bytes.withUnsafeBytes {
      send(input, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
    if count >= 0 { return count }
    return errno == EAGAIN || errno == EINTR ? 0 : nil
  }

  /// Says whether there is more to write, so that room for it ends a wait.
  func expectsRoom(_ wanted: Bool) {
    guard wanted != wantsToWrite, input >= 0 else { return }
    wantsToWrite = wanted
    control(wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, input, EPOLLOUT.rawValue)
  }

  /// Ends its input.
  func endInput() {
    guard input >= 0 else { return }
    expectsRoom(false)
    close(input)
    input = -1
  }

  // MARK: End

  /// The exit status once it has ended, 128 + n after signal n; nil while it runs.
  func poll() -> Int? {
    if status == nil {
      var value: Int32 = 0
      if waitpid(process, &value, WNOHANG) == process { status = value }
    }
    return status.map { value in
      let signal = value & 0x7F
      return signal == 0 ? Int(value >> 8 & 0xFF) : 128 + Int(signal)
    }
  }

  // MARK: Spawning

  private static func spawn(
    _ process: inout pid_t,
    _ arguments: [String],
    _ environment: [String],
    _ pipes: Pipes
  ) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, pair) in [pipes.input, pipes.output, pipes.errors].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, pair.theirs, Int32(number))
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Threads of Swift's concurrency block every signal, and a child would inherit that.
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { (words + settings).forEach { free($0) } }
    return posix_spawn(&process, arguments[0], &actions, &attributes, &words, &settings)
  }
}

/// The three streams of a child before it has started.
private struct Pipes {
  struct Pair {
    var ours: Int32 = -1
    var theirs: Int32 = -1
  }

  var input = Pair()
  var output = Pair()
  var errors = Pair()

  /// Sockets, because writing to a pipe that nobody reads raises SIGPIPE.
  mutating func open() -> Bool {
    guard let first = Self.pair() else { return false }
    input = first
    guard let second = Self.pair() else { return false }
    output = second
    guard let third = Self.pair() else { return false }
    errors = third
    return [output, errors].allSatisfy { fcntl($0.ours, F_SETFL, O_NONBLOCK) == 0 }
  }

  private static func pair() -> Pair? {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return nil }
    return Pair(ours: ends[0], theirs: ends[1])
  }

  mutating func closeTheirs() {
    for pair in [input, output, errors] where pair.theirs >= 0 { close(pair.theirs) }
    (input.theirs, output.theirs, errors.theirs) = (-1, -1, -1)
  }

  mutating func closeAll() {
    closeTheirs()
    for pair in [input, output, errors] where pair.ours >= 0 { close(pair.ours) }
  }
}
