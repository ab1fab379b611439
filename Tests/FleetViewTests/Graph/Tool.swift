import Glibc

/// Runs a program of this machine over a text, without a shell.
enum Tool {
  /// The program's path, or nil when this machine lacks it.
  static func find(_ name: String) -> String? {
    ["/usr/bin/", "/usr/local/bin/", "/bin/"].map { $0 + name }.first { access($0, X_OK) == 0 }
  }

  /// The exit status and everything it printed; `text` is its standard input.
  static func run(_ arguments: [String], input text: String) -> (status: Int32, output: String) {
    var template = Array("/tmp/fleetctl-tool-XXXXXX".utf8CString)
    let input = mkstemp(&template)
    unlink(template)
    template = Array("/tmp/fleetctl-tool-XXXXXX".utf8CString)
    let output = mkstemp(&template)
    unlink(template)
    defer {
      close(input)
      close(output)
    }
    let bytes = Array(text.utf8)
    guard write(input, bytes, bytes.count) == bytes.count else { return (127, "no room") }
    lseek(input, 0, SEEK_SET)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin"), nil]
    defer { (words + settings).forEach { free($0) } }
    var process: pid_t = 0
    guard posix_spawn(&process, arguments[0], &actions, nil, &words, &settings) == 0 else {
      return (127, "cannot start \(arguments[0])")
    }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    lseek(output, 0, SEEK_SET)
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = read(output, &buffer, buffer.count), count > 0 {
      result += buffer[..<count]
    }
    return ((status >> 8) & 0xFF, String(decoding: result, as: UTF8.self))
  }
}
