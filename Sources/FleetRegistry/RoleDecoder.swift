internal import FleetDiagnostics
internal import FleetModel
internal import FleetRender
internal import FleetYAML

/// Turns one role.yaml into a role (docs/role-format.md).
enum RoleDecoder {
  private static let keys = [
    "name", "kind", "summary", "layer", "required", "degraded_without", "notes", "source",
    "playbook", "key_packages", "models", "install_dirs", "aliases", "orphans", "placement",
    "params", "uses", "collect", "ports", "needs", "hardware", "memory", "inference", "os",
    "apt_sources", "packages",
    "archives", "groups", "users", "directories", "files", "links", "units", "drop_ins", "services",
    "sysctl", "secrets", "certificates", "authority", "sources", "steps", "databases",
    "roles_in_database", "firewall", "backups", "health", "startup", "restart", "update_policy",
    "rollout", "python", "nodejs", "build", "post_sync",
  ]

  /// A role with the expressions of its role.yaml.
  struct Decoded {
    let role: Role
    let expressions: [RoleExpression]
  }

  /// Returns the role, or nil after reporting why there is none.
  static func decode(_ source: SourceText, into diagnostics: inout Diagnostics) -> Decoded? {
    var reader = RoleReader()
    let role = YAMLLoader.load(source, into: &reader.diagnostics).flatMap { node in
      reader.root(node, keys, required: ["name", "summary"]).flatMap { reader.role($0) }
    }
    diagnostics.add(contentsOf: reader.diagnostics)
    guard let role, !reader.diagnostics.hasErrors else { return nil }
    return Decoded(role: role, expressions: reader.expressions)
  }
}

extension RoleReader {
  fileprivate mutating func role(_ fields: YAMLFields) -> Role? {
    guard let name = string(fields, "name"), let nameNode = fields["name"] else { return nil }
    guard RoleID(name) != nil else {
      invalid(nameNode, "`\(name)` is no name: 1 to 64 letters, digits, `.`, `_` and `-`.")
      return nil
    }
    let kind = word(fields, "kind", else: Role.Kind.role)
    if kind == .role, fields["layer"] == nil {
      diagnostics.add(
        Diagnostic(.missingKey, "`layer` is missing in a role.", at: nameNode.headSpan)
      )
    }
    let parameters = entries(fields, "params").compactMap { parameter($0) }
    return Role(
      name: name,
      span: nameNode.span,
      kind: kind,
      summary: string(fields, "summary") ?? "",
      layer: word(fields, "layer", else: Role.Layer.shared),
      required: flag(fields, "required", else: false),
      degradedWithout: string(fields, "degraded_without"),
      notes: strings(fields, "notes"),
      facts: facts(fields),
      aliases: strings(fields, "aliases"),
      orphans: orphans(fields),
      placement: placement(fields),
      parameters: parameters,
      literalDefaults: literalDefaults(parameters),
      uses: each(fields, "uses") { $0.use($1) },
      collect: strings(fields, "collect"),
      ports: each(fields, "ports") { $0.port($1) },
      needs: each(fields, "needs") { $0.need($1) },
      hardware: each(fields, "hardware") { $0.hardwareNeed($1) },
      memory: each(fields, "memory") { $0.memoryNeed($1) },
      inference: inference(fields),
      supportedOS: supportedOS(fields),
      content: content(fields),
      health: each(fields, "health") { $0.healthCheck($1) },
      startup: startup(fields),
      restart: restart(fields),
      updatePolicy: word(fields, "update_policy", else: Role.UpdatePolicy.auto),
      rollout: rollout(fields)
    )
  }

  private mutating func facts(_ fields: YAMLFields) -> RoleFacts {
    RoleFacts(
      source: string(fields, "source"),
      playbook: string(fields, "playbook"),
      keyPackages: strings(fields, "key_packages"),
      models: strings(fields, "models"),
      installDirectories: texts(fields, "install_dirs"),
      python: python(fields),
      nodejs: text(fields, "nodejs"),
      build: string(fields, "build"),
      postSync: string(fields, "post_sync")
    )
  }

  private mutating func python(_ fields: YAMLFields) -> PythonFacts? {
    let keys = ["version", "environment", "path"]
    guard let inner = mapping(fields, "python", of: "`python`", keys) else { return nil }
    return PythonFacts(
      version: text(inner, "version"),
      environment: string(inner, "environment"),
      path: text(inner, "path")
    )
  }

  private mutating func orphans(_ fields: YAMLFields) -> Orphans {
    guard let inner = mapping(fields, "orphans", of: "`orphans`", ["units", "paths"]) else {
      return Orphans(units: [], paths: [])
    }
    return Orphans(units: texts(inner, "units"), paths: texts(inner, "paths"))
  }

  private mutating func supportedOS(_ fields: YAMLFields) -> [String] {
    guard let inner = mapping(fields, "os", of: "`os`", ["supported"]) else { return [] }
    return strings(inner, "supported")
  }

  private mutating func startup(_ fields: YAMLFields) -> Startup? {
    let required = ["typical", "budget"]
    let keys = required + ["soak"]
    guard let inner = mapping(fields, "startup", of: "`startup`", keys, required: required),
      let typical = text(inner, "typical", as: .duration),
      let budget = text(inner, "budget", as: .duration)
    else { return nil }
    return Startup(typical: typical, budget: budget, soak: text(inner, "soak", as: .duration))
  }

  private mutating func rollout(_ fields: YAMLFields) -> RolloutPolicy? {
    guard let node = fields[RolloutReader.key], !node.isNull else { return nil }
    return RolloutReader.read(node, into: &diagnostics)
  }

  private mutating func restart(_ fields: YAMLFields) -> RestartPolicy {
    guard let inner = mapping(fields, "restart", of: "`restart`", ["policy", "cost"]) else {
      return RestartPolicy(policy: .auto, cost: nil)
    }
    return RestartPolicy(
      policy: word(inner, "policy", else: RestartPolicy.Policy.auto),
      cost: string(inner, "cost")
    )
  }
}
