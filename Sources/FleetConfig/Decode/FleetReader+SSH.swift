internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

extension FleetReader {
  static let sshKeys = [
    "user", "port", "identity_file", "identity_agent", "identities_only", "become",
    "become_password", "observer", "observer_key", "known_hosts", "hash_known_hosts",
    "host_key_alias", "connect_timeout", "host", "config", "jump", "proxy_command", "transport",
  ]

  /// Reads `ssh` of the fleet, of a group or of a node.
  mutating func ssh(_ node: YAMLNode, of what: String) -> SSHSettings {
    var ssh = SSHSettings()
    for entry in scalars.mapping(node, what) ?? [] {
      let value = entry.value
      ssh.keys.append(Located(entry.key, at: entry.keySpan))
      switch entry.key {
      case "user": ssh.user = login(value, "`user`")
      case "port": ssh.port = scalars.number(value, in: 1...65535)
      case "identity_file": ssh.identityFiles = identityFiles(value)
      case "identity_agent": ssh.identityAgent = agent(value)
      case "identities_only": ssh.identitiesOnly = scalars.flag(value)
      case "become": ssh.become = scalars.word(value, of: ["sudo", "none"])
      case "become_password": ssh.becomePassword = password(value)
      case "observer": ssh.observer = login(value, "`observer`")
      case "observer_key": ssh.observerKey = path(value, "`observer_key`")
      case "known_hosts": ssh.knownHosts = paths(value, "known_hosts")
      case "hash_known_hosts": ssh.hashKnownHosts = scalars.flag(value)
      case "host_key_alias": ssh.hostKeyAlias = name(value, "`host_key_alias`", "known_hosts")
      case "connect_timeout": ssh.connectTimeout = scalars.span(value, "`connect_timeout`")
      case "host": ssh.host = name(value, "`host`", "your ssh_config")
      case "config": ssh.config = config(value)
      case "jump": ssh.jump = jump(value)
      case "proxy_command": ssh.proxyCommand = proxyCommand(value)
      case "transport": ssh.transport = scalars.word(value, of: ["auto", "libssh2", "openssh"])
      default: scalars.unknownKey(entry, of: what, known: Self.sshKeys)
      }
    }
    if ssh.jump != nil, ssh.proxyCommand != nil {
      scalars.report(
        .invalidValue,
        node,
        "\(what) has both `jump` and `proxy_command`, and only one way leads to a node. Remove one."
      )
    }
    return ssh
  }

  private mutating func login(_ node: YAMLNode, _ what: String) -> String? {
    let form = "a login name of letters, digits, `.`, `_` or `-`, at most 32"
    return scalars.text(node, what, form: form, Grammar.isUser)
  }

  /// The text is not shown where it is none: it may be the password itself.
  private mutating func password(_ node: YAMLNode) -> PasswordSource? {
    guard let text = scalars.text(node) else { return nil }
    guard let source = PasswordSource(text) else {
      scalars.report(
        .invalidValue,
        node,
        "`become_password` must be \(PasswordSource.form)."
      )
      return nil
    }
    return source
  }

  /// One path or a list of them.
  private mutating func paths(_ node: YAMLNode, _ key: String) -> [String]? {
    let items = node.isSequence ? node.items : [node]
    if items.isEmpty {
      scalars.report(
        .invalidValue,
        node,
        "`\(key)` is an empty list. Name a file, or leave `\(key)` out."
      )
    }
    let paths = items.compactMap { path($0, "`\(key)`") }
    return paths.isEmpty ? nil : paths
  }

  private mutating func identityFiles(_ node: YAMLNode) -> [String]? {
    // `none` is a word here, not a file beside the fleet's.
    if case .scalar("none", _) = node.kind { return [] }
    return paths(node, "identity_file")
  }

  /// `IdentityAgent` of ssh_config(5): two words, a variable, or a socket's path.
  private mutating func agent(_ node: YAMLNode) -> String? {
    guard case .scalar(let text, _) = node.kind,
      text == "none" || text == "SSH_AUTH_SOCK" || text.hasPrefix("$") || text.hasPrefix("%")
    else { return path(node, "`identity_agent`") }
    let form =
      "`none`, `SSH_AUTH_SOCK`, `$NAME` of a variable of the environment, or the path of a socket"
    return scalars.text(node, "`identity_agent`", form: form) { text in
      guard Grammar.isPath(text) else { return false }
      guard text.hasPrefix("$"), !text.hasPrefix("${") else { return true }
      let name = text.utf8.dropFirst()
      return name.first.map { !Self.isDigit($0) } == true
        && name.allSatisfy { Self.isDigit($0) || Self.isLetter($0) || $0 == UInt8(ascii: "_") }
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  /// The name to look up: `%n` stands for the node's name, no other token is known.
  private mutating func name(_ node: YAMLNode, _ what: String, _ place: String) -> String? {
    let form = "a name of \(place); `%n` in it stands for the node's name"
    return scalars.text(node, what, form: form) { text in
      JumpHost.isName(
        text.split(separator: "%n", omittingEmptySubsequences: false).joined(separator: "n")
      )
    }
  }

  private mutating func config(_ node: YAMLNode) -> String? {
    // `none` is a word here, not a file beside the fleet's.
    if case .scalar("none", _) = node.kind { return "none" }
    return path(node, "`config`")
  }

  private mutating func jump(_ node: YAMLNode) -> [JumpHost]? {
    if case .scalar("none", _) = node.kind { return [] }
    let items = node.isSequence ? scalars.list(node, "`jump`") ?? [] : [node]
    var hosts: [JumpHost] = []
    for item in items {
      let text = scalars.text(item, "A jump host", form: JumpHost.form) { JumpHost($0) != nil }
      guard let text, let host = JumpHost(text) else { return nil }
      hosts.append(host)
    }
    return hosts
  }

  private mutating func proxyCommand(_ node: YAMLNode) -> String? {
    let form = "a shell command of one line, or `none`"
    return scalars.text(node, "`proxy_command`", form: form) { text in
      !text.isEmpty && text.utf8.count <= 4096 && !text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
    }
  }
}
