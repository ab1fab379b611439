import ArgumentParser
import FleetDiagnostics
import FleetSSH
import FleetYAML
import Glibc

/// `fleetctl doctor`.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract:
      "Check this machine: versions, algorithms and their limits, keys, agent, known_hosts.",
    discussion: """
      Connects to nobody; `fleetctl ping` does. Exits 0 when nothing is wrong,
      else 1. With a fleet file it looks at the fleet's own keys, too: type,
      passphrase, permissions, certificate, whether the agent holds them.

      EXAMPLES
        fleetctl doctor
        fleetctl doctor -f fleet.yaml
        fleetctl doctor --sudoers > fleetctl.sudoers      the rule for the nodes
        fleetctl doctor --sudoers --user deploy
      """
  )

  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp("The fleet file whose keys to look at, too.", valueName: "file")
  )
  var file: String?

  @Flag(help: "Print the sudo rule that the nodes need, and nothing else.")
  var sudoers = false

  @Option(help: ArgumentHelp("The login user of the rule.", valueName: "user"))
  var user = "fleetctl"

  func run() throws {
    if sudoers { return try printSudoers() }
    let checks = OperatorCheck.all() + (try file.map(FleetKeyCheck.all) ?? [])
    try Terminal.result(checks.map(\.line).joined())
    if checks.contains(where: { $0.state == .wrong }) { throw ExitStatus.failure.error }
  }

  private func printSudoers() throws {
    let isName =
      (1...32).contains(user.utf8.count)
      && user.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      } && !user.hasPrefix("-")
    guard isName else {
      Terminal.note("error: `\(displayable(user))` is not a login name.\n")
      throw ExitStatus.usage.error
    }
    try Terminal.result(
      """
      # /etc/sudoers.d/fleetctl, owner root, mode 0440; check it with: visudo -cf /etc/sudoers.d/fleetctl
      # fleetctl runs one shell as root: a narrower rule would be no protection.
      Defaults:\(user) !requiretty
      \(user) ALL=(root) NOPASSWD: ALL
      # With a password instead of NOPASSWD (FLEETCTL_SUDO_PASSWORD, or asked on the terminal):
      # \(user) ALL=(root) ALL

      """
    )
  }
}

/// One line of `fleetctl doctor`.
struct OperatorCheck {
  /// How it stands.
  enum State: String {
    case fine = "ok"
    case told = "--"
    case wrong = "!!"
  }

  let state: State
  let what: String
  let text: String

  /// `ok  libssh2  1.10.0`.
  var line: String {
    let name = what + String(repeating: " ", count: max(0, 14 - what.count))
    return "\(state.rawValue)  \(name)  \(displayable(text))\n"
  }

  /// Everything about this machine.
  static func all() -> [OperatorCheck] {
    versions() + algorithms() + agent() + keys() + knownHosts()
  }

  private static func versions() -> [OperatorCheck] {
    let ssh = Programs.find("ssh")
    return [
      OperatorCheck(state: .fine, what: "fleetctl", text: Version.current),
      OperatorCheck(state: .fine, what: "libssh2", text: SSHLibraries.libSSH2),
      OperatorCheck(state: .fine, what: "OpenSSL", text: SSHLibraries.openSSL),
      OperatorCheck(state: .fine, what: "libyaml", text: YAMLLibrary.version),
      OperatorCheck(
        state: ssh == nil ? .told : .fine,
        what: "ssh",
        text: ssh.map {
          "\($0), \(SSHLibraries.version(ofSSH: $0) ?? "which does not tell its version")"
        }
          ?? "not in PATH: nodes that libssh2 cannot reach stay out of reach; install openssh-client"
      ),
    ]
  }

  private static func algorithms() -> [OperatorCheck] {
    SSHLibraries.offered.map { kind, names in
      OperatorCheck(state: .fine, what: kind, text: names.joined(separator: ", "))
    }
      + SSHLibraries.limits.map {
        OperatorCheck(state: .told, what: "through ssh", text: $0)
      }
  }

  private static func agent() -> [OperatorCheck] {
    guard let socket = Environment["SSH_AUTH_SOCK"] else {
      return [OperatorCheck(state: .told, what: "agent", text: "none: SSH_AUTH_SOCK is not set")]
    }
    guard let keys = IdentityCheck.agentKeys(socket) else {
      let text = "\(socket) does not answer; start one (`eval $(ssh-agent)`) or unset SSH_AUTH_SOCK"
      return [OperatorCheck(state: .wrong, what: "agent", text: text)]
    }
    let count = keys.count == 1 ? "1 key" : "\(keys.count) keys"
    return [OperatorCheck(state: .fine, what: "agent", text: "\(socket): \(count)")]
      + keys.map { OperatorCheck(state: .fine, what: "", text: $0) }
  }

  private static func keys() -> [OperatorCheck] {
    let paths = IdentityCheck.defaultNames.map { "\(Environment.home)/.ssh/\($0)" }
    let found = paths.filter(Files.exists).map(key)
    guard found.isEmpty else { return found }
    let text = "none of \(IdentityCheck.defaultNames.joined(separator: ", ")) in ~/.ssh"
    return [OperatorCheck(state: .told, what: "key files", text: text)]
  }

  /// What is to be said about one key file.
  static func key(_ path: String) -> OperatorCheck {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let text = "\(path): \(String(cString: strerror(errno)))"
      return OperatorCheck(state: .wrong, what: "key file", text: text)
    }
    let (text, isUsable) = IdentityCheck.describe(path)
    let mode = String(status.st_mode & 0o777, radix: 8)
    // ssh refuses a private key that others can read.
    guard status.st_mode & 0o077 == 0 else {
      let text = "\(path): mode \(mode), others can read it; run `chmod 600 \(path)`"
      return OperatorCheck(state: .wrong, what: "key file", text: text)
    }
    return OperatorCheck(
      state: isUsable ? .fine : .told,
      what: "key file",
      text: "\(path): mode \(mode), \(text)"
    )
  }

  private static func knownHosts() -> [OperatorCheck] {
    let path = Environment.expanded("~/.ssh/known_hosts")
    let text: String
    let state: State
    do {
      let lines = try Files.read(path).split(separator: UInt8(ascii: "\n"))
      (state, text) = (.fine, "\(path): \(lines.count) lines")
    } catch {
      let isMissing = error.number == ENOENT
      state = isMissing ? .told : .wrong
      text =
        isMissing
        ? "\(path) does not exist yet; `fleetctl hosts trust` makes it" : "\(error)"
    }
    return [OperatorCheck(state: state, what: "known_hosts", text: text)]
  }
}
