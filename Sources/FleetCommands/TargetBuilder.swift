import FleetModel
import FleetSSH
import FleetTransport
import Glibc

/// Makes the target of one node from fleet.yaml's settings and ssh_config.
struct TargetBuilder {
  private let settings: NodeSSH
  private let resolver: ConfigResolver
  private let account: LocalAccount

  init(_ settings: NodeSSH, _ resolver: ConfigResolver, _ account: LocalAccount) {
    self.settings = settings
    self.resolver = resolver
    self.account = account
  }

  /// The target.
  func target() throws(ConfigFailure) -> SSHTarget {
    let config = try resolver.resolve(settings.query)
    var target = SSHTarget(
      node: settings.node,
      host: config.hostName,
      port: config.port,
      user: config.user ?? account.name,
      identityFiles: settings.identityFiles ?? Self.existing(config.identityFiles),
      knownHostsFiles: (settings.knownHosts ?? config.userKnownHosts) + config.globalKnownHosts,
      become: settings.become,
      connectTimeout: settings.connectTimeout.map { .milliseconds($0.milliseconds) }
        ?? .seconds(config.connectTimeout ?? 5),
      transport: settings.transport
    )
    target.becomePassword = settings.becomePassword
    target.triesDefaultKeys = settings.identityFiles == nil && config.identityFiles == []
    // As ssh does it: known_hosts has names in lower case.
    target.hostKeyAlias = (settings.hostKeyAlias ?? config.hostKeyAlias)?.lowercased()
    target.identityAgent = try agent(config)
    target.identitiesOnly = settings.identitiesOnly ?? config.identitiesOnly
    target.hashesKnownHosts = hashes(config)
    target.route = try route(config)
    // The way to a jump host is that host's own.
    target.sshOptions = config.sshOptions.filter { option in
      target.route == .direct
        || !["AddressFamily=", "Bind"].contains { option.hasPrefix($0) }
    }
    return target
  }

  /// As `ssh` does it: a key file that ssh_config names and that is not there is passed over.
  private static func existing(_ files: [String]?) -> [String] {
    (files ?? []).filter { access($0, F_OK) == 0 }
  }

  private func agent(_ config: ClientConfig) throws(ConfigFailure) -> String? {
    guard let text = settings.identityAgent else { return config.identityAgent }
    let socket = try resolver.identityAgent(text, of: settings.query, config)
    return socket.map { $0.isEmpty ? $0 : Files.resolve($0, in: settings.folder) }
  }

  /// Unless it is said, a file that fleet.yaml names is the fleet's own and is read in reviews.
  private func hashes(_ config: ClientConfig) -> Bool {
    settings.hashKnownHosts ?? (settings.knownHosts == nil && config.hashesKnownHosts)
  }

  // MARK: Way

  private func route(_ config: ClientConfig) throws(ConfigFailure) -> SSHRoute {
    switch settings.way {
    case .direct: return .direct
    case .command(let text):
      return .command(try resolver.proxyCommand(text, of: settings.query, config))
    case .jumps(let jumps): return try jumpRoute(jumps, to: config)
    case .asConfigured: break
    }
    if let command = config.proxyCommand { return .command(command) }
    guard let text = config.proxyJump else { return .direct }
    return try jumpRoute(try Self.jumps(text, of: settings.query.name), to: config)
  }

  private func jumpRoute(
    _ jumps: [JumpHost],
    to config: ClientConfig
  ) throws(ConfigFailure) -> SSHRoute {
    guard resolver.hasOpenSSH else {
      throw ConfigFailure(
        message: "it is reached through the jump host \(jumps[0].host), and there is no `ssh` here",
        remedy: "Install OpenSSH's client; fleetctl uses it for the way through jump hosts."
      )
    }
    let hops = try hops(jumps, seen: [])
    for hop in hops where hop.host == config.hostName && hop.effectivePort == config.port {
      throw ConfigFailure(
        message: "its jump host \(hop.name) is the node itself",
        remedy: "Give this node `ssh: {jump: none}`, or except it in ssh_config."
      )
    }
    return .jumps(hops)
  }

  /// Resolves a chain of jump hosts.
  ///
  /// The first may have a way of its own in ssh_config, as with `ssh -J`; what
  /// ssh_config says about the way to the others does not count, because the chain is their way.
  private func hops(_ chain: [JumpHost], seen: [String]) throws(ConfigFailure) -> [SSHHop] {
    var hops: [SSHHop] = []
    for jump in chain {
      let query = ConfigQuery(
        name: jump.host,
        user: jump.user,
        port: jump.port,
        source: settings.query.source
      )
      let config = try resolver.resolve(query)
      if hops.isEmpty, let before = config.proxyJump {
        guard !seen.contains(jump.host), seen.count < 16 else {
          throw ConfigFailure(
            message: "its jump hosts go round in circles: "
              + (seen.reversed() + [jump.host]).joined(separator: ", "),
            remedy: "Give the first of them `ProxyJump none` in ssh_config."
          )
        }
        hops = try self.hops(
          try Self.jumps(before, of: jump.host),
          seen: seen + [jump.host]
        )
      }
      hops.append(try hop(jump, query, config, isFirst: hops.isEmpty))
    }
    return hops
  }

  private func hop(
    _ jump: JumpHost,
    _ query: ConfigQuery,
    _ config: ClientConfig,
    isFirst: Bool
  ) throws(ConfigFailure) -> SSHHop {
    // A pin in the fleet's own file counts for its jump hosts too, and is where they are pinned.
    let own = settings.knownHosts ?? []
    var hop = SSHHop(
      name: jump.host,
      user: jump.user,
      port: jump.port,
      config: query.source,
      host: config.hostName,
      effectivePort: config.port,
      effectiveUser: config.user ?? account.name,
      knownHostsFiles: own + config.userKnownHosts + config.globalKnownHosts,
      hostKeyAlias: config.hostKeyAlias,
      hasProxyCommand: isFirst && config.proxyCommand != nil,
      hashesKnownHosts: hashes(config)
    )
    guard query.source == .none else { return hop }
    // Without ssh_config nobody else could say which key to use.
    hop.identityFiles = settings.identityFiles
    hop.identityAgent = try agent(config)
    hop.identitiesOnly = settings.identitiesOnly ?? false
    return hop
  }

  private static func jumps(_ text: String, of name: String) throws(ConfigFailure) -> [JumpHost] {
    var jumps: [JumpHost] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let jump = JumpHost(String(part.filter { $0 != " " })) else {
        throw ConfigFailure(
          message: "ssh_config gives \(name) the jump host `\(part)`, which is no \(JumpHost.form)",
          remedy: "Correct `ProxyJump` of \(name)."
        )
      }
      jumps.append(jump)
    }
    return jumps
  }
}
