internal import FleetDiagnostics
internal import FleetRender
internal import FleetYAML

/// Identity, claims and dependencies of a role.
extension RoleReader {
  mutating func placement(_ fields: YAMLFields) -> Placement {
    let keys = ["default_nodes", "replicas", "portable", "separable", "apart_from"]
    guard let inner = mapping(fields, "placement", of: "`placement`", keys) else {
      return Placement(
        defaultNodes: [],
        replicas: .many,
        portable: false,
        separable: false,
        apartFrom: []
      )
    }
    return Placement(
      defaultNodes: strings(inner, "default_nodes"),
      replicas: word(inner, "replicas", else: Placement.Replicas.many),
      portable: flag(inner, "portable", else: false),
      separable: flag(inner, "separable", else: false),
      apartFrom: each(inner, "apart_from") { $0.apartFrom($1) }
    )
  }

  private mutating func apartFrom(_ node: YAMLNode) -> ApartFrom? {
    let keys = ["role", "because"]
    guard let fields = item(node, of: "an item of `apart_from`", keys, required: keys),
      let role = string(fields, "role"), let because = string(fields, "because")
    else { return nil }
    return ApartFrom(role: role, because: because, span: node.span)
  }

  mutating func use(_ node: YAMLNode) -> ComponentUse? {
    guard let fields = item(node, of: "a use", ["component", "with"], required: ["component"]),
      let component = string(fields, "component")
    else { return nil }
    return ComponentUse(
      component: component,
      with: values(entries(fields, "with")),
      when: when(fields),
      span: node.span
    )
  }

  mutating func port(_ node: YAMLNode) -> Port? {
    let keys = [
      "name", "number", "protocol", "scope", "holder", "shared", "proxy_of", "optional", "doc",
    ]
    guard let fields = item(node, of: "a port", keys, required: ["name", "number"]),
      let name = identifier(fields, "name"), let number = text(fields, "number", as: .int)
    else { return nil }
    return Port(
      name: name,
      number: number,
      transport: word(fields, "protocol", else: Port.Transport.tcp),
      scope: word(fields, "scope", else: Port.Scope.loopback),
      holder: text(fields, "holder"),
      shared: string(fields, "shared"),
      proxyOf: string(fields, "proxy_of"),
      optional: flag(fields, "optional", else: false),
      when: when(fields),
      doc: string(fields, "doc"),
      span: node.span
    )
  }

  mutating func need(_ node: YAMLNode) -> Need? {
    let keys = ["role", "any_of", "endpoint", "hard", "order", "doc"]
    guard let fields = item(node, of: "a need", keys) else { return nil }
    let isAnyOf = fields["any_of"] != nil
    guard isAnyOf != (fields["role"] != nil) else {
      invalid(node, "a need names its provider by `role` or by `any_of`, one of the two.")
      return nil
    }
    let roles = isAnyOf ? strings(fields, "any_of") : [string(fields, "role")].compactMap { $0 }
    guard !roles.isEmpty else { return nil }
    return Need(
      roles: roles,
      isAnyOf: isAnyOf,
      endpoint: string(fields, "endpoint"),
      hard: flag(fields, "hard", else: true),
      order: flag(fields, "order", else: true),
      doc: string(fields, "doc"),
      when: when(fields),
      span: node.span
    )
  }

  mutating func hardwareNeed(_ node: YAMLNode) -> HardwareNeed? {
    let keys = ["device", "vendors", "one_of", "exclusive", "fallback"]
    guard let fields = item(node, of: "a hardware need", keys) else { return nil }
    let isOneOf = fields["one_of"] != nil
    guard isOneOf != (fields["device"] != nil) else {
      invalid(node, "a hardware need has `device` or `one_of`, one of the two.")
      return nil
    }
    let choices =
      isOneOf ? each(fields, "one_of") { $0.choice($1) } : [choice(fields)].compactMap { $0 }
    return HardwareNeed(
      choices: choices,
      exclusive: flag(fields, "exclusive", else: false),
      fallback: word(fields, "fallback", else: HardwareNeed.Fallback.none),
      when: when(fields),
      span: node.span
    )
  }

  private mutating func choice(_ node: YAMLNode) -> HardwareNeed.Choice? {
    let keys = ["device", "vendors"]
    guard let fields = item(node, of: "an item of `one_of`", keys, required: ["device"]) else {
      return nil
    }
    return choice(fields)
  }

  private mutating func choice(_ fields: YAMLFields) -> HardwareNeed.Choice? {
    guard let device = fields.word("device", of: ["gpu", "npu"], into: &diagnostics) else {
      return nil
    }
    let vendors: [String] = each(fields, "vendors") { reader, node in
      let words = ["nvidia", "amd", "intel", "other"]
      return YAMLReader.schema.word(node, of: words, into: &reader.diagnostics)
    }
    return HardwareNeed.Choice(device: device, vendors: vendors)
  }

  mutating func healthCheck(_ node: YAMLNode) -> HealthCheck? {
    let keys = [
      "kind", "port", "path", "expect_status", "expect_body", "required", "starting_statuses",
      "command", "user", "unit",
    ]
    guard let fields = item(node, of: "a health check", keys, required: ["kind"]) else {
      return nil
    }
    let given = fields["kind"].map { !$0.isNull } ?? false
    let kind = given ? word(fields, "kind", else: HealthCheck.Kind.unit) : .unit
    let wanted: [HealthCheck.Kind: String] = [
      .http: "port", .https: "port", .tcp: "port", .command: "command", .unit: "unit",
    ]
    if given, let key = wanted[kind], fields[key] == nil {
      invalid(node, "a check of kind `\(kind.rawValue)` needs `\(key)`.")
      return nil
    }
    return HealthCheck(
      kind: kind,
      port: string(fields, "port"),
      path: text(fields, "path"),
      expectStatus: ints(fields, "expect_status", in: 100...599, else: [200]),
      expectBody: text(fields, "expect_body"),
      required: flag(fields, "required", else: true),
      startingStatuses: ints(fields, "starting_statuses", in: 100...599, else: []),
      command: texts(fields, "command"),
      user: text(fields, "user"),
      unit: text(fields, "unit"),
      when: when(fields),
      span: node.span
    )
  }
}
