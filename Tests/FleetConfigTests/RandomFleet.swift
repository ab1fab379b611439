import FleetRegistry

/// A fleet of made-up roles that fight for a few ports, units and paths, as a model and as text.
struct RandomFleet {
  struct PortModel {
    let name: String
    let number: Int
    /// Whether a parameter of the port's name moves it.
    let isMovable: Bool
    let transport: String
    let scope: String
    let server: String?
    let proxyOf: String?
    /// Nil: always; true: in the modes with several users; false: in the other.
    let multiUser: Bool?
  }

  struct PathModel {
    let path: String
    let mode: String
    let isShared: Bool
  }

  struct RoleModel {
    let name: String
    var ports: [PortModel] = []
    var units: [String] = []
    var paths: [PathModel] = []
    /// Role and endpoint that it connects to.
    var need: (role: String, endpoint: String)?
  }

  struct NodeModel {
    let id: String
    let address: String
    /// Roles in order, with the numbers that this node gives their ports.
    var roles: [(role: Int, ports: [String: Int])] = []
  }

  private(set) var roles: [RoleModel] = []
  private(set) var nodes: [NodeModel] = []
  /// `roles:` of the fleet.
  private(set) var moved: [String: [String: Int]] = [:]
  let isMultiUser: Bool

  private static let numbers = [8000, 8001, 8002, 9000]

  init(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    isMultiUser = random.chance(50)
    for index in 0..<Int.random(in: 2...6, using: &random) {
      roles.append(Self.role("r\(index)", &random))
    }
    for index in roles.indices where random.chance(40) {
      let other = random.pick(roles)
      guard other.name != roles[index].name, let port = other.ports.last else { continue }
      roles[index].need = (other.name, port.name)
    }
    let addresses = ["10.0.0.1", "10.0.0.2", "fd00::3", "four.example"]
    for index in 0..<Int.random(in: 1...4, using: &random) {
      var node = NodeModel(id: "n\(index)", address: addresses[index])
      for role in roles.indices.shuffled(using: &random) where random.chance(60) {
        node.roles.append((role, Self.moves(roles[role], 15, &random)))
      }
      nodes.append(node)
    }
    for role in roles { moved[role.name] = Self.moves(role, 15, &random) }
  }

  private static func moves(
    _ role: RoleModel,
    _ percent: Int,
    _ random: inout SplitMix64
  ) -> [String: Int] {
    var moves: [String: Int] = [:]
    for port in role.ports where port.isMovable && random.chance(percent) {
      moves[port.name] = random.pick(numbers + [9001])
    }
    return moves
  }

  private static func role(_ name: String, _ random: inout SplitMix64) -> RoleModel {
    var role = RoleModel(name: name)
    if random.chance(50) {
      // An application behind a proxy of its own, often on one number.
      let number = random.pick(numbers)
      let server = random.pick(["nginx", "nginx", "caddy"])
      role.ports.append(port("app", number, "loopback", nil, nil, &random))
      let outer = random.chance(60) ? number : random.pick(numbers)
      let scope = random.pick(["fleet", "public", "loopback"])
      role.ports.append(port("site", outer, scope, server, "app", &random))
    }
    for index in 0..<Int.random(in: 0...2, using: &random) {
      let server = random.chance(30) ? random.pick(["nginx", "caddy"]) : nil
      let scope = random.pick(["fleet", "public", "loopback"])
      role.ports.append(port("p\(index)", random.pick(numbers), scope, server, nil, &random))
    }
    if random.chance(40) { role.units.append(random.pick(["a", "b", "c"]) + ".service") }
    if random.chance(50) {
      role.paths.append(
        PathModel(
          path: random.pick(["/srv/a", "/srv/b", "/srv/c"]),
          mode: random.pick(["0755", "0755", "0700"]),
          isShared: random.chance(60)
        )
      )
    }
    return role
  }

  private static func port(
    _ name: String,
    _ number: Int,
    _ scope: String,
    _ server: String?,
    _ proxyOf: String?,
    _ random: inout SplitMix64
  ) -> PortModel {
    PortModel(
      name: name,
      number: number,
      isMovable: random.chance(50),
      transport: proxyOf == nil && name != "app" && random.chance(20) ? "udp" : "tcp",
      scope: scope,
      server: server,
      proxyOf: proxyOf,
      multiUser: name.hasPrefix("p") && random.chance(20) ? random.chance(50) : nil
    )
  }

  // MARK: As text

  /// The roles as they stand in their files.
  var registry: Registry {
    .of(Dictionary(uniqueKeysWithValues: roles.map { ($0.name, Self.text($0)) }))
  }

  private static func text(_ role: RoleModel) -> String {
    var lines = ["placement: {replicas: many}"]
    let movable = role.ports.filter(\.isMovable)
    if !movable.isEmpty { lines.append("params:") }
    for port in movable {
      lines.append("  \(port.name): {type: port, default: \(port.number), doc: \"Port.\"}")
    }
    if !role.ports.isEmpty { lines.append("ports:") }
    for port in role.ports {
      var fields = ["name: \(port.name)", "scope: \(port.scope)", "protocol: \(port.transport)"]
      let number = port.isMovable ? "\"{{ params.\(port.name) }}\"" : "\(port.number)"
      fields.append("number: \(number)")
      if let server = port.server { fields.append("shared: \(server)") }
      if let inner = port.proxyOf { fields.append("proxy_of: \(inner)") }
      if let multi = port.multiUser {
        fields.append("when: \(multi ? "" : "not ")settings.multi_user")
      }
      lines.append("  - {" + fields.joined(separator: ", ") + "}")
    }
    if let need = role.need {
      lines.append("needs:")
      lines.append(
        "  - {role: \(need.role), endpoint: \(need.endpoint), hard: false, order: false}"
      )
    }
    if !role.units.isEmpty { lines.append("units:") }
    for unit in role.units {
      lines.append("  - {name: \(unit), sections: {Service: {ExecStart: [/bin/true]}}}")
    }
    if !role.paths.isEmpty { lines.append("directories:") }
    for path in role.paths {
      lines.append(
        "  - {path: \(path.path), owner: root, group: root, mode: \"\(path.mode)\", "
          + "shared: \(path.isShared)}"
      )
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The fleet.yaml.
  var text: String {
    var lines = ["version: 1", "fleet: f", "registry: none"]
    lines.append("settings: {user_mode: \(isMultiUser ? "provider" : "single_user")}")
    lines.append("roles:")
    for role in roles {
      lines.append("  \(role.name): {\(Self.fields(moved[role.name] ?? [:]))}")
    }
    lines.append("nodes:")
    for node in nodes {
      let items = node.roles.map { item in
        let name = roles[item.role].name
        return item.ports.isEmpty ? name : "{\(name): {\(Self.fields(item.ports))}}"
      }
      lines.append(
        "  \(node.id): {address: \"\(node.address)\", roles: [\(items.joined(separator: ", "))]}"
      )
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func fields(_ ports: [String: Int]) -> String {
    ports.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
  }
}
