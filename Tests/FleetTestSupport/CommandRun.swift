import Glibc

/// A run of the program that was built beside the tests.
package struct CommandRun: Sendable {
  /// Its exit status, 127 where it could not be started, 128 and more for a signal.
  package let status: Int32
  /// What it wrote to standard output.
  package let output: String
  /// What it wrote to standard error.
  package let errors: String

  /// Runs `fleetctl` with `arguments` in `folder`, with `input` as standard input.
  ///
  /// The environment is empty but for `PATH`, `HOME` (the folder) and the locale.
  package init(_ arguments: [String], in folder: String, input: String = "") {
    let base = "\(folder)/../run-\(UInt64.random(in: 0 ... .max))"
    let paths = [base + ".in", base + ".out", base + ".err"]
    defer { paths.forEach { unlink($0) } }
    Self.write(input, to: paths[0])
    let words = ["/usr/bin/env", "--chdir=\(folder)", Self.program] + arguments
    let process = Self.start(words, home: folder, paths)
    var status: Int32 = 0
    if let process { waitpid(process, &status, 0) }
    let signal = status & 0x7F
    self.status = process == nil ? 127 : signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    output = SourceTree.text(at: paths[1]) ?? ""
    errors = SourceTree.text(at: paths[2]) ?? ""
  }

  /// The program's path: it lies in the folder of the tests' own executable.
  package static let program: String = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8($0) }, as: UTF8.self)
    return SourceTree.folder(of: path) + "/fleetctl"
  }()

  private static func start(_ words: [String], home: String, _ paths: [String]) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let flags = [O_RDONLY, O_WRONLY | O_CREAT, O_WRONLY | O_CREAT]
    for (number, path) in paths.enumerated() {
      posix_spawn_file_actions_addopen(&actions, Int32(number), path, flags[number], 0o600)
    }
    // Threads of Swift's concurrency block every signal, and a child would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    let settings = ["PATH=/usr/bin:/bin", "HOME=\(home)", "LC_ALL=C.UTF-8"]
    var environment: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0) } + [nil]
    defer { (arguments + environment).forEach { free($0) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, words[0], &actions, &attributes, &arguments, &environment)
    return code == 0 ? process : nil
  }

  private static func write(_ text: String, to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
