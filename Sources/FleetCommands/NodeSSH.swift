import FleetModel
import FleetSSH
import FleetTransport

/// What fleet.yaml says about logging in to one node, paths made absolute or relative to here.
struct NodeSSH {
  let node: String
  /// What relative paths are relative to.
  let folder: String
  let query: ConfigQuery
  /// Empty for no file at all.
  let identityFiles: [String]?
  /// As written, tokens and all.
  let identityAgent: String?
  let identitiesOnly: Bool?
  let knownHosts: [String]?
  let hashKnownHosts: Bool?
  let hostKeyAlias: String?
  let become: SSHTarget.Become
  let becomePassword: PasswordSource?
  let observer: String?
  let observerKey: String?
  let connectTimeout: TimeSpan?
  let transport: SSHTarget.Transport
  let way: Way

  /// The way that fleet.yaml asks for.
  enum Way {
    case asConfigured
    case direct
    case jumps([JumpHost])
    case command(String)
  }

  init(_ node: FleetNode, _ all: SSHSettings, folder: String) {
    let own = node.ssh
    self.node = node.id.name
    self.folder = folder
    let name = own.host ?? all.host
    query = ConfigQuery(
      name: name.map { Self.fill($0, node.id.name) } ?? node.address.value,
      user: own.user ?? all.user,
      port: own.port ?? all.port,
      source: Self.source(own.config ?? all.config, folder)
    )
    identityFiles = (own.identityFiles ?? all.identityFiles)?.map { Files.resolve($0, in: folder) }
    identityAgent = own.identityAgent ?? all.identityAgent
    identitiesOnly = own.identitiesOnly ?? all.identitiesOnly
    knownHosts = (own.knownHosts ?? all.knownHosts)?.map { Files.resolve($0, in: folder) }
    hashKnownHosts = own.hashKnownHosts ?? all.hashKnownHosts
    hostKeyAlias = (own.hostKeyAlias ?? all.hostKeyAlias).map { Self.fill($0, node.id.name) }
    become = (own.become ?? all.become) == "none" ? .none : .sudo
    becomePassword = Self.password(own.becomePassword ?? all.becomePassword, folder)
    observer = own.observer ?? all.observer
    observerKey = (own.observerKey ?? all.observerKey).map { Files.resolve($0, in: folder) }
    connectTimeout = own.connectTimeout ?? all.connectTimeout
    transport = (own.transport ?? all.transport).flatMap(SSHTarget.Transport.init) ?? .auto
    way = Self.way(own) ?? Self.way(all) ?? .asConfigured
  }

  private static func password(_ source: PasswordSource?, _ folder: String) -> PasswordSource? {
    guard case .file(let path)? = source else { return source }
    return .file(Files.resolve(path, in: folder))
  }

  private static func fill(_ pattern: String, _ node: String) -> String {
    pattern.split(separator: "%n", omittingEmptySubsequences: false).joined(separator: node)
  }

  private static func source(_ text: String?, _ folder: String) -> SSHConfigSource {
    switch text {
    case nil: .standard
    case "none": .none
    case let path?: .file(Files.resolve(path, in: folder))
    }
  }

  /// `jump` counts before `proxy_command` where a node and its group give one each.
  private static func way(_ settings: SSHSettings) -> Way? {
    if let jump = settings.jump { return jump.isEmpty ? .direct : .jumps(jump) }
    return settings.proxyCommand.map { $0 == "none" ? .direct : .command($0) }
  }
}
