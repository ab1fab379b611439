package import FleetTransport
import Synchronization

/// Opens SSH connections, all of them on the one event loop of the process.
///
/// libssh2 carries them, or a child `ssh` where that is wanted or needed.
package final class SSHConnector: Connector {
  /// What the connections of one connector have in common.
  struct Shared: Sendable {
    let configuration: SSHConfiguration
    let gate: Gate
    let identities: IdentityStore
    let agents: AgentStore
    let sudoPassword: SudoPassword
    let jumps = JumpMasters()
    let traffic = Traffic()
    let logins: Gates
    let openingStreams: Gates
    let uploads: Gate

    /// The gate of all who log in where `target` leads, or pass through the same jump host.
    func entrance(of target: SSHTarget) -> Gate {
      switch target.route {
      case .direct: logins["\(target.host):\(target.port)"]
      case .command: logins["a proxy command"]
      case .jumps(let chain): openingStreams[chain.last?.name ?? ""]
      }
    }
  }

  private let shared: Shared
  private let knownHosts = KnownHostsStore()
  // Nodes that only `ssh` reaches, with the reason: the next connection goes there at once.
  private let detours = Mutex<[SSHTarget: String]>([:])

  /// Makes a connector; connects to nothing yet.
  package init(_ configuration: SSHConfiguration) {
    shared = Shared(
      configuration: configuration,
      gate: Gate(configuration.maximumSessions),
      identities: IdentityStore(),
      agents: AgentStore(configuration.agentSocket),
      sudoPassword: SudoPassword(configuration.sudoPassword),
      logins: Gates(configuration.maximumLogins),
      openingStreams: Gates(configuration.maximumOpeningStreams),
      uploads: Gate(configuration.maximumUploads)
    )
  }

  /// What was done so far by way of libssh2.
  package var traffic: Traffic { shared.traffic }

  /// Gives the password for `sudo` to all commands from now on, except on nodes with one of their own.
  package func useSudoPassword(_ password: String) {
    shared.sudoPassword.set(password, for: nil)
  }

  /// Gives the password for `sudo` on the node with this id.
  package func useSudoPassword(_ password: String, for node: String) {
    shared.sudoPassword.set(password, for: node)
  }

  /// The identity files of `targets` that still need a passphrase, sorted.
  ///
  /// Those are encrypted, not opened by the configuration's passphrase and not held by the agent.
  package func lockedIdentities(of targets: [SSHTarget]) -> [String] {
    let home = shared.configuration.homeDirectory
    let defaults = Credentials.defaultNames.map { "\(home)/.ssh/\($0)" }
    var users: [String: [SSHTarget]] = [:]
    for target in targets {
      let isBare = target.identityFiles.isEmpty && target.triesDefaultKeys
      let paths = isBare ? defaults : target.identityFiles
      for path in paths { users[path, default: []].append(target) }
    }
    return users.sorted { $0.key < $1.key }.filter { path, targets in
      guard let identity = try? shared.identities.identity(at: path), identity.isEncrypted,
        // One node whose agent does not have the key is enough to need it.
        !targets.allSatisfy({ shared.agents.keys(for: $0).holder(of: identity.publicKey) != nil })
      else { return false }
      let passphrase = shared.configuration.passphrase
      switch shared.identities.key(of: identity, passphrase: passphrase) {
      case .failure(.locked): return true
      case .failure, .success: return false
      }
    }.map(\.key)
  }

  /// Opens the identity file at `path` for the whole run.
  ///
  /// Returns nil, or why it stays closed; a wrong passphrase may be followed by another try.
  package func unlock(_ path: String, with passphrase: String) -> TransportError? {
    do throws(TransportError) {
      let identity = try shared.identities.identity(at: path)
      switch shared.identities.key(of: identity, passphrase: passphrase, again: true) {
      case .success: return nil
      case .failure(let failure): return failure.error(path)
      }
    } catch {
      return error
    }
  }

  /// Connects, verifies the host key against the target's known_hosts files, then logs in.
  ///
  /// Each of connecting, handshake and login may take `target.connectTimeout`. A server that hangs up
  /// before its banner (`MaxStartups` of sshd_config(5)) is tried again, each time after a longer pause
  /// that is drawn at random, for as long as `target.connectTimeout` has not passed. With
  /// `transport: auto` a node that libssh2 1.10 cannot talk to is reached through OpenSSH's `ssh`,
  /// which verifies the same host keys in the same files; a refusal of a host key is never retried.
  package func connect(to target: SSHTarget) async throws(TransportError) -> any RemoteConnection {
    try await connect(to: target, nil)
  }

  /// Connects as `connect(to:)` does and tells how each step of it went.
  package func trace(to target: SSHTarget) async -> LoginTrace {
    let recorder = StepRecorder()
    let outcome: Result<any RemoteConnection, TransportError>
    do throws(TransportError) {
      outcome = .success(try await connect(to: target, recorder))
    } catch {
      outcome = .failure(error)
    }
    return LoginTrace(steps: recorder.steps, outcome: outcome)
  }

  private func connect(
    to target: SSHTarget,
    _ recorder: StepRecorder?
  ) async throws(TransportError) -> any RemoteConnection {
    if target.transport == .openssh {
      return try await openSSH(target, "fleet.yaml says so", recorder)
    }
    if let reason = try leftToSSH(target) {
      return try await openSSH(target, reason, recorder)
    }
    if let reason = detours.withLock({ $0[target] }) {
      return try await openSSH(target, reason, recorder)
    }
    do throws(TransportError) {
      return try await libSSH2(target, recorder)
    } catch {
      guard target.transport == .auto, let reason = reason(for: error, target) else { throw error }
      guard shared.configuration.sshProgram != nil else {
        throw TransportError(
          error.code,
          step: error.step,
          error.message,
          remedy: [error.remedy, "Or install openssh-client here: fleetctl then uses `ssh`."]
            .compactMap { $0 }.joined(separator: "\n")
        )
      }
      let connection = try await openSSH(target, reason, recorder)
      detours.withLock { $0[target] = reason }
      return connection
    }
  }

  /// Why the target's ssh_config wants `ssh` itself; nil where libssh2 does the same.
  private func leftToSSH(_ target: SSHTarget) throws(TransportError) -> String? {
    guard let key = target.sshOptions.first?.split(separator: "=").first else { return nil }
    guard target.transport == .libssh2 else {
      return "ssh_config has `\(key)` for it, which libssh2 is not told"
    }
    throw TransportError(
      .unreachable,
      step: "connect",
      "ssh_config has `\(key)` for it, which only OpenSSH's `ssh` honours, and `ssh.transport` is `libssh2`",
      remedy: "Set `transport: auto`, or leave `\(key)` out for this node."
    )
  }

  /// Why `ssh` may reach what libssh2 did not; nil when it would fail as well, or must not try.
  private func reason(for error: TransportError, _ target: SSHTarget) -> String? {
    // What a jump host refuses, `ssh` has tried already.
    guard error.step != "jump" else { return nil }
    switch error.code {
    case .noCommonAlgorithm: return "libssh2 1.10 and the node have no algorithms in common"
    case .hostKeyUnsupported: return "libssh2 1.10 cannot verify the host key that is pinned"
    case .authenticationRefused:
      let others = try? credentials(target).hasOthers
      return others == true ? "libssh2 1.10 cannot offer some of your keys" : nil
    default: return nil
    }
  }

  private func openSSH(
    _ target: SSHTarget,
    _ reason: String,
    _ recorder: StepRecorder?
  ) async throws(TransportError) -> any RemoteConnection {
    guard shared.configuration.sshProgram != nil else {
      throw TransportError(
        .internalFailure,
        step: "connect",
        "`ssh.transport` is `openssh`, and there is no `ssh` in the PATH",
        remedy: "Install openssh-client, or set `transport: auto`."
      )
    }
    // Opens encrypted keys; a file that cannot be used is for ssh to complain about.
    let opened = (try? credentials(target).opened) ?? []
    // ssh does not know fleet.lock: the verdict on its pins is made here, and handed over as lines.
    let pins =
      target.pin == nil
      ? nil
      : try HostKeyPolicy(target, in: try knownHosts.knownHosts(in: target.knownHostsFiles)).lines()
    recorder?.begin()
    var drops = Drops(target)
    while true {
      let connection = try OpenSSHConnection(
        target,
        shared,
        because: reason,
        openedKeys: opened,
        pins: pins
      )
      do throws(TransportError) {
        try await connection.open()
        recorder?.mark("ssh", "logged in; \(connection.detour ?? "")")
        return connection
      } catch {
        await connection.close()
        guard OpenSSHFailure.isDrop(error), let pause = drops.next() else {
          throw drops.explain(error)
        }
        recorder?.mark("dropped", drops.text)
        do {
          try await Task.sleep(for: pause)
        } catch {
          throw TransportError(.cancelled, step: "connect", "the login was cancelled")
        }
      }
    }
  }

  private func libSSH2(
    _ target: SSHTarget,
    _ recorder: StepRecorder?
  ) async throws(TransportError) -> SSHConnection {
    // Here and not on the event loop: a long file of hashed names takes milliseconds, bcrypt a tenth
    // of a second, once a run.
    let credentials = try credentials(target)
    recorder?.mark("keys", "\(credentials.usable.count) to offer")
    let policy = HostKeyPolicy(target, in: try knownHosts.knownHosts(in: target.knownHostsFiles))
    let connection = try SSHConnection(target, policy, shared, credentials, recorder: recorder)
    try await connection.open()
    return connection
  }

  private func credentials(_ target: SSHTarget) throws(TransportError) -> Credentials {
    try Credentials(
      target,
      shared.configuration,
      shared.identities,
      shared.agents.keys(for: target)
    )
  }

  /// The key with which the server at `target` identifies itself; no login is attempted.
  ///
  /// The type that known_hosts pins is asked for first, then Ed25519, then ECDSA. The caller decides
  /// whether to trust it.
  package func fetchHostKey(of target: SSHTarget) async throws(TransportError) -> HostKey {
    // What known_hosts says only decides which key is asked for; a damaged file does not matter.
    let hosts = (try? knownHosts.knownHosts(in: target.knownHostsFiles)) ?? KnownHosts([])
    let hasSSH = shared.configuration.sshProgram != nil
    let isLeft = try leftToSSH(target) != nil
    if hasSSH, target.transport == .openssh || isLeft {
      return try await fetchThroughSSH(target, "")
    }
    do throws(TransportError) {
      let policy = HostKeyPolicy(target, in: hosts)
      return try await SSHConnection(target, policy, shared).fetchHostKey()
    } catch {
      guard hasSSH, target.transport == .auto, error.code == .noCommonAlgorithm else { throw error }
      return try await fetchThroughSSH(target, "libssh2 has no algorithms in common with it")
    }
  }

  private func fetchThroughSSH(
    _ target: SSHTarget,
    _ reason: String
  ) async throws(TransportError) -> HostKey {
    let connection = try OpenSSHConnection(target, shared, because: reason)
    do throws(TransportError) {
      let key = try await connection.fetchHostKey()
      await connection.close()
      return key
    } catch {
      await connection.close()
      throw error
    }
  }
}

/// The passwords for `sudo`, which may become known in the middle of a run.
final class SudoPassword: Sendable {
  private struct State {
    var common: String?
    var own: [String: String] = [:]
  }

  private let state: Mutex<State>

  init(_ text: String?) {
    state = Mutex(State(common: text))
  }

  /// The password on the node of `target`: its own, else the one for all.
  func text(for target: SSHTarget) -> String? {
    state.withLock { $0.own[target.node] ?? $0.common }
  }

  /// Sets the password of one node, or with nil the one for all others.
  func set(_ text: String, for node: String?) {
    state.withLock { state in
      if let node { state.own[node] = text } else { state.common = text }
    }
  }
}
