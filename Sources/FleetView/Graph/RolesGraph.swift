package import FleetConfig
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

extension FleetGraph {
  /// Returns the roles of the registry in use with their needs; roles that no node has are faint.
  ///
  /// Needs are drawn as the roles declare them, also under conditions that do not hold in this fleet.
  /// A port is that of the fleet's first provider, else the default.
  package static func roles(_ resolved: ResolvedFleet) -> FleetGraph {
    var graph = FleetGraph(subject: .roles, fleet: resolved.fleet.name)
    let roles = resolved.registry.sortedRoles
    var indices: [String: Int] = [:]
    var nodes: [String: [String]] = [:]
    for instance in resolved.instances {
      nodes[instance.role.name, default: []].append(instance.node.id.name)
    }
    for (index, role) in roles.enumerated() {
      indices[role.name] = index
      graph.vertices.append(vertex(role, nodes[role.name] ?? [], of: resolved.nodes.count))
    }
    var edges = EdgeCollection()
    for (index, role) in roles.enumerated() {
      for need in role.needs {
        for (position, name) in need.roles.enumerated() {
          guard let provider = indices[name] else { continue }
          let isCondition = need.when != nil || position > 0
          edges.add(
            from: index,
            to: provider,
            isCondition ? .conditional : need.hard ? .hard : .soft,
            port: need.endpoint.flatMap { number(of: $0, roles[provider], resolved) },
            condition: need.when?.text ?? (position > 0 ? "no `\(need.roles[0])`" : nil)
          )
        }
      }
    }
    graph.edges = edges.sorted
    return graph
  }

  private static func vertex(_ role: Role, _ nodes: [String], of count: Int) -> Vertex {
    let place =
      nodes.isEmpty
      ? "on no node"
      : nodes.count == count && count > 1 ? "every node" : NameList.short(nodes, most: 2)
    var vertex = Vertex(id: role.name, title: role.name, lines: [place], tone: role.tone)
    vertex.isFaint = nodes.isEmpty
    vertex.nodes = nodes
    vertex.roles = [role.name]
    return vertex
  }

  private static func number(
    of endpoint: String,
    _ role: Role,
    _ resolved: ResolvedFleet
  ) -> Int? {
    for instance in resolved.instances(of: role.name) {
      if let port = instance.port(endpoint) { return port.number }
    }
    return role.port(endpoint).flatMap {
      RoleSummary(registry: resolved.registry, role: role).number($0)
    }
  }
}

extension Role {
  /// The colour of its layer.
  var tone: FleetGraph.Tone {
    switch layer {
    case .management: .management
    case .business: .business
    case .shared: .shared
    }
  }

  /// Whether it runs on every node, or on every one of a kind, without being listed.
  var isEverywhere: Bool {
    placement.replicas == .everyNode || placement.replicas == .everyPythonNode
  }
}
