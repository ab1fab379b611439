internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

extension FleetReader {
  static let settingKeys = ["user_mode", "hardware_policy", "cloud_llm", "firewall"]
  static let userModes = ["single_user", "single_company", "multi_company", "provider"]
  static let sshKeys = [
    "user", "port", "identity_file", "become", "known_hosts", "connect_timeout",
    "transport",
  ]

  mutating func settings(_ node: YAMLNode, into settings: inout FleetSettings) {
    for entry in scalars.mapping(node, "`settings`") ?? [] {
      let value = entry.value
      switch entry.key {
      case "user_mode":
        if let mode = scalars.word(value, of: Self.userModes) {
          settings.userMode = Located(mode, at: value.span)
        }
      case "hardware_policy":
        let policy = scalars.word(value, of: ["warn", "strict"])
        settings.hardwarePolicy = policy ?? settings.hardwarePolicy
      case "cloud_llm":
        let form = "a provider's name such as `anthropic`"
        for item in scalars.list(value, "`cloud_llm`") ?? [] {
          if let name = scalars.text(item, "A provider", form: form, { RoleID($0) != nil }) {
            settings.cloudLLM.append(name)
          }
        }
      case "firewall":
        let firewall = scalars.word(value, of: ["ufw", "none"])
        settings.firewall = firewall ?? settings.firewall
      default: scalars.unknownKey(entry, of: "`settings`", known: Self.settingKeys)
      }
    }
  }

  mutating func ssh(_ node: YAMLNode, of what: String) -> SSHSettings {
    var ssh = SSHSettings()
    for entry in scalars.mapping(node, what) ?? [] {
      let value = entry.value
      switch entry.key {
      case "user":
        let form = "a login name of letters, digits, `.`, `_` or `-`, at most 32"
        ssh.user = scalars.text(value, "`user`", form: form, Grammar.isUser)
      case "port": ssh.port = scalars.number(value, in: 1...65535)
      case "identity_file": ssh.identityFile = path(value, "`identity_file`")
      case "become": ssh.become = scalars.word(value, of: ["sudo", "none"])
      case "known_hosts": ssh.knownHosts = path(value, "`known_hosts`")
      case "connect_timeout": ssh.connectTimeout = scalars.span(value, "`connect_timeout`")
      case "transport": ssh.transport = scalars.word(value, of: ["auto", "libssh2", "openssh"])
      default: scalars.unknownKey(entry, of: what, known: Self.sshKeys)
      }
    }
    return ssh
  }

  mutating func sources(_ node: YAMLNode, into fleet: inout Fleet) {
    for entry in scalars.mapping(node, "`sources`") ?? [] {
      let what = "The source `\(entry.key)`"
      guard let fields = scalars.mapping(entry.value, what) else { continue }
      var given = false
      for field in fields {
        guard field.key == "path" else {
          scalars.unknownKey(field, of: what, known: ["path"])
          continue
        }
        given = true
        if let path = path(field.value, "`path`") {
          fleet.sources[entry.key] = Located(path, at: field.value.span)
        }
      }
      if !given { scalars.missingKey("path", of: what, at: entry.keySpan, path: entry.path) }
    }
  }

  mutating func roleParameters(_ node: YAMLNode, into fleet: inout Fleet) {
    for entry in scalars.mapping(node, "`roles`") ?? [] {
      let role = entry.key
      fleet.roleSpans[role] = entry.keySpan
      let fields = scalars.mapping(entry.value, "The parameters of `\(role)`") ?? []
      fleet.roleParameters[role] = parameters(fields, of: role)
    }
  }

  /// The values as written; the role's types are applied when the registry is known.
  mutating func parameters(
    _ fields: [YAMLEntry],
    of role: String
  ) -> [String: Located<RawValue>] {
    var result: [String: Located<RawValue>] = [:]
    for field in fields {
      guard !field.value.isNull else {
        scalars.report(
          .parameterInvalid,
          field.value,
          "The parameter `\(field.key)` of `\(role)` has no value. Give one, or remove the key."
        )
        continue
      }
      result[field.key] = Located(Self.raw(field.value), at: field.value.span)
    }
    return result
  }

  private static func raw(_ node: YAMLNode) -> RawValue {
    switch node.kind {
    case .scalar(let text, _): .text(text)
    case .sequence(let items): .list(items.map(raw))
    case .mapping(let entries):
      .map(
        Dictionary(entries.map { ($0.key, raw($0.value)) }, uniquingKeysWith: { first, _ in first })
      )
    }
  }
}
