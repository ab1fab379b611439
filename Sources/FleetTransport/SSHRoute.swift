/// Which file stands for ssh_config(5).
package enum SSHConfigSource: Hashable, Sendable {
  /// `~/.ssh/config`, then `/etc/ssh/ssh_config`, as `ssh` does.
  case standard
  /// No file; `ssh -F none`.
  case none
  /// One file instead of both; `ssh -F PATH`.
  case file(String)
}

/// One jump host on the way to a node.
///
/// The connection to it is made and verified by `ssh`, strictly and without questions.
package struct SSHHop: Hashable, Sendable {
  /// The name under which ssh_config is searched, also the name in messages.
  package var name: String
  /// Login user as the jump says; nil leaves it to ssh_config.
  package var user: String?
  /// Port as the jump says; nil leaves it to ssh_config.
  package var port: Int?
  /// The file in which `name` is looked up.
  package var config: SSHConfigSource
  /// Host name or address that ssh_config makes of `name`.
  package var host: String
  /// Port that is connected to.
  package var effectivePort: Int
  /// User who logs in.
  package var effectiveUser: String
  /// known_hosts files of this hop, all of them are consulted.
  package var knownHostsFiles: [String]
  /// The name under which known_hosts is searched, where it is not the host's.
  package var hostKeyAlias: String?
  /// Private keys that replace those of ssh_config, empty for none at all; nil leaves them to it.
  package var identityFiles: [String]?
  /// Socket of the agent that replaces ssh_config's, empty for none; nil leaves it to ssh.
  package var identityAgent: String?
  /// Whether only keys of the files may be offered, where ssh_config does not say so.
  package var identitiesOnly = false
  /// Whether ssh_config reaches this hop through a command of its own (`ProxyCommand`).
  package var hasProxyCommand: Bool
  /// Whether names are hashed that are written into its known_hosts file (`HashKnownHosts`).
  package var hashesKnownHosts: Bool
  /// Host keys that fleet.lock pins for this hop, as known_hosts writes them; empty where it names it not.
  package var hostKeys: [String] = []

  /// Makes a hop that is reached directly with what ssh_config says.
  package init(
    name: String,
    user: String? = nil,
    port: Int? = nil,
    config: SSHConfigSource = .standard,
    host: String,
    effectivePort: Int = 22,
    effectiveUser: String,
    knownHostsFiles: [String],
    hostKeyAlias: String? = nil,
    identityFiles: [String]? = nil,
    hasProxyCommand: Bool = false,
    hashesKnownHosts: Bool = false
  ) {
    self.name = name
    self.user = user
    self.port = port
    self.config = config
    self.host = host
    self.effectivePort = effectivePort
    self.effectiveUser = effectiveUser
    self.knownHostsFiles = knownHostsFiles
    self.hostKeyAlias = hostKeyAlias
    self.identityFiles = identityFiles
    self.hasProxyCommand = hasProxyCommand
    self.hashesKnownHosts = hashesKnownHosts
  }
}

/// How the stream to a node's sshd is made.
package enum SSHRoute: Hashable, Sendable {
  /// A TCP connection.
  case direct
  /// Through these hosts, the first one first; never empty.
  case jumps([SSHHop])
  /// The standard streams of this shell command, tokens already expanded (`ProxyCommand`).
  case command(String)
}
