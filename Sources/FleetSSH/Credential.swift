import FleetTransport

/// One way to log in, and what could not be tried.
enum Credential: Sendable {
  /// A private key file.
  case file(Identity)
  /// A key in the agent at a socket path.
  case agent(socket: String, key: HostKey, comment: String)

  /// Whether libssh2 has to decrypt it, whose failures have a different number for each format.
  var isEncrypted: Bool {
    if case .file(let identity) = self { identity.isEncrypted } else { false }
  }

  /// The credential as messages name it.
  var text: String {
    switch self {
    case .file(let identity): identity.text
    case .agent(_, let key, let comment):
      "agent key \(PrintableText.line(comment.utf8, limit: 60)) (\(key.type) \(key.fingerprint))"
    }
  }
}

/// The credentials of one login in the order to try them.
struct Credentials: Sendable {
  /// What to try.
  private(set) var usable: [Credential] = []
  /// Why other keys are left out, one sentence each.
  private(set) var remarks: [String] = []

  /// sshd_config(5) `MaxAuthTries` is 6 by default; the sixth failure ends the connection.
  static let limit = 5

  /// Collects the keys for `target`: its identity files, or else the agent and the default files.
  ///
  /// - Throws: `.identityUnreadable` when a file that the operator named cannot be used at all.
  init(
    _ target: SSHTarget,
    _ configuration: SSHConfiguration,
    _ store: IdentityStore
  ) throws(TransportError) {
    let agent = AgentKeys(configuration.agentSocket)
    if target.identityFiles.isEmpty {
      usable = agent.credentials
      remarks = agent.remarks
      for name in ["id_ed25519", "id_ecdsa"] {
        // A missing default is no error; it is only not there.
        let path = "\(configuration.homeDirectory)/.ssh/\(name)"
        if let identity = try? store.identity(at: path) { add(identity, configuration, agent) }
      }
    } else {
      for path in target.identityFiles {
        add(try store.identity(at: path), configuration, agent)
      }
    }
    usable = Array(usable.prefix(Self.limit))
  }

  private mutating func add(
    _ identity: Identity,
    _ configuration: SSHConfiguration,
    _ agent: AgentKeys
  ) {
    if identity.type == "ssh-rsa" {
      remarks.append("\(identity.path) is an RSA key, which libssh2 1.10 can use only with SHA-1")
    } else if identity.isEncrypted, configuration.passphrase == nil {
      if let held = agent.credential(for: identity.publicKey) {
        usable.append(held)
      } else {
        remarks.append("\(identity.path) is encrypted and no passphrase is known")
      }
    } else {
      usable.append(.file(identity))
    }
  }
}

/// The usable keys of the operator's agent.
private struct AgentKeys {
  var credentials: [Credential] = []
  var remarks: [String] = []

  init(_ socket: String?) {
    guard let socket, !socket.isEmpty else { return }
    guard let keys = Agent(path: socket)?.keys() else {
      remarks = ["the agent at \(socket) does not answer"]
      return
    }
    for key in keys {
      let comment = PrintableText.line(key.comment.utf8, limit: 60)
      guard let hostKey = HostKey(blob: key.blob), HostKey.supportedTypes.contains(hostKey.type)
      else {
        remarks.append("agent key \(comment) is of a type that libssh2 1.10 cannot use")
        continue
      }
      credentials.append(.agent(socket: socket, key: hostKey, comment: comment))
    }
  }

  func credential(for key: HostKey?) -> Credential? {
    credentials.first { credential in
      if case .agent(_, let held, _) = credential { held == key } else { false }
    }
  }
}
