internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetYAML

extension FleetReader {
  static let settingKeys = ["user_mode", "hardware_policy", "cloud_llm", "firewall"]
  static let userModes = ["single_user", "single_company", "multi_company", "provider"]
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

  mutating func sources(_ node: YAMLNode, into fleet: inout Fleet) {
    for entry in scalars.mapping(node, "`sources`") ?? [] {
      let what = "The source `\(entry.key)`"
      guard let fields = scalars.mapping(entry.value, what) else { continue }
      if let other = sourceSpans.updateValue(entry.keySpan, forKey: entry.key) {
        report(twice: what, entry, other: other)
        continue
      }
      var given = false
      for field in fields {
        guard field.key == "path" else {
          given = scalars.unknownKey(field, of: what, known: FleetKeys.source) != nil || given
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

  /// The parameters of a role may stand in several files, each parameter in one of them.
  mutating func roleParameters(_ node: YAMLNode, into fleet: inout Fleet) {
    for entry in scalars.mapping(node, "`roles`") ?? [] {
      let role = entry.key
      if fleet.roleSpans[role] == nil { fleet.roleSpans[role] = entry.keySpan }
      var fields = scalars.mapping(entry.value, "The parameters of `\(role)`") ?? []
      if let rollout = fields.first(where: { $0.key == RolloutReader.key }) {
        self.rollout(rollout, of: role, into: &fleet)
        fields.removeAll { $0.key == RolloutReader.key }
      }
      let known = fleet.roleParameters[role] ?? [:]
      for field in fields {
        guard let other = known[field.key] else { continue }
        report(twice: "The parameter `\(field.key)` of `\(role)`", field, other: other.span)
      }
      let given = parameters(fields, of: role)
      fleet.roleParameters[role] = known.merging(given) { first, _ in first }
    }
  }

  private mutating func rollout(_ entry: YAMLEntry, of role: String, into fleet: inout Fleet) {
    if let other = fleet.rollouts[role]?.span {
      return report(twice: "`rollout` of `\(role)`", entry, other: other)
    }
    guard !entry.value.isNull,
      let policy = RolloutReader.read(entry.value, into: &scalars.diagnostics)
    else { return }
    fleet.rollouts[role] = Located(policy, at: entry.keySpan)
  }

  /// The values as written; the role's types are applied when the registry is known.
  mutating func parameters(
    _ fields: [YAMLEntry],
    of role: String
  ) -> [String: Located<RawValue>] {
    var result: [String: Located<RawValue>] = [:]
    for field in fields {
      guard field.key != RolloutReader.key else {
        scalars.report(
          .invalidValue,
          field.value,
          "`rollout` of `\(role)` is about all its nodes. Move it to `roles: {\(role): {rollout: …}}` at "
            + "the top of the file."
        )
        continue
      }
      guard !field.value.isNull else {
        scalars.report(
          .parameterInvalid,
          field.value,
          "The parameter `\(field.key)` of `\(role)` has no value. Give one, or remove the key."
        )
        continue
      }
      if let empty = field.value.items.first(where: \.isNull) {
        YAMLReader.parameters.reportKind(empty, wanted: "text", into: &scalars.diagnostics)
        continue
      }
      warnIfAmbiguous(field.value)
      result[field.key] = Located(Self.raw(field.value), at: field.value.span)
    }
    return result
  }

  /// What a value of no known type may be to other tools; a list's items too.
  private mutating func warnIfAmbiguous(_ node: YAMLNode) {
    YAMLReader.schema.warnIfAmbiguous(untyped: node, into: &scalars.diagnostics)
    for item in node.items {
      YAMLReader.schema.warnIfAmbiguous(untyped: item, into: &scalars.diagnostics)
    }
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
