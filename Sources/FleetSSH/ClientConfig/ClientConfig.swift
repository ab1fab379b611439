package import FleetTransport

/// What ssh_config(5) says about one name; paths and tokens are expanded.
package struct ClientConfig: Hashable, Sendable {
  /// `HostName`, or the name itself.
  package var hostName: String
  /// `User`; nil where only ssh's own default holds.
  package var user: String?
  /// `Port`.
  package var port: Int
  /// `IdentityFile`, in order; empty where only ssh's own defaults hold, nil for `none` alone.
  package var identityFiles: [String]?
  /// `IdentityAgent`: nil for that of `SSH_AUTH_SOCK`, empty for `none`.
  package var identityAgent: String?
  /// `IdentitiesOnly`.
  package var identitiesOnly = false
  /// `ProxyJump` as written, nil for none.
  package var proxyJump: String?
  /// `ProxyCommand` with its tokens, nil for none.
  package var proxyCommand: String?
  /// `UserKnownHostsFile`.
  package var userKnownHosts: [String]
  /// `GlobalKnownHostsFile`.
  package var globalKnownHosts: [String]
  /// `HostKeyAlias`.
  package var hostKeyAlias: String?
  /// `HashKnownHosts`.
  package var hashesKnownHosts = false
  /// Settings that only `ssh` itself honours and that are not its defaults, as `Key=Value` of its `-o`.
  package var sshOptions: [String] = []
  /// `ConnectTimeout` in seconds, nil for the kernel's.
  package var connectTimeout: Int?
}

/// One look-up in ssh_config.
package struct ConfigQuery: Hashable, Sendable {
  /// The name as it would stand on ssh's command line.
  package var name: String
  /// `ssh -l`.
  package var user: String?
  /// `ssh -p`.
  package var port: Int?
  /// The file to look in.
  package var source: SSHConfigSource

  /// Makes a query.
  package init(
    name: String,
    user: String? = nil,
    port: Int? = nil,
    source: SSHConfigSource = .standard
  ) {
    self.name = name
    self.user = user
    self.port = port
    self.source = source
  }
}

/// Why ssh_config could not be used.
package struct ConfigFailure: Error, Hashable, Sendable {
  /// One sentence.
  package let message: String
  /// What to do.
  package let remedy: String

  /// Makes a failure.
  package init(message: String, remedy: String) {
    self.message = message
    self.remedy = remedy
  }

  /// `RevokedHostKeys` of `name`: passing it over would trust what its owner gave up.
  init(revokedHostKeys file: String, of name: String) {
    message = "ssh_config has `RevokedHostKeys \(file)` for \(name), which fleetctl does not read"
    remedy =
      "Put its keys into known_hosts, one line each, `@revoked * KEYTYPE KEY`, and leave"
      + " `RevokedHostKeys` out for the fleet."
  }
}
