import FleetTransport

/// Reads from the words of a child `ssh` why it did not connect.
///
/// ssh(1) has one exit status, 255, for all failures of its own; the words are those of OpenSSH 8 to 10
/// under `LogLevel=ERROR`. What is not recognised is told as it is.
struct OpenSSHFailure {
  private let code: TransportError.Code
  private let step: String
  private let words: [String]
  private var remedy: (@Sendable (SSHTarget) -> String)?

  /// The error that `text` means for `target`.
  static func error(_ text: [UInt8], _ target: SSHTarget, place: String) -> TransportError {
    let lines = String(decoding: text.prefix(16_384), as: UTF8.self)
    let known = all.first { failure in failure.words.contains { lines.contains($0) } }
    // The box of at signs around a changed key says nothing that the last lines do not.
    let sentences = lines.split(whereSeparator: \.isNewline)
      .filter { !$0.hasPrefix("@") && !$0.isEmpty }.suffix(3).joined(separator: "; ")
    let said = PrintableText.line(sentences.utf8)
    return TransportError(
      known?.code ?? .connectionLost,
      step: known?.step ?? "connect",
      "ssh cannot connect to \(place): \(said.isEmpty ? "it says nothing" : said)",
      remedy: known?.remedy?(target)
    )
  }

  /// Whether sshd hung up before it said who it is, as it does when too many log in at once.
  static func isDrop(_ error: TransportError) -> Bool {
    error.code == .connectionLost && error.message.contains("kex_exchange_identification")
  }

  // The order matters: “Host key verification failed” follows each of the first three.
  private static let all = [
    OpenSSHFailure(
      code: .hostKeyRevoked,
      step: "host key",
      words: ["REVOKED HOST KEY", "is marked as revoked"],
      remedy: { _ in "Do not connect. Find out who uses the revoked key." }
    ),
    OpenSSHFailure(
      code: .hostKeyChanged,
      step: "host key",
      words: ["HOST IDENTIFICATION HAS CHANGED", "has changed and you have requested strict"],
      remedy: { target in
        "No login was tried. If the node was reinstalled, compare the fingerprint with its own,"
          + " then:\n  fleetctl hosts trust --rotate \(target.node)"
      }
    ),
    OpenSSHFailure(
      code: .hostKeyUnknown,
      step: "host key",
      words: ["host key is known for", "Host key verification failed"],
      remedy: { target in
        "Compare the fingerprint with the node's own, then pin it:\n"
          + "  fleetctl hosts trust \(target.node)"
      }
    ),
    OpenSSHFailure(
      code: .unreachable,
      step: "jump",
      words: ["Stdio forwarding request failed"],
      remedy: { _ in
        "Nothing listens there as seen from the last jump host, or its sshd forbids it"
          + " (AllowTcpForwarding, PermitOpen)."
      }
    ),
    OpenSSHFailure(
      code: .noCommonAlgorithm,
      step: "handshake",
      words: ["Unable to negotiate", "no matching"],
      remedy: { _ in "Allow an algorithm on the node that OpenSSH still offers." }
    ),
    OpenSSHFailure(
      code: .authenticationRefused,
      step: "login",
      words: ["Permission denied", "Too many authentication failures"],
      remedy: { target in
        "Let the node accept a key of yours:\n"
          + "  ssh-copy-id -i KEY.pub -p \(target.port) \(target.user)@\(target.host)\n"
          + "ssh is not allowed to ask here: add an encrypted key to your agent with `ssh-add`."
      }
    ),
    OpenSSHFailure(
      code: .unreachable,
      step: "connect",
      words: ["Could not resolve hostname"],
      remedy: { _ in "Give the node's IP address in fleet.yaml, or mend the name service." }
    ),
    OpenSSHFailure(code: .refused, step: "connect", words: ["Connection refused"]),
    OpenSSHFailure(
      code: .unreachable,
      step: "connect",
      words: ["No route to host", "Network is unreachable"]
    ),
    OpenSSHFailure(
      code: .timedOut,
      step: "connect",
      words: ["timed out", "Timeout"]
    ),
  ]
}
