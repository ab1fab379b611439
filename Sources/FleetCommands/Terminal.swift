import Glibc

/// The process's output streams.
///
/// Results go to stdout, progress and diagnostics to stderr.
package enum Terminal {
  /// Writes `text` to stdout; a failed write (full disk, closed pipe) ends the command with an error,
  /// since a result that nobody received is not a success.
  package static func result(_ text: String) throws {
    guard write(text, to: STDOUT_FILENO) else { throw ExitStatus.failure.error }
  }

  /// Writes `text` to stderr.
  ///
  /// There is nowhere to report a failure to.
  package static func note(_ text: String) {
    _ = write(text, to: STDERR_FILENO)
  }

  /// Whether stderr is a terminal.
  package static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether a question can be answered.
  package static var canAsk: Bool { isatty(STDIN_FILENO) == 1 }

  /// Asks and returns the answer's line, or nil at the end of input.
  package static func ask(_ question: String) -> String? {
    note(question)
    return readLine(strippingNewline: true)
  }

  /// Asks for a secret without showing it; nil at the end of input or when nobody can be asked.
  ///
  /// The keys are read one by one, so that Ctrl-C leaves the terminal as it was (then exit code 130).
  package static func askSecret(_ question: String) -> String? {
    var before = termios()
    guard tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else { return nil }
    note(question)
    let answer = readKeys()
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
    note("\n")
    if answer == .interrupted { exit(ExitStatus.interrupted.rawValue) }
    guard case .line(let bytes) = answer else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private enum Keys: Equatable { case line([UInt8]), ended, interrupted }

  private static func readKeys() -> Keys {
    var line: [UInt8] = []
    while true {
      var key: UInt8 = 0
      let count = read(STDIN_FILENO, &key, 1)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { return .ended }
      switch key {
      case 0x0A, 0x0D: return .line(line)
      case 0x03: return .interrupted
      case 0x04: return line.isEmpty ? .ended : .line(line)
      case 0x15: line = []
      case 0x08, 0x7F:
        // One character, which may be several bytes.
        while let last = line.popLast(), last & 0xC0 == 0x80 {}
      default: if line.count < 4096 { line.append(key) }
      }
    }
  }

  /// Whether to colour stdout: only a terminal, not with NO_COLOR (https://no-color.org).
  package static func colour(_ choice: ColourChoice) -> Bool {
    switch choice {
    case .always: true
    case .never: false
    case .auto: isatty(STDOUT_FILENO) == 1 && Environment["NO_COLOR"] == nil
    }
  }

  /// Writes all of `text`; false when it could not be.
  ///
  /// With SIGPIPE ignored a pipe without reader is a failure like any other. What is known as secret
  /// is taken out.
  static func write(_ text: String, to descriptor: Int32) -> Bool {
    let bytes = Array(Redactor.redact(text).utf8)
    var offset = 0
    while offset < bytes.count {
      let written = bytes[offset...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return false }
      offset += written
    }
    return true
  }
}

/// `--color`.
package enum ColourChoice: String, CaseIterable, Sendable {
  case auto, always, never
}

/// The environment, read through one door.
package enum Environment {
  /// The variable's value, nil when unset or empty.
  package static subscript(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// The user's home folder, for `~`.
  package static var home: String { Self["HOME"] ?? "/root" }

  /// `path` with a leading `~/` replaced by the home folder.
  package static func expanded(_ path: String) -> String {
    path.hasPrefix("~/") ? home + path.dropFirst() : path
  }
}
