import Glibc

/// Starts the programs that a test needs beside it, without a shell.
enum Program {
  /// What a finished program left behind.
  struct Result {
    let status: Int32
    let output: String
  }

  /// The first of `paths` that can be executed.
  static func find(_ paths: [String]) -> String? {
    paths.first { access($0, X_OK) == 0 }
  }

  /// Starts `arguments[0]` with output and errors going to `log`; returns its process id.
  static func start(_ arguments: [String], log: String, environment: [String] = []) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] =
      (["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"] + environment).map { strdup($0) } + [nil]
    defer { (words + settings).forEach { free($0) } }
    // Threads of Swift's concurrency block every signal, and a child would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var process: pid_t = 0
    let code = posix_spawn(&process, arguments[0], &actions, &attributes, &words, &settings)
    return code == 0 ? process : nil
  }

  /// Runs `arguments` to the end.
  static func run(_ arguments: [String], in folder: TemporaryFolder) -> Result {
    let log = folder.path("run-\(UInt32.random(in: 0...UInt32.max)).log")
    guard let process = start(arguments, log: log) else { return Result(status: 127, output: "") }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    defer { unlink(log) }
    return Result(status: (status >> 8) & 0xFF, output: TemporaryFolder.text(of: log))
  }

  /// Ends a process that was started here.
  static func stop(_ process: pid_t) {
    kill(process, SIGTERM)
    var status: Int32 = 0
    waitpid(process, &status, 0)
  }
}

/// A folder of one test that vanishes with it.
final class TemporaryFolder: Sendable {
  let root: String

  init() {
    var template = Array("/tmp/fleetctl-ssh-XXXXXX".utf8CString)
    root = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
    chmod(root, 0o755)
  }

  deinit {
    guard let directory = opendir(root) else { return }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      unlink(path(name))
    }
    closedir(directory)
    rmdir(root)
  }

  func path(_ name: String) -> String { "\(root)/\(name)" }

  @discardableResult
  func write(_ name: String, _ text: String, mode: mode_t = 0o600) -> String {
    write(name, Array(text.utf8), mode: mode)
  }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o600) -> String {
    let descriptor = open(path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    close(descriptor)
    chmod(path(name), mode)
    return path(name)
  }

  static func text(of path: String) -> String {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }
}
