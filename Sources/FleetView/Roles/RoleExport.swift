package import FleetConfig
internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// The registry in use as one document: roles, conflicts, nodes, ports, dependencies, databases.
///
/// Everything is computed from the roles and from a fleet; nothing is kept by hand.
package struct RoleExport: Sendable {
  /// A row of the port reference: a role's ports of one number.
  package struct PortRow: Sendable, Hashable {
    /// The number.
    package var number: Int
    /// `tcp` or `udp`.
    package var transport: String
    /// The role.
    package var role: String
    /// Names of its ports with this number.
    package var names: [String]
    /// Nodes where it is switched on, or every node of the role where it is optional and off.
    package var nodes: [String]
    /// Who may reach it, in words.
    package var exposed: String
    /// Whether it is off in this fleet.
    package var isOff: Bool
  }

  /// A row of the node summary.
  package struct NodeRow: Sendable, Hashable {
    /// Address.
    package var address: String
    /// Node id.
    package var node: String
    /// Roles assigned to it.
    package var roles: [String]
    /// Versions of Python that they use.
    package var python: [String]
    /// Versions of Node.js that they use.
    package var nodejs: [String]
    /// Whether it is in reserve.
    package var isReserved: Bool
  }

  /// A need of a role.
  package struct DependencyRow: Sendable, Hashable {
    /// Who needs.
    package var role: String
    /// What would do, best first.
    package var providers: [String]
    /// Name of the endpoint; nil where presence is enough.
    package var endpoint: String?
    /// Its number.
    package var port: Int?
    /// Whether the fleet is refused without it.
    package var isHard: Bool
    /// Condition, as the role writes it.
    package var condition: String?
    /// What for.
    package var doc: String?
  }

  /// A database that a role makes.
  package struct DatabaseRow: Sendable, Hashable {
    /// Name.
    package var name: String
    /// Owner.
    package var owner: String
    /// The role.
    package var role: String
    /// Nodes of the role.
    package var nodes: [String]
    /// Condition, as the role writes it.
    package var condition: String?
    /// File that keeps the owner's password.
    package var credentials: String?
  }

  /// The fleet whose nodes are told.
  package let resolved: ResolvedFleet
  /// Roles that cannot share a node.
  package let conflicts: RoleConflicts
  /// The nodes in the order of fleet.yaml.
  package let nodes: [NodeRow]
  /// Ports by number and role.
  package let ports: [PortRow]
  /// Needs by role, in the order of the role.
  package let dependencies: [DependencyRow]
  /// Databases by role, in the order of the role.
  package let databases: [DatabaseRow]

  /// Computes everything.
  package init(_ resolved: ResolvedFleet) {
    self.resolved = resolved
    conflicts = RoleConflicts(resolved.registry)
    nodes = resolved.nodes.map { Self.row($0, resolved) }
    ports = PortRows.all(resolved)
    let roles = resolved.registry.sortedRoles
    dependencies = roles.flatMap { Self.dependencies($0, resolved.registry) }
    databases = roles.flatMap { Self.databases($0, resolved) }
  }

  private static func row(_ node: FleetNode, _ resolved: ResolvedFleet) -> NodeRow {
    var row = NodeRow(
      address: node.address.value,
      node: node.id.name,
      roles: [],
      python: [],
      nodejs: [],
      isReserved: node.reserved
    )
    for instance in resolved.instances(on: node.id) where !instance.automatic {
      row.roles.append(instance.role.name)
      let scope = resolved.scope(for: instance)
      func version(_ text: TemplateText?) -> String? {
        var ignored = Diagnostics()
        return text.map { $0.string(scope, into: &ignored) ?? $0.text }
      }
      let facts = instance.role.facts
      let environment = facts.python?.environment == "conda" ? " (conda)" : ""
      if let python = version(facts.python?.version).map({ $0 + environment }),
        !row.python.contains(python)
      {
        row.python.append(python)
      }
      if let nodejs = version(facts.nodejs), !row.nodejs.contains(nodejs) {
        row.nodejs.append(nodejs)
      }
    }
    return row
  }

  private static func dependencies(_ role: Role, _ registry: Registry) -> [DependencyRow] {
    let summary = RoleSummary(registry: registry, role: role)
    return role.needs.map { need in
      DependencyRow(
        role: role.name,
        providers: need.roles,
        endpoint: need.endpoint,
        port: summary.port(of: need),
        isHard: need.hard,
        condition: need.when?.text,
        doc: need.doc
      )
    }
  }

  private static func databases(_ role: Role, _ resolved: ResolvedFleet) -> [DatabaseRow] {
    let summary = RoleSummary(registry: resolved.registry, role: role)
    let nodes = resolved.instances(of: role.name).map(\.node.id.name)
    return role.content.databases.map { item in
      let secret = item.password.flatMap { role.secret($0) }
      return DatabaseRow(
        name: summary.text(item.name) ?? item.name.text,
        owner: summary.text(item.owner) ?? item.owner.text,
        role: role.name,
        nodes: nodes,
        condition: item.when?.text,
        credentials: secret.flatMap { summary.text($0.file) }
      )
    }
  }
}

/// Makes the rows of the port reference.
private enum PortRows {
  private struct Key: Hashable {
    let number: Int
    let transport: String
    let role: String
  }

  static func all(_ resolved: ResolvedFleet) -> [RoleExport.PortRow] {
    var rows: [Key: RoleExport.PortRow] = [:]
    var proxied: Set<Key> = []
    var isOpen: [Key: ResolvedPort] = [:]
    for instance in resolved.instances {
      for port in instance.ports {
        let key = Key(
          number: port.number,
          transport: port.transport.rawValue,
          role: instance.role.name
        )
        var row = rows[key] ?? empty(key)
        if !row.names.contains(port.name) { row.names.append(port.name) }
        if !row.nodes.contains(instance.node.id.name) { row.nodes.append(instance.node.id.name) }
        rows[key] = row
        if port.proxyOf != nil || port.shared != nil { proxied.insert(key) }
        if port.isExposed, isOpen[key].map({ $0.scope != .public }) ?? true { isOpen[key] = port }
      }
    }
    for key in rows.keys {
      rows[key]?.exposed = words(isOpen[key], isProxied: proxied.contains(key))
    }
    for role in resolved.registry.sortedRoles { addSwitchedOff(role, resolved, &rows) }
    return rows.values.sorted { ($0.number, $0.role) < ($1.number, $1.role) }
  }

  private static func empty(_ key: Key) -> RoleExport.PortRow {
    RoleExport.PortRow(
      number: key.number,
      transport: key.transport,
      role: key.role,
      names: [],
      nodes: [],
      exposed: "",
      isOff: false
    )
  }

  private static func words(_ port: ResolvedPort?, isProxied: Bool) -> String {
    guard let port else { return "localhost only" }
    let via = isProxied ? ", via nginx" : ""
    if port.scope == .public { return "everybody" + via }
    return (port.widened ? "its consumers" : "the fleet") + via
  }

  /// Ports that the role has but this fleet's settings leave off.
  private static func addSwitchedOff(
    _ role: Role,
    _ resolved: ResolvedFleet,
    _ rows: inout [Key: RoleExport.PortRow]
  ) {
    let summary = RoleSummary(registry: resolved.registry, role: role)
    for port in role.ports {
      guard let number = summary.number(port) else { continue }
      let key = Key(number: number, transport: port.transport.rawValue, role: role.name)
      guard rows[key].map({ $0.isOff }) ?? true else { continue }
      var row = rows[key] ?? empty(key)
      row.isOff = true
      if !row.names.contains(port.name) { row.names.append(port.name) }
      row.nodes = resolved.instances(of: role.name).map(\.node.id.name)
      let condition = port.when.map { "when `\($0.text)`" } ?? "on no node"
      row.exposed =
        "\(port.scope == .loopback ? "localhost only" : port.scope.rawValue), \(condition)"
      rows[key] = row
    }
  }
}
