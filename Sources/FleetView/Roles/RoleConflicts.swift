internal import FleetConfig
internal import FleetDiagnostics
internal import FleetModel
package import FleetRegistry
internal import FleetRender

/// Which roles cannot share a node: what `validate` says of every pair of them, not a list that somebody keeps.
package struct RoleConflicts: Sendable {
  /// Two roles that claim one port.
  package struct Port: Sendable, Hashable {
    /// The two roles, in the order of their names.
    package var roles: [String]
    /// The number.
    package var number: Int
    /// `tcp` or `udp`.
    package var transport: String
    /// What each of them does with it, in the order of `roles`.
    package var uses: [String]
    /// The parameter that brings the conflict about, `redis.insight`; nil: it is there by default.
    package var condition: String?
  }

  /// Two roles that each need the same device for themselves.
  package struct Device: Sendable, Hashable {
    /// The two roles.
    package var roles: [String]
    /// The one device of a node on which they collide: `nvidia gpu`.
    package var device: String
  }

  /// Two roles that both claim a unit or a path.
  package struct Claim: Sendable, Hashable {
    /// The two roles.
    package var roles: [String]
    /// The finding, as `validate` words it.
    package var detail: String
  }

  /// Ports, by roles and number.
  package private(set) var ports: [Port] = []
  /// Devices, by roles.
  package private(set) var devices: [Device] = []
  /// Units and paths, by roles.
  package private(set) var claims: [Claim] = []

  private let registry: Registry

  /// Tries every pair of roles of `registry` on a node of their own, under default parameters.
  package init(_ registry: Registry) {
    self.registry = registry
    // Roles that are on every node anyway collide where they are; a pair of them is one of all pairs.
    let roles = registry.sortedRoles
    for (index, left) in roles.enumerated() {
      for right in roles[(index + 1)...] { tryPair(left, right) }
    }
    for role in roles {
      for switched in role.switchedPorts { trySwitch(role, switched, others: roles) }
    }
    ports.sort { ($0.roles[0], $0.roles[1], $0.number) < ($1.roles[0], $1.roles[1], $1.number) }
  }

  // MARK: Trying

  private mutating func tryPair(_ left: Role, _ right: Role) {
    let pair = Pair(registry, [(left, nil), (right, nil)], devices: [])
    for (number, transport, uses) in pair.collidingPorts {
      ports.append(
        Port(
          roles: [left.name, right.name],
          number: number,
          transport: transport,
          uses: uses,
          condition: nil
        )
      )
    }
    for detail in pair.details([.unitCollision, .pathCollision]) {
      claims.append(Claim(roles: [left.name, right.name], detail: detail))
    }
    for device in Set(left.wantedDevices).intersection(right.wantedDevices).sorted() {
      let words = device.split(separator: " ").map(String.init)
      let declared = FleetModel.Device(
        kind: words[1],
        id: "\(words[1])0",
        vendor: words[0],
        span: nil
      )
      let pair = Pair(registry, [(left, nil), (right, nil)], devices: [declared])
      guard !pair.details([.hardwareExclusive]).isEmpty else { continue }
      devices.append(Device(roles: [left.name, right.name], device: device))
    }
  }

  /// Tries a role with a parameter that switches further ports on.
  private mutating func trySwitch(_ role: Role, _ parameter: String, others: [Role]) {
    for other in others where other.name != role.name {
      let pair = Pair(registry, [(role, parameter), (other, nil)], devices: [])
      for (number, transport, uses) in pair.collidingPorts {
        let isTurned = other.name < role.name
        let conflict = Port(
          roles: isTurned ? [other.name, role.name] : [role.name, other.name],
          number: number,
          transport: transport,
          uses: isTurned ? uses.reversed() : uses,
          condition: "\(role.name).\(parameter)"
        )
        let isKnown = ports.contains { $0.roles == conflict.roles && $0.number == conflict.number }
        if !isKnown { ports.append(conflict) }
      }
    }
  }
}

/// Two roles on one node, as `validate` sees them.
private struct Pair {
  private let resolved: ResolvedFleet?
  private let roles: [String]
  private let findings: [Diagnostic]

  init(_ registry: Registry, _ roles: [(role: Role, switched: String?)], devices: [Device]) {
    self.roles = roles.map(\.role.name)
    var fleet = Fleet(name: "pair")
    guard let id = NodeID("node") else { preconditionFailure("`node` is a node's name") }
    var node = FleetNode(id: id, span: nil, address: Located("192.0.2.1"))
    node.hardware.devices = devices
    for (role, switched) in roles where !role.isEverywhere {
      let parameters = switched.map { [$0: Located(RawValue.text("true"))] } ?? [:]
      node.roles.append(RoleAssignment(role: Located(role.name), parameters: parameters))
    }
    for (role, switched) in roles where role.isEverywhere {
      if let switched {
        fleet.roleParameters[role.name] = [switched: Located(RawValue.text("true"))]
      }
    }
    fleet.nodes = [node]
    var ignored = Diagnostics()
    resolved = FleetResolver.resolve(fleet, registry: registry, into: &ignored)
    var found = Diagnostics()
    _ = FleetValidator.validate(fleet, registry: registry, strict: false, into: &found)
    findings = found.sorted()
  }

  func details(_ rules: [Rule]) -> [String] {
    findings.filter { finding in
      rules.contains(finding.rule) && roles.allSatisfy { finding.detail.contains("`\($0)`") }
    }.map(\.detail)
  }

  /// Numbers that both claim, where `validate` says that they collide.
  var collidingPorts: [(number: Int, transport: String, uses: [String])] {
    guard let resolved, !details([.portCollision]).isEmpty else { return [] }
    let instances = roles.compactMap { name in resolved.instances.first { $0.role.name == name } }
    guard instances.count == 2 else { return [] }
    var result: [(number: Int, transport: String, uses: [String])] = []
    for left in instances[0].ports {
      for right in instances[1].ports
      where left.number == right.number && left.transport == right.transport {
        if let server = left.shared, server == right.shared { continue }
        let isKnown = result.contains {
          $0.number == left.number && $0.transport == left.transport.rawValue
        }
        guard !isKnown else { continue }
        result.append(
          (
            left.number, left.transport.rawValue,
            [Self.use(instances[0], left), Self.use(instances[1], right)]
          )
        )
      }
    }
    return result
  }

  private static func use(_ instance: RoleInstance, _ port: ResolvedPort) -> String {
    let doc = instance.role.ports.first { $0.name == port.name && $0.doc != nil }?.doc
    return (doc ?? "port `\(port.name)`").withoutFullStop
  }
}

extension Role {
  /// Parameters, false by default, that a port's condition reads.
  var switchedPorts: [String] {
    var names: [String] = []
    for port in ports {
      port.when?.visitPaths { path in
        guard path.count == 2, path[0].name == "params" else { return }
        let name = path[1].name
        guard literalDefaults[name] == .bool(false), !names.contains(name) else { return }
        names.append(name)
      }
    }
    return names
  }

  /// Kinds of devices that it wants for itself, `nvidia gpu`.
  fileprivate var wantedDevices: [String] {
    hardware.filter(\.exclusive).flatMap { need in
      need.choices.flatMap { choice in
        (choice.vendors.isEmpty ? ["other"] : choice.vendors).map { "\($0) \(choice.device)" }
      }
    }
  }
}

extension String {
  /// The same without a full stop at its end, for use inside a sentence or a table.
  var withoutFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
