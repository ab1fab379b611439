import CLibSSH2
import Glibc

/// Starts programs without a shell; every descriptor of ours stays closed in them.
enum ChildProcess {
  /// Starts `arguments[0]` with the given standard streams; a negative one is `/dev/null`.
  ///
  /// The child is in a process group of its own, so that an interrupt from the terminal reaches it
  /// only through us, and blocks no signal although the threads of Swift's concurrency do.
  static func start(
    _ arguments: [String],
    input: Int32 = -1,
    output: Int32 = -1,
    errors: Int32 = -1
  ) -> Result<pid_t, Errno> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in [(Int32(0), input), (1, output), (2, errors)] {
      if descriptor < 0 {
        posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
      } else {
        posix_spawn_file_actions_adddup2(&actions, descriptor, number)
      }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var process: pid_t = 0
    let code = posix_spawn(
      &process,
      arguments[0],
      &actions,
      &attributes,
      &words,
      fleet_environment()
    )
    return code == 0 ? .success(process) : .failure(Errno(code: code))
  }

  /// The exit status of a finished child: that of a shell, 128 and the signal for a killed one.
  static func status(_ raw: Int32) -> Int32 {
    raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
  }

  /// Two connected ends, each of them for one direction, that no child inherits by accident; nil when
  /// there are too many files.
  static func pipe() -> (reading: Int32, writing: Int32)? {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    return socketpair(AF_UNIX, kind, 0, &ends) == 0 ? (ends[0], ends[1]) : nil
  }
}
