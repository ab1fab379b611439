import FleetTransport

/// A command as it is sent: its text for the login shell, and the order of its input.
struct Invocation: Sendable {
  /// Text for the login shell.
  let text: String
  /// Bytes to write at once.
  let input: ByteChain
  /// Bytes to write after the marker has come, with the marker.
  let heldInput: (marker: [UInt8], input: ByteChain)?
  /// How many bytes go to the node.
  var size: Int { input.count + (heldInput?.input.count ?? 0) }
  /// Whether sudo stands before the program.
  let usesSudo: Bool

  /// Wraps `command` in sudo where the target wants it.
  ///
  /// Whether sudo reads a password cannot be known before (NOPASSWD, a fresh time stamp). The program
  /// is therefore started by a shell that says a marker when it runs as root, then skips lines up to
  /// the same marker: the password is never taken for input of the program, and the program's input
  /// is never taken for a second try of the password.
  ///
  /// - Throws: `.sudoNotAllowed` for a command that is no look where only looks are allowed.
  init(
    _ command: RemoteCommand,
    _ target: SSHTarget,
    sudoPassword: String?
  ) throws(TransportError) {
    if command.asRoot, target.become == .observe {
      guard let look = command.look else { throw Self.refusal(target) }
      usesSudo = true
      text = "env LC_ALL=C sudo -n -- \(Observer.path)"
      input = ByteChain(Array("\(Observer.greeting)\(look.digest)\n".utf8) + look.stdin)
      heldInput = nil
      return
    }
    usesSudo = command.asRoot && target.become == .sudo
    guard usesSudo else {
      text = command.program
      input = command.input
      heldInput = nil
      return
    }
    guard let password = sudoPassword else {
      text = "env LC_ALL=C sudo -n -- /bin/sh -c \(Self.quoted(Self.body(of: command.program)))"
      input = command.input
      heldInput = nil
      return
    }
    let word = "fleetctl-root-" + String(UInt64.random(in: 0...UInt64.max), radix: 16)
    let script = """
      echo \(word); while IFS= read -r l; do case $l in \(word)) break;; esac; done; unset l; \
      export FLEETCTL_SUDO_PASSWORD_READ=1; exec /bin/sh -c \(Self.quoted(command.program))
      """
    text = "env LC_ALL=C sudo -S -p '' -- /bin/sh -c \(Self.quoted(script))"
    input = ByteChain(Array("\(password)\n".utf8))
    let marker = Array("\(word)\n".utf8)
    var following = ByteChain(marker)
    following.append(command.input)
    heldInput = (marker, following)
  }

  private static func refusal(_ target: SSHTarget) -> TransportError {
    TransportError(
      .sudoNotAllowed,
      step: "sudo",
      "\(target.user) may only look at \(target.node): this connection changes nothing",
      remedy: "Leave --read-only out to log in as the fleet's own user."
    )
  }

  /// What `/bin/sh -c` has to run for `program`: a program that does nothing but become such a shell
  /// itself is spared one of the two.
  static func body(of program: String) -> String {
    let head = "exec /bin/sh -c '"
    guard program.hasPrefix(head), program.hasSuffix("'") else { return program }
    let body = program.dropFirst(head.count).dropLast()
    return body.contains("'") ? program : String(body)
  }

  /// `text` as one word of a POSIX shell.
  static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}
