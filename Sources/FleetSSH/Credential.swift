import FleetTransport
import Synchronization

/// One key as it is offered to a server, and who signs with it.
struct Credential: Sendable {
  /// Who holds the private half.
  enum Holder: Sendable {
    /// This process; the key was decrypted once for all connections.
    case process(PrivateKey)
    /// The agent at a socket path.
    case agent(String)
  }

  /// Who signs.
  let holder: Holder
  /// The public key or certificate as its holder knows it.
  let key: PublicKey
  /// The algorithm to sign with; also the name under which the key is offered.
  let algorithm: String
  /// The credential as messages name it: path or comment, type, fingerprint.
  let text: String

  /// The key in wire format as it is offered.
  var offer: [UInt8] { key.blob(named: algorithm) }

  /// Signs `data`; nil when the agent is gone or does not want to.
  func sign(_ data: [UInt8]) -> [UInt8]? {
    switch holder {
    case .process(let key): key.sign(data, as: algorithm)
    case .agent(let socket): Agent(path: socket)?.sign(data, with: key.blob, as: algorithm)
    }
  }
}

/// The credentials of one login in the order to try them.
struct Credentials: Sendable {
  /// What to try, at most `limit`.
  private(set) var usable: [Credential] = []
  /// Why other keys are left out, one sentence each.
  private(set) var remarks: [String] = []
  /// Whether there is a key that OpenSSH's `ssh` could offer and libssh2 1.10 cannot.
  private(set) var hasOthers = false
  /// The first identity file whose passphrase is wrong or whose content is damaged.
  private(set) var spoiled: TransportError?

  /// The keys of encrypted files that this process has decrypted.
  private(set) var opened: [PrivateKey] = []

  // Tried last: an old server may know RSA with SHA-256 alone.
  private var weaker: [Credential] = []

  /// sshd_config(5) `MaxAuthTries` is 6 by default; the sixth failure ends the connection.
  static let limit = 6

  /// The files that ssh(1) tries when none is named, newest algorithm first.
  static let defaultNames = [
    "id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk",
  ]

  /// Collects the keys for `target`: its identity files, then those of the agent, or else the agent's
  /// and then the default files.
  ///
  /// With `identitiesOnly` the agent only signs for keys of those files.
  /// - Throws: `.identityUnreadable` when a file that the operator named cannot be read.
  init(
    _ target: SSHTarget,
    _ configuration: SSHConfiguration,
    _ store: IdentityStore,
    _ agent: AgentKeys
  ) throws(TransportError) {
    if let remark = agent.remark { remarks.append(remark) }
    if target.identityFiles.isEmpty {
      if !target.identitiesOnly { add(agent) }
      for name in target.triesDefaultKeys ? Self.defaultNames : [] {
        // A missing default is no error; it is only not there.
        let path = "\(configuration.homeDirectory)/.ssh/\(name)"
        guard let identity = try? store.identity(at: path) else { continue }
        add(identity, configuration, store, agent)
      }
    } else {
      for path in target.identityFiles {
        if let key = store.publicHalf(at: path) {
          try add(key, agent, path)
        } else {
          add(try store.identity(at: path), configuration, store, agent)
        }
      }
      if !target.identitiesOnly { add(agent) }
    }
    let left = usable.count + weaker.count - Self.limit
    if left > 0 {
      remarks.append("\(left) more offers are left out, as sshd allows \(Self.limit)")
    }
    usable = Array((usable + weaker).prefix(Self.limit))
  }

  private mutating func add(_ agent: AgentKeys) {
    for held in agent.keys { add(held.key, .agent(held.socket), held.text) }
  }

  /// As with ssh(1), a public key file says which key of the agent is meant.
  private mutating func add(
    _ key: PublicKey,
    _ agent: AgentKeys,
    _ path: String
  ) throws(TransportError) {
    guard let holder = agent.holder(of: key) else {
      throw TransportError(
        .identityUnreadable,
        step: "login",
        "\(path) is a public key, and no agent holds its private half",
        remedy:
          "Name the private key in `ssh.identity_file`, not its `.pub` half, or add it to your"
          + " agent with `ssh-add`."
      )
    }
    add(key, holder, path)
  }

  private mutating func add(
    _ identity: Identity,
    _ configuration: SSHConfiguration,
    _ store: IdentityStore,
    _ agent: AgentKeys
  ) {
    // An agent that holds the key saves the passphrase.
    let held = identity.isEncrypted ? agent.holder(of: identity.publicKey) : nil
    let holder: Credential.Holder
    let publicKey: PublicKey
    if let held, let known = identity.publicKey {
      (holder, publicKey) = (held, known)
    } else {
      switch store.key(of: identity, passphrase: configuration.passphrase) {
      case .success(let key):
        if identity.isEncrypted { opened.append(key) }
        (holder, publicKey) = (.process(key), key.publicKey)
      case .failure(let failure): return note(failure, identity)
      }
    }
    if let certificate = store.certificate(of: identity) {
      add(certificate, holder, "certificate \(identity.path)-cert.pub")
    }
    add(publicKey, holder, identity.path)
  }

  private mutating func add(_ key: PublicKey, _ holder: Credential.Holder, _ name: String) {
    let algorithms = key.algorithms
    if algorithms.isEmpty {
      hasOthers = true
      remarks.append("\(name) is a \(key.type), which libssh2 1.10 cannot offer")
    }
    for (index, algorithm) in algorithms.enumerated() {
      let how = index == 0 ? "" : " with \(algorithm)"
      let offer = Credential(
        holder: holder,
        key: key,
        algorithm: algorithm,
        text: "\(name) (\(key.type) \(key.fingerprint))\(how)"
      )
      let isKnown = (usable + weaker).contains { $0.offer == offer.offer }
      if isKnown { continue }
      if index == 0 { usable.append(offer) } else { weaker.append(offer) }
    }
  }

  private mutating func note(_ failure: KeyFailure, _ identity: Identity) {
    switch failure {
    case .locked: remarks.append("\(identity.path) is encrypted and no passphrase is known")
    case .unsupported(let why):
      hasOthers = true
      remarks.append("\(identity.path) cannot be used: \(why)")
    case .wrongPassphrase, .damaged:
      let error = failure.error(identity.path)
      remarks.append(error.message)
      spoiled = spoiled ?? error
    }
  }
}

extension KeyFailure {
  /// The failure to use the key file at `path` as people read it.
  func error(_ path: String) -> TransportError {
    let (message, remedy) =
      switch self {
      case .locked:
        (
          "the private key \(path) is encrypted and no passphrase is known",
          "Set FLEETCTL_KEY_PASSPHRASE, or add the key to your agent:\n  ssh-add \(path)"
        )
      case .wrongPassphrase:
        (
          "the passphrase does not open the private key \(path)",
          "Set FLEETCTL_KEY_PASSPHRASE to the right one, or add the key to your agent:\n"
            + "  ssh-add \(path)"
        )
      case .damaged(let why):
        (
          "the private key \(path) is damaged: \(why)",
          "Compare it with `ssh-keygen -y -f \(path)`; restore it from a backup or make a new one."
        )
      case .unsupported(let why):
        (
          "the private key \(path) cannot be used: \(why)",
          "Name another key in `ssh.identity_file`."
        )
      }
    return TransportError(.identityUnreadable, step: "login", message, remedy: remedy)
  }
}

/// The keys of one agent of the operator.
struct AgentKeys: Sendable {
  /// One key that the agent holds.
  struct Held: Sendable {
    let socket: String
    let key: PublicKey
    let text: String
  }

  /// The keys in the agent's order.
  private(set) var keys: [Held] = []
  /// Why there are none, where that is a surprise.
  private(set) var remark: String?

  /// Asks the agent at `socket`; an empty or absent path is no agent.
  init(_ socket: String?) {
    guard let socket, !socket.isEmpty else { return }
    guard let listed = Agent(path: socket)?.keys() else {
      remark = "the agent at \(socket) does not answer"
      return
    }
    for key in listed {
      guard let publicKey = PublicKey(blob: key.blob) else { continue }
      let comment = PrintableText.line(key.comment.utf8, limit: 60)
      keys.append(Held(socket: socket, key: publicKey, text: "agent key \(comment)"))
    }
  }

  /// The agent, if it holds `key`.
  func holder(of key: PublicKey?) -> Credential.Holder? {
    keys.first { $0.key == key }.map { .agent($0.socket) }
  }
}

/// The agents of one run, each of them listed once.
final class AgentStore: Sendable {
  private let standard: String?
  private let listed = Mutex<[String: AgentKeys]>([:])

  /// `standard` is the socket for targets that name none.
  init(_ standard: String?) {
    self.standard = standard
  }

  /// The socket of the agent to ask for `target`; nil for none.
  func socket(for target: SSHTarget) -> String? {
    guard let socket = target.identityAgent ?? standard, !socket.isEmpty else { return nil }
    return socket
  }

  /// What that agent holds; it is asked when it is first needed.
  func keys(for target: SSHTarget) -> AgentKeys {
    guard let socket = socket(for: target) else { return AgentKeys(nil) }
    return listed.withLock { listed in
      if let known = listed[socket] { return known }
      let keys = AgentKeys(socket)
      listed[socket] = keys
      return keys
    }
  }
}
