package import FleetModel

/// One authenticated connection to a node.
///
/// Implemented by `FleetSSH` and by test doubles. A connection runs one command at a time. Exit status 0 proves nothing (libssh2 1.10 reports it
/// for a closed channel too): callers must look for the trailer of their own protocol in `stdout`.
package protocol RemoteConnection: Sendable {
  /// Runs `command` (a constant program text such as `sh -s`; never built from values of the fleet),
  /// writes `stdin` to it and closes it, drains both output streams.
  ///
  /// - Throws: `TransportError` on a lost connection, an exceeded deadline or an exceeded cap.
  func run(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult

  /// Runs `commands` in their order, whatever the outcome of each, and gives one result for each.
  ///
  /// Where all of them belong to a lasting conversation they cost one round trip.
  /// - Throws: `TransportError` when not all of the results are known.
  func run(_ commands: [RemoteCommand]) async throws(TransportError) -> [RemoteResult]

  /// Sends one request over a TCP stream that the node opens to `host:port` and returns everything
  /// that comes back until the peer closes (direct-tcpip channel, RFC 4254 section 7.2).
  ///
  /// With `tls` the request travels inside TLS verified against `tls.authority` (PEM).
  /// - Throws: `TransportError`; `.refused` when nothing listens there.
  func exchange(_ request: StreamRequest) async throws(TransportError) -> [UInt8]

  /// Closes the connection. Further calls throw `.closed`.
  func close() async

  /// One sentence for people when the connection was not made by libssh2: by what and why; else nil.
  var detour: String? { get }
}

extension RemoteConnection {
  /// No detour.
  package var detour: String? { nil }

  /// One after the other.
  package func run(
    _ commands: [RemoteCommand]
  ) async throws(TransportError) -> [RemoteResult] {
    var results: [RemoteResult] = []
    for command in commands { results.append(try await run(command)) }
    return results
  }
}

/// What to run on a node.
package struct RemoteCommand: Sendable {
  /// Program text for the login shell: a constant of ours, at most 30,000 bytes.
  package var program: String
  /// Bytes for standard input, in pieces that other commands may share.
  package var input: ByteChain
  /// Whether to run it as root through `sudo` as the node's settings say.
  package var asRoot: Bool
  /// How long the whole command may take.
  package var deadline: Duration
  /// The most bytes accepted on stdout and stderr together.
  package var outputCap: Int
  /// What a node's own observer is to be told where it stands for `program`; nil for commands that are
  /// no look.
  package var look: Look?

  /// Which part of `stdin` is a constant script, so that a conversation that lasts sends it once; nil
  /// for commands of another form.
  package var script: Script?

  /// Bytes for standard input, joined.
  package var stdin: [UInt8] {
    get { input.joined }
    set { input = ByteChain(newValue) }
  }

  /// The script that stands in a command's standard input, as `LENGTH\n` and its bytes, before its data.
  package struct Script: Hashable, Sendable {
    /// Lower case letters; one name for one text.
    package var name: String
    /// Where its bytes are in `stdin`; the data follows.
    package var bytes: Range<Int>
    /// Whether the conversation goes on after the command.
    package var lasts: Bool

    /// Names a part of an input.
    package init(name: String, bytes: Range<Int>, lasts: Bool) {
      self.name = name
      self.bytes = bytes
      self.lasts = lasts
    }
  }

  /// A look at the node, for nodes that let us do nothing else.
  package struct Look: Sendable {
    /// Digest of the script that the observer must hold.
    package var digest: String
    /// Its standard input, without the script.
    package var stdin: [UInt8]

    /// Makes a look.
    package init(digest: String, stdin: [UInt8]) {
      self.digest = digest
      self.stdin = stdin
    }
  }

  /// Makes a command; 60 s and 64 MiB unless said otherwise.
  package init(
    program: String,
    stdin: [UInt8] = [],
    asRoot: Bool = false,
    deadline: Duration = .seconds(60),
    outputCap: Int = 64 << 20
  ) {
    self.program = program
    input = ByteChain(stdin)
    self.asRoot = asRoot
    self.deadline = deadline
    self.outputCap = outputCap
  }
}

/// What a command printed.
package struct RemoteResult: Sendable {
  /// Everything on standard output.
  package let stdout: [UInt8]
  /// Everything on standard error.
  package let stderr: [UInt8]
  /// Exit status as reported; see `RemoteConnection` for why it proves nothing.
  package let exitStatus: Int

  /// Makes a result.
  package init(stdout: [UInt8], stderr: [UInt8], exitStatus: Int) {
    self.stdout = stdout
    self.stderr = stderr
    self.exitStatus = exitStatus
  }
}

/// One request over a forwarded stream.
package struct StreamRequest: Sendable {
  /// How to verify a TLS peer.
  package struct TLS: Sendable {
    /// Name or address that the certificate must carry.
    package var serverName: String
    /// PEM of the authority to trust, nothing else is.
    package var authority: String

    /// Makes TLS settings.
    package init(serverName: String, authority: String) {
      self.serverName = serverName
      self.authority = authority
    }
  }

  /// Host as the node sees it.
  package var host: String
  /// TCP port.
  package var port: Int
  /// Bytes to send.
  package var request: [UInt8]
  /// TLS, or plain TCP when absent.
  package var tls: TLS?
  /// How long the whole exchange may take.
  package var deadline: Duration
  /// The most bytes accepted.
  package var outputCap: Int

  /// Makes a request; 10 s and 1 MiB unless said otherwise.
  package init(
    host: String,
    port: Int,
    request: [UInt8],
    tls: TLS? = nil,
    deadline: Duration = .seconds(10),
    outputCap: Int = 1 << 20
  ) {
    self.host = host
    self.port = port
    self.request = request
    self.tls = tls
    self.deadline = deadline
    self.outputCap = outputCap
  }
}

/// Why a node could not be talked to.
///
/// Translated into a diagnostic once, in `FleetCommands`.
package struct TransportError: Error, Hashable, Sendable {
  /// What failed.
  package enum Code: String, Hashable, Sendable {
    case unreachable, refused, timedOut, hostKeyUnknown, hostKeyChanged, hostKeyRevoked
    case hostKeyUnsupported, noCommonAlgorithm, authenticationRefused, identityUnreadable
    case sudoPasswordWrong, sudoPasswordRequired, sudoNotAllowed, sudoNeedsTerminal
    case connectionLost, outputTooLarge, tlsFailed, closed, cancelled, internalFailure
    /// Another machine answers than the one that is pinned, or two nodes are one.
    case identityRefused
  }

  /// What failed.
  package let code: Code
  /// The step during which it failed: `connect`, `handshake`, `host key`, `login`, `sudo`, `run`.
  package let step: String
  /// One sentence for people, with the libssh2 or errno text; remote text already made printable.
  package let message: String
  /// What to do, as a sentence, possibly with a command on a line of its own.
  package let remedy: String?

  /// Makes an error.
  package init(_ code: Code, step: String, _ message: String, remedy: String? = nil) {
    self.code = code
    self.step = step
    self.message = message
    self.remedy = remedy
  }
}

/// Opens connections to nodes.
package protocol Connector: Sendable {
  /// Connects to `target` and logs in.
  ///
  /// - Throws: `TransportError` naming the step that failed.
  func connect(to target: SSHTarget) async throws(TransportError) -> any RemoteConnection
}

/// Where and how to log in to one node.
package struct SSHTarget: Hashable, Sendable {
  /// Node id, for messages.
  package var node: String
  /// Host name or address.
  package var host: String
  /// TCP port.
  package var port: Int
  /// Login user.
  package var user: String
  /// Private key files to try in order; empty means agent, then, with `triesDefaultKeys`, `~/.ssh/id_ed25519` and
  /// the like.
  package var identityFiles: [String]
  /// Whether the default files are tried where `identityFiles` names none; ssh(1) does not where a configuration
  /// names files that are not there, or `none`.
  package var triesDefaultKeys = true
  /// known_hosts files, first match wins over all of them.
  package var knownHostsFiles: [String]
  /// How to become root.
  package var become: Become
  /// Where sudo's password comes from; nil for what holds for all nodes.
  package var becomePassword: PasswordSource?
  /// Deadline of connect, handshake and login each.
  package var connectTimeout: Duration
  /// The name under which known_hosts is searched, without a port; nil for the host's.
  package var hostKeyAlias: String?
  /// How the stream to the node is made.
  package var route = SSHRoute.direct
  /// Socket of the agent to ask: nil for that of `SSH_AUTH_SOCK`, empty for none.
  package var identityAgent: String?
  /// Whether only keys of `identityFiles` may be offered, also from the agent (`IdentitiesOnly`).
  package var identitiesOnly = false
  /// What carries the connection.
  package var transport: Transport
  /// What ssh_config says that OpenSSH's `ssh` alone honours, as `Key=Value` of its `-o`; such a node goes there.
  package var sshOptions: [String] = []
  /// What `fleet.lock` pins for the node, empty where it does not name it; nil where there is no such
  /// file, or the target is no node.
  package var pin: NodePin?
  /// Whether names are hashed that are written into known_hosts (`HashKnownHosts`).
  package var hashesKnownHosts = false
  /// Whether it is a jump host that is asked for its own host key, and no node.
  package var isJumpHost = false

  /// What carries a connection.
  package enum Transport: String, Hashable, Sendable, CaseIterable {
    /// libssh2, and OpenSSH's `ssh` where libssh2 cannot reach the node.
    case auto
    /// libssh2 alone.
    case libssh2
    /// OpenSSH's `ssh` as a child process alone.
    case openssh
  }

  /// How a command becomes root.
  package enum Become: String, Hashable, Sendable {
    /// `sudo`, with a password on standard input if one is known.
    case sudo
    /// The login user is root already.
    case none
    /// Only looking: `sudo` for the one program that looks at the node, and for nothing else.
    case observe
  }

  /// Makes a target.
  package init(
    node: String,
    host: String,
    port: Int = 22,
    user: String,
    identityFiles: [String] = [],
    knownHostsFiles: [String] = [],
    become: Become = .sudo,
    connectTimeout: Duration = .seconds(5),
    transport: Transport = .auto
  ) {
    self.node = node
    self.host = host
    self.port = port
    self.user = user
    self.identityFiles = identityFiles
    self.knownHostsFiles = knownHostsFiles
    self.become = become
    self.connectTimeout = connectTimeout
    self.transport = transport
  }
}
