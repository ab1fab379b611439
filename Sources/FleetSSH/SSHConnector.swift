package import FleetTransport
import Synchronization

/// Opens SSH connections through libssh2, all of them on the one event loop of the process.
package final class SSHConnector: Connector {
  /// What the connections of one connector have in common.
  struct Shared: Sendable {
    let configuration: SSHConfiguration
    let gate: Gate
    let identities: IdentityStore
    let agentKeys: Once<AgentKeys>
  }

  private let shared: Shared
  private let knownHosts = KnownHostsStore()

  /// Makes a connector; connects to nothing yet.
  package init(_ configuration: SSHConfiguration) {
    shared = Shared(
      configuration: configuration,
      gate: Gate(configuration.maximumSessions),
      identities: IdentityStore(),
      agentKeys: Once { AgentKeys(configuration.agentSocket) }
    )
  }

  /// Connects, verifies the host key against the target's known_hosts files, then logs in.
  ///
  /// Each of connecting, handshake and login may take `target.connectTimeout`. A server that hangs up
  /// before its banner (`MaxStartups` of sshd_config(5)) is tried once more after a pause.
  package func connect(to target: SSHTarget) async throws(TransportError) -> any RemoteConnection {
    // Here and not on the event loop: a long file of hashed names takes milliseconds, bcrypt a tenth
    // of a second, once a run.
    let credentials = try Credentials(
      target,
      shared.configuration,
      shared.identities,
      shared.agentKeys.value
    )
    let policy = HostKeyPolicy(target, in: try knownHosts.knownHosts(in: target.knownHostsFiles))
    let connection = try SSHConnection(target, policy, shared, credentials)
    try await connection.open()
    return connection
  }

  /// The key with which the server at `target` identifies itself; no login is attempted.
  ///
  /// The type that known_hosts pins is asked for first, then Ed25519, then ECDSA. The caller decides
  /// whether to trust it.
  package func fetchHostKey(of target: SSHTarget) async throws(TransportError) -> HostKey {
    // What known_hosts says only decides which key is asked for; a damaged file does not matter.
    let hosts = (try? knownHosts.knownHosts(in: target.knownHostsFiles)) ?? KnownHosts([])
    return try await SSHConnection(target, HostKeyPolicy(target, in: hosts), shared).fetchHostKey()
  }
}

/// A value that is made when it is first needed, once for everybody.
final class Once<Value: Sendable>: Sendable {
  private let made = Mutex<Value?>(nil)
  private let make: @Sendable () -> Value

  init(_ make: @escaping @Sendable () -> Value) {
    self.make = make
  }

  var value: Value {
    made.withLock { made in
      if let made { return made }
      let new = make()
      made = new
      return new
    }
  }
}
