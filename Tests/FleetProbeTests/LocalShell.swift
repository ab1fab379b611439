import FleetTransport
import Glibc
import Synchronization

/// A connection to this machine: every command runs in a shell of its own, over pipes as with SSH.
struct LocalShell: RemoteConnection {
  /// Words before the shell: a command that enters another machine.
  var prefix: [String] = []
  /// Drops what stands behind this many bytes of output, as a cut connection does.
  var cutAfter = Int.max
  /// Variables for the shell.
  var environment: [String] = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]

  /// The machine that `FLEETCTL_TEST_NODE` names: the words that run a command there as root.
  static var node: LocalShell? {
    guard let words = getenv("FLEETCTL_TEST_NODE") else { return nil }
    return LocalShell(prefix: String(cString: words).split(separator: " ").map(String.init))
  }

  func run(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult {
    signal(SIGPIPE, SIG_IGN)
    // One at a time, so that no child inherits the pipes of another and keeps them open.
    let (pid, ends) = try Self.spawning.withLock { _ throws(TransportError) in try spawn(command) }
    let outputs = Self.converse(command.stdin, ends[0], ends[1], ends[2])
    var wait: Int32 = 0
    waitpid(pid, &wait, 0)
    return RemoteResult(
      stdout: Array(outputs[0].prefix(cutAfter)),
      stderr: outputs[1],
      // As libssh2 does: 0 when the channel was cut.
      exitStatus: cutAfter < outputs[0].count ? 0 : Int(wait >> 8) & 0xFF
    )
  }

  private static let spawning = Mutex(())

  /// Starts the shell; its process and our ends of its three streams.
  private func spawn(_ command: RemoteCommand) throws(TransportError) -> (pid_t, [Int32]) {
    var pipes: [[Int32]] = []
    for _ in 0..<3 {
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { throw Self.failure("pipe") }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      pipes.append(ends)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipes[0][0], 0)
    posix_spawn_file_actions_adddup2(&actions, pipes[1][1], 1)
    posix_spawn_file_actions_adddup2(&actions, pipes[2][1], 2)
    let words = prefix + ["/bin/sh", "-c", command.program]
    var arguments = words.map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var pid = pid_t()
    let status = posix_spawnp(&pid, words[0], &actions, nil, &arguments, &variables)
    Glibc.close(pipes[0][0])
    Glibc.close(pipes[1][1])
    Glibc.close(pipes[2][1])
    guard status == 0 else { throw Self.failure("posix_spawnp") }
    return (pid, [pipes[0][1], pipes[1][0], pipes[2][0]])
  }

  func exchange(_ request: StreamRequest) async throws(TransportError) -> [UInt8] {
    throw Self.failure("exchange")
  }

  func close() async {}

  private static func failure(_ what: String) -> TransportError {
    TransportError(
      .internalFailure,
      step: "run",
      "\(what) failed: \(String(cString: strerror(errno)))"
    )
  }

  /// Writes `input` while it reads both outputs, so that no pipe fills up.
  private static func converse(
    _ input: [UInt8],
    _ stdin: Int32,
    _ stdout: Int32,
    _ stderr: Int32
  ) -> [[UInt8]] {
    var outputs: [[UInt8]] = [[], []]
    var written = 0
    var watched = [
      pollfd(fd: stdin, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: stdout, events: Int16(POLLIN), revents: 0),
      pollfd(fd: stderr, events: Int16(POLLIN), revents: 0),
    ]
    _ = fcntl(stdin, F_SETFL, O_NONBLOCK)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while watched.contains(where: { $0.fd >= 0 }) {
      poll(&watched, nfds_t(watched.count), -1)
      for index in watched.indices where watched[index].fd >= 0 && watched[index].revents != 0 {
        let count: Int
        if index == 0 {
          count =
            written == input.count
            ? 0 : input[written...].withUnsafeBytes { Glibc.write(stdin, $0.baseAddress, $0.count) }
          written += max(count, 0)
        } else {
          count = read(watched[index].fd, &buffer, buffer.count)
          outputs[index - 1].append(contentsOf: buffer[..<max(count, 0)])
        }
        if count <= 0 {
          Glibc.close(watched[index].fd)
          watched[index].fd = -1
        }
      }
    }
    return outputs
  }
}

/// A folder that goes away with the test.
final class Scratch: Sendable {
  /// Absolute path.
  let path: String

  init() throws {
    var template = Array("/tmp/fleetctl-test-XXXXXX".utf8CString)
    path = try template.withUnsafeMutableBufferPointer { buffer in
      let made = buffer.baseAddress.flatMap { mkdtemp($0) }
      guard let made else { throw TransportError(.internalFailure, step: "run", "mkdtemp failed") }
      return String(cString: made)
    }
  }

  deinit {
    _ = Self.sh("rm -rf -- \"$1\"", path)
  }

  /// Writes a file below the folder and gives its path.
  @discardableResult
  func write(_ name: String, _ text: String, mode: mode_t = 0o644) -> String {
    let file = path + "/" + name
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    fchmod(descriptor, mode)
    return file
  }

  /// Content of a file below the folder; nil when it cannot be read.
  func read(_ name: String) -> String? {
    let descriptor = open(path + "/" + name, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// Runs a constant piece of shell with arguments; its exit status.
  static func sh(_ program: String, _ arguments: String...) -> Int32 {
    var words = (["/bin/sh", "-c", program, "sh"] + arguments).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var pid = pid_t()
    guard posix_spawn(&pid, "/bin/sh", nil, nil, &words, environ) == 0 else { return -1 }
    var wait: Int32 = 0
    waitpid(pid, &wait, 0)
    return wait >> 8 & 0xFF
  }
}
