import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetRender
import FleetResources

/// Hangs onto a role's units what the fleet knows about them: the ports they must hold, the checks that
/// prove them healthy, what a restart costs and who would notice.
struct UnitAttachments {
  let fleet: ResolvedFleet
  let index: Int
  let wave: Int

  /// Attaches everything of one instance.
  func attach(
    _ given: Evaluator,
    _ instance: RoleInstance,
    definitions: [(role: Role, scope: Scope)],
    to builder: inout NodeBuilder,
    into diagnostics: inout Diagnostics
  ) {
    var evaluator = given
    let units = Self.unitNames(definitions, &evaluator.diagnostics).filter { builder.has(unit: $0) }
    let owner = Owner(role: instance.role.name, wave: wave)
    let dependents = dependents
    let startup = evaluator.startup(instance.role)
    for unit in units {
      builder.unit(unit, by: owner, at: instance.role.span) { spec in
        spec.dependents += dependents
        guard !Self.isShared(unit) else { return }
        describe(instance.role, startup, &spec)
      }
    }
    for port in instance.ports {
      guard let holder = port.holder, builder.has(unit: holder) else { continue }
      builder.unit(holder, by: owner, at: instance.role.span) { spec in
        spec.ports.append(
          UnitSpec.BoundPort(
            addresses: Self.required(port),
            number: port.number,
            transport: port.transport.rawValue,
            scope: port.widened ? "fleet" : port.scope.rawValue
          )
        )
      }
    }
    for definition in definitions {
      let isComponent = definition.role.name != instance.role.name
      let own =
        isComponent
        ? Self.unitNames([definition], &evaluator.diagnostics).filter { builder.has(unit: $0) }
        : units
      attachChecks(definition, instance, units: own, owner: owner, to: &builder, into: &diagnostics)
    }
    diagnostics.add(contentsOf: evaluator.diagnostics)
  }

  /// The addresses on which others reach the port: an exposed port need not listen on loopback too.
  private static func required(_ port: ResolvedPort) -> [String] {
    let reachable = port.bind.filter { $0 != "127.0.0.1" && $0 != "::1" }
    return reachable.isEmpty ? port.bind : reachable
  }

  /// nginx serves several roles: one role's restart cost is not its own.
  private static func isShared(_ unit: String) -> Bool { unit == "nginx.service" }

  private func describe(
    _ role: Role,
    _ startup: Evaluator.Startup?,
    _ spec: inout UnitSpec
  ) {
    switch role.restart.policy {
    case .auto: spec.restartPolicy = .auto
    case .manual: spec.restartPolicy = .manual
    case .window: spec.restartPolicy = .window
    }
    spec.restartCost = role.restart.cost ?? spec.restartCost
    spec.updatePolicy = role.updatePolicy.rawValue
    guard let startup else { return }
    spec.startupTypical = startup.typical
    spec.soak = startup.soak ?? spec.soak
    spec.allow(budget: startup.budget)
  }

  private static func unitNames(
    _ definitions: [(role: Role, scope: Scope)],
    _ diagnostics: inout Diagnostics
  ) -> [String] {
    var names: [String] = []
    for (definition, scope) in definitions {
      var evaluator = Evaluator(scope: scope)
      for item in definition.content.units
      where item.state == .started && evaluator.applies(item.when) {
        if let name = evaluator.string(item.name) { names.append(name) }
      }
      for item in definition.content.services
      where item.state == .started && evaluator.applies(item.when) {
        if let name = evaluator.string(item.name) { names.append(name) }
      }
      diagnostics.add(contentsOf: evaluator.diagnostics)
    }
    return names
  }

  /// `celery on 01-Backend` for every role that needs one of this instance's endpoints.
  private var dependents: [String] {
    var found: Set<String> = []
    for instance in fleet.dependents(of: fleet.instances[index]) {
      found.insert("\(instance.role.name) on \(instance.node.id)")
    }
    return found.sorted()
  }

  /// Attaches the checks of the role, or of a component for it.
  private func attachChecks(
    _ definition: (role: Role, scope: Scope),
    _ instance: RoleInstance,
    units: [String],
    owner: Owner,
    to builder: inout NodeBuilder,
    into diagnostics: inout Diagnostics
  ) {
    var evaluator = Evaluator(scope: definition.scope)
    let isComponent = definition.role.name != instance.role.name
    for check in definition.role.health where evaluator.applies(check.when) {
      guard let kind = kind(of: check, instance, &evaluator) else { continue }
      // A command names no port: it asks the service that the role is about, not what stands beside it;
      // that of a component one of its own.
      let holders =
        check.port.map { [instance.port($0)?.holder] } ?? instance.ports.map(\.holder)
      let holder = holders.lazy.compactMap(\.self).first { name in
        isComponent ? units.contains(name) : builder.has(unit: name)
      }
      guard let unit = holder ?? units.first else { continue }
      var spec = HealthCheckSpec(
        kind: kind,
        required: check.required,
        startingStatuses: check.startingStatuses,
        via: Self.isLoopback(kind) ? nil : instance.node.healthVia.flatMap { NodeID($0.value) }
      )
      spec.isBehindWindows = instance.node.wsl2
      let startup = evaluator.startup(definition.role)
      builder.unit(unit, by: owner, at: check.span) {
        // Several roles may use one component.
        if !$0.checks.contains(spec) { $0.checks.append(spec) }
        if let startup { $0.allow(budget: startup.budget) }
      }
    }
    diagnostics.add(contentsOf: evaluator.diagnostics)
  }

  /// What listens on loopback only the node itself can ask.
  private static func isLoopback(_ kind: HealthCheckSpec.Kind) -> Bool {
    switch kind {
    case .command: true
    case .tcp(let host, _): host.hasPrefix("127.")
    case .http(let host, _, _, _, _, _): host.hasPrefix("127.")
    }
  }

  private func kind(
    of check: HealthCheck,
    _ instance: RoleInstance,
    _ evaluator: inout Evaluator
  ) -> HealthCheckSpec.Kind? {
    switch check.kind {
    case .unit: return nil
    case .command:
      return .command(
        user: evaluator.optional(check.user) ?? "root",
        arguments: evaluator.strings(check.command),
        outputContains: evaluator.optional(check.expectBody) ?? ""
      )
    case .tcp, .http, .https:
      guard let name = check.port, let port = instance.port(name),
        let host = Self.required(port).first
      else { return nil }
      if check.kind == .tcp { return .tcp(host: host, port: port.number) }
      return .http(
        host: host,
        port: port.number,
        path: evaluator.optional(check.path) ?? "/",
        https: check.kind == .https,
        status: check.expectStatus.first ?? 200,
        bodyContains: evaluator.optional(check.expectBody) ?? ""
      )
    }
  }
}

extension Evaluator {
  /// How long the role's services take to start, may take, and are watched after it.
  typealias Startup = (typical: TimeSpan, budget: TimeSpan, soak: TimeSpan?)

  /// Returns the times of the role's services, if it states them.
  mutating func startup(_ role: Role) -> Startup? {
    guard let startup = role.startup,
      let typical = startup.typical.duration(scope, into: &diagnostics),
      let budget = startup.budget.duration(scope, into: &diagnostics)
    else { return nil }
    return (typical, budget, startup.soak?.duration(scope, into: &diagnostics))
  }
}
