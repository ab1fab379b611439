internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Makes the profiles of roles: typed parameters, then ports, needs and hardware under them.
///
/// Instances whose node sets no parameter share one profile, unless an expression looks at the node.
struct RoleProfiles {
  private let fleet: Fleet
  private let settings: Value
  private(set) var diagnostics = Diagnostics()
  /// Those that were made, by their number.
  private(set) var made: [RoleProfile] = []

  init(fleet: Fleet) {
    self.fleet = fleet
    settings = NodeScope.settings(fleet.settings)
  }

  mutating func profile(
    of role: SharedRole,
    parameters: [String: Located<RawValue>],
    at place: SourceSpan?,
    on node: FleetNode,
    beside names: () -> [String]
  ) -> RoleProfile {
    let isOwn = !parameters.isEmpty || role.looksAtNode
    if !isOwn, let profile = role.common { return profile }
    var scope: Scope = [
      "role": .string(role.role.name),
      "settings": settings,
      "node": NodeScope.node(node, roles: names()),
      "fleet": .map(["name": .string(fleet.name)]),
    ]
    if let network = fleet.network {
      scope["fleet"] = .map(["name": .string(fleet.name), "network": .string(network.value)])
    }
    let profile = make(role.role, parameters, at: place, &scope)
    if !isOwn { role.common = profile }
    return profile
  }

  /// Checks fleet-wide parameters of roles that no node has: they may be wrong all the same.
  mutating func checkUnused(_ registry: Registry, used: Set<String>) {
    guard let node = fleet.nodes.first else { return }
    for name in fleet.roleParameters.keys.sorted() where !used.contains(name) {
      guard let role = registry.role(name) else { continue }
      let place = fleet.roleSpans[name]
      _ = profile(of: SharedRole(role), parameters: [:], at: place, on: node, beside: { [] })
    }
  }

  private mutating func make(
    _ role: Role,
    _ parameters: [String: Located<RawValue>],
    at place: SourceSpan?,
    _ scope: inout Scope
  ) -> RoleProfile {
    let spans = parameters.compactMapValues(\.span)
    var found = Diagnostics()
    let values = ParameterValues.resolve(
      role: role,
      fleet: fleet.roleParameters[role.name] ?? [:],
      node: parameters,
      scope: scope,
      at: place,
      into: &found
    )
    scope["params"] = .map(values)
    // What fails for want of a parameter's value is a consequence of what is reported already.
    let hadErrors = found.hasErrors
    var isBroken = hadErrors
    var later = Diagnostics()
    let ports = role.ports.map { port in
      let state = state(of: port, spans, scope, into: &later)
      isBroken = isBroken || state == nil
      return state
    }
    let needs = role.needs.filter { $0.when.holds(scope, into: &later) ?? false }
    let hardware = role.hardware.filter { $0.when.holds(scope, into: &later) ?? false }
    if !hadErrors { found.add(contentsOf: later) }
    diagnostics.add(contentsOf: found)
    let profile = RoleProfile(
      number: made.count,
      role: role,
      parameters: values,
      parameterSpans: spans,
      ports: ports.compactMap { $0 },
      needs: needs,
      hardware: hardware,
      isBroken: isBroken
    )
    made.append(profile)
    return profile
  }

  /// The state of a port; nil after reporting that it has none.
  private func state(
    of port: Port,
    _ spans: [String: SourceSpan],
    _ scope: Scope,
    into diagnostics: inout Diagnostics
  ) -> RoleProfile.PortState? {
    let parameter = port.number.parameterName
    guard let isOn = port.when.holds(scope, into: &diagnostics) else { return nil }
    guard isOn else {
      return RoleProfile.PortState(
        port: port,
        number: nil,
        holder: nil,
        span: nil,
        parameter: parameter
      )
    }
    guard let number = port.number.int(scope, into: &diagnostics) else { return nil }
    guard (1...65535).contains(number) else {
      diagnostics.add(
        Diagnostic(
          .parameterInvalid,
          "The port `\(port.name)` evaluates to \(number); it must be 1 to 65535.",
          at: parameter.flatMap { spans[$0] } ?? port.span
        )
      )
      return nil
    }
    return RoleProfile.PortState(
      port: port,
      number: number,
      holder: port.holder?.string(scope, into: &diagnostics),
      span: parameter.flatMap { spans[$0] },
      parameter: parameter
    )
  }
}

extension Role {
  /// Whether any expression that a profile evaluates names `node`; by text, so rather once too often.
  var profileLooksAtNode: Bool {
    if parameters.contains(where: { $0.defaultValue?.mentionsNode ?? false }) { return true }
    if needs.contains(where: { $0.when?.text.mentionsNode ?? false }) { return true }
    if hardware.contains(where: { $0.when?.text.mentionsNode ?? false }) { return true }
    return ports.contains { port in
      port.number.text.mentionsNode || (port.holder?.text.mentionsNode ?? false)
        || (port.when?.text.mentionsNode ?? false)
    }
  }
}

extension TemplateText {
  /// The name in `{{ params.NAME }}`, where the text is exactly that.
  var parameterName: String? {
    guard text.hasPrefix("{{"), text.hasSuffix("}}") else { return nil }
    let inner = text.dropFirst(2).dropLast(2).filter { $0 != " " }
    guard inner.hasPrefix("params."), RoleID(String(inner.dropFirst(7))) != nil else { return nil }
    return String(inner.dropFirst(7))
  }
}

extension TemplateValue {
  fileprivate var mentionsNode: Bool {
    switch self {
    case .text(let text): text.text.mentionsNode
    case .list(let items): items.contains { $0.mentionsNode }
    case .map(let entries): entries.contains { $0.value.mentionsNode }
    }
  }
}

extension String {
  fileprivate var mentionsNode: Bool { contains("node.") || contains("node[") }
}
