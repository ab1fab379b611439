import FleetTransport
import Glibc

/// A program that runs beside us: a `ProxyCommand`, or the master of a jump host.
///
/// It is ended, with all that it started, when the last reference goes.
final class HelperProcess: Sendable {
  private let process: pid_t
  private let errors: Int32
  private let leash: Int32

  /// Starts `arguments`; `leash` is closed to end it, a negative one means that there is none.
  private init(process: pid_t, errors: Int32, leash: Int32) {
    self.process = process
    self.errors = errors
    self.leash = leash
  }

  /// Starts `arguments` with the given streams; what it says on standard error is kept for `words`.
  static func start(
    _ arguments: [String],
    input: Int32,
    output: Int32,
    leash: Int32 = -1
  ) -> Result<HelperProcess, Errno> {
    guard let errors = nameless() else { return .failure(Errno(code: errno)) }
    return ChildProcess.start(arguments, input: input, output: output, errors: errors).map {
      HelperProcess(process: $0, errors: errors, leash: leash)
    }.mapError { failure in
      close(errors)
      return failure
    }
  }

  deinit {
    if leash >= 0 { close(leash) }
    close(errors)
    // Its own group, so that what a shell started ends too. SIGTERM lets ssh remove its socket.
    kill(-process, SIGTERM)
    Reaper.collect(process)
  }

  /// The end of what it said on standard error, safe to print; empty when it said nothing.
  var words: String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let size = lseek(errors, 0, SEEK_END)
    let count = pread(errors, &bytes, bytes.count, max(0, size - off_t(bytes.count)))
    let lines = bytes.prefix(max(0, count)).split(separator: 0x0A).suffix(24)
    // ssh frames its gravest warning in at signs.
    let isFrame: (UInt8) -> Bool = { $0 == UInt8(ascii: "@") || $0 <= 0x20 }
    return lines.filter { !$0.allSatisfy(isFrame) }.map { PrintableText.line($0) }
      .joined(separator: "; ")
  }

  /// Whether it has ended by itself.
  var hasEnded: Bool {
    var information = siginfo_t()
    let options = WEXITED | WNOHANG | WNOWAIT
    guard waitid(P_PID, id_t(process), &information, options) == 0 else { return true }
    return information.si_signo == SIGCHLD
  }

  /// A file without a name: unlike a pipe nobody has to empty it.
  private static func nameless() -> Int32? {
    let name = "/tmp/fleetctl-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    let descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    unlink(name)
    return descriptor
  }
}

/// Waits for children that were told to end, so that none stays behind as a zombie.
private enum Reaper {
  /// Waits on a thread of its own; a child that ignores SIGTERM is killed after two seconds.
  static func collect(_ process: pid_t) {
    var raw: Int32 = 0
    if waitpid(process, &raw, WNOHANG) != 0 { return }
    var thread = pthread_t()
    let argument = UnsafeMutableRawPointer(bitPattern: Int(process))
    let started = pthread_create(
      &thread,
      nil,
      { argument in
        let process = pid_t(Int(bitPattern: argument))
        var raw: Int32 = 0
        for _ in 0..<200 {
          if waitpid(process, &raw, WNOHANG) != 0 { return nil }
          usleep(10_000)
        }
        kill(-process, SIGKILL)
        waitpid(process, &raw, 0)
        return nil
      },
      argument
    )
    if started == 0 { pthread_detach(thread) }
  }
}
