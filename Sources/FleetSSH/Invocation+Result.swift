import FleetTransport

extension Invocation {
  /// The result of the command, or what sudo had against it.
  ///
  /// sudo speaks English here (`LC_ALL=C`), ends with status 1 and lets nothing reach standard output;
  /// only then its words are looked at, so that a command's own output is not taken for sudo's.
  func result(
    _ flow: Flow,
    _ status: Int,
    _ target: SSHTarget
  ) throws(TransportError) -> RemoteResult {
    let result = RemoteResult(stdout: flow.output, stderr: flow.errors, exitStatus: status)
    guard usesSudo, status != 0, flow.output.isEmpty, flow.errors.count < 8192 else {
      return result
    }
    let text = String(decoding: flow.errors, as: UTF8.self)
    if target.become == .observe { try Self.refuseLook(text, target) }
    if let refusal = Self.refusals.first(where: { $0.matches(text, status) }) {
      throw refusal.error(text, target)
    }
    return result
  }

  /// What an observer, or sudo before it, has against a look.
  private static func refuseLook(_ text: String, _ target: SSHTarget) throws(TransportError) {
    let cure =
      "Install the observer of this fleetctl and its rule:\n"
      + "  fleetctl bootstrap \(target.node) --user root"
    if let range = text.firstRange(of: Observer.complaint) {
      let digest = PrintableText.line(
        text[range.upperBound...].utf8.prefix { $0 > 0x20 },
        limit: 64
      )
      throw TransportError(
        .sudoNotAllowed,
        step: "observer",
        "the observer on \(target.node) belongs to another version of fleetctl: it holds script "
          + digest.prefix(12) + "…",
        remedy: cure
      )
    }
    guard text.contains("sudo") || text.contains("sudoers") || text.contains(" not allowed ") else {
      return
    }
    throw TransportError(
      .sudoNotAllowed,
      step: "observer",
      "sudo does not let \(target.user) run \(Observer.path) on \(target.node): "
        + PrintableText.line(text.utf8),
      remedy: cure
    )
  }

  private struct Refusal {
    let code: TransportError.Code
    let words: [String]
    let meaning: String
    let remedy: String
    var status = 1

    func matches(_ text: String, _ status: Int) -> Bool {
      status == self.status && words.contains { text.contains($0) }
    }

    func error(_ text: String, _ target: SSHTarget) -> TransportError {
      TransportError(
        code,
        step: "sudo",
        "\(meaning) for \(target.user) on \(target.node): \(PrintableText.line(text.utf8))",
        remedy: remedy
      )
    }
  }

  // The order matters: a wrong password is followed by words about a missing one.
  private static let refusals = [
    Refusal(
      code: .sudoNotAllowed,
      words: [
        "is not in the sudoers file", "is not allowed to execute", "is not allowed to run sudo",
        "may not run sudo", "I'm afraid I can't do that", "account validation failure",
        "effective uid is not 0", "must be owned by uid 0", "no new privileges",
      ],
      meaning: "sudo is not allowed",
      remedy: "Allow the user to run commands as root on the node, in /etc/sudoers.d/. The lines:\n"
        + "  fleetctl doctor --sudoers"
    ),
    Refusal(
      code: .sudoNeedsTerminal,
      words: ["must have a tty to run sudo"],
      meaning: "sudo wants a terminal",
      remedy: "Switch `requiretty` off for the user on the node, in /etc/sudoers.d/. The lines:\n"
        + "  fleetctl doctor --sudoers"
    ),
    Refusal(
      code: .sudoPasswordWrong,
      words: ["Sorry, try again", "incorrect password attempt", "Authentication failed"],
      meaning: "sudo refused the password",
      remedy: "It was sent once. Correct what `become_password` of the node names, or"
        + " FLEETCTL_SUDO_PASSWORD, or unset that to be asked."
    ),
    Refusal(
      code: .sudoPasswordRequired,
      words: [
        "a password is required", "no password was provided", "a terminal is required to read",
        "interactive authentication is required",
      ],
      meaning: "sudo wants a password",
      remedy:
        "Name its source in `ssh.become_password`, set FLEETCTL_SUDO_PASSWORD, run fleetctl in a"
        + " terminal to be asked, or allow NOPASSWD on the node. The lines:\n  fleetctl doctor --sudoers"
    ),
    Refusal(
      code: .sudoNotAllowed,
      words: ["sudo"],
      meaning: "there is no sudo",
      remedy: "Install sudo on the node, or log in as root with `become: none`.",
      status: 127
    ),
  ]
}
