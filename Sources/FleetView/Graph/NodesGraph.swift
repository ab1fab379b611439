package import FleetConfig
internal import FleetModel
internal import FleetRegistry

extension FleetGraph {
  /// Above so many nodes, those with the same roles become one box.
  package static let mostSingleNodes = 24

  /// Returns the machines with their roles, and an arrow for every connection between two machines.
  ///
  /// Nodes with the same roles are one box when the fleet is large (`mostSingleNodes`), unless
  /// `expanded`. Connections from or to a role that runs on every node are not drawn; `notes` tell of them.
  package static func nodes(_ resolved: ResolvedFleet, expanded: Bool) -> FleetGraph {
    var graph = FleetGraph(subject: .nodes, fleet: resolved.fleet.name)
    let isJoined = !expanded && resolved.nodes.count > mostSingleNodes
    let groups = NodeGroups(resolved, isJoined: isJoined)
    graph.vertices = groups.members.map { vertex($0, groups, resolved) }
    var connections = Connections(resolved, groups)
    connections.collect()
    graph.isTooLarge = connections.edges.isTooLarge
    graph.edges = connections.edges.sorted
    graph.notes = connections.notes
    return graph
  }

  private static func vertex(
    _ members: [Int],
    _ groups: NodeGroups,
    _ resolved: ResolvedFleet
  ) -> Vertex {
    let nodes = members.map { resolved.nodes[$0] }
    let own = groups.instances[members[0]].filter { !$0.automatic }
    let first = nodes[0].id.name
    let last = nodes[nodes.count - 1]
    let isOne = nodes.count == 1
    let title = isOne ? first : "\(first) … \(last.id)"
    let address = isOne ? nodes[0].address.value : "\(nodes.count) nodes"
    let roles = own.map(\.role.name)
    let rest = nodes[0].reserved ? ["in reserve"] : roles.isEmpty ? ["no role of its own"] : roles
    let tones = Set(own.map(\.role.tone)).subtracting([.shared])
    var vertex = Vertex(
      id: isOne ? first : "\(first)..\(last.id)",
      title: title,
      lines: [address] + rest,
      tone: tones.count == 1 ? tones.first ?? .mixed : tones.isEmpty ? .shared : .mixed
    )
    vertex.isFaint = nodes[0].reserved
    vertex.nodes = nodes.map(\.id.name)
    vertex.roles = groups.instances[members[0]].map(\.role.name)
    return vertex
  }
}

/// Which nodes share a box.
struct NodeGroups {
  /// The nodes of each box, by index into the fleet's nodes.
  private(set) var members: [[Int]] = []
  /// The box of each node.
  private(set) var group: [Int] = []
  /// The roles on each node.
  private(set) var instances: [[RoleInstance]]

  init(_ resolved: ResolvedFleet, isJoined: Bool) {
    instances = Array(repeating: [], count: resolved.nodes.count)
    for instance in resolved.instances { instances[instance.nodeIndex].append(instance) }
    var known: [String: Int] = [:]
    for index in resolved.nodes.indices {
      let names = instances[index].map(\.role.name).sorted().joined(separator: " ")
      let key = isJoined ? "\(resolved.nodes[index].reserved) \(names)" : "\(index)"
      let box = known[key] ?? members.count
      if box == members.count {
        known[key] = box
        members.append([])
      }
      members[box].append(index)
      group.append(box)
    }
  }
}

/// Collects the connections between machines.
private struct Connections {
  let resolved: ResolvedFleet
  let groups: NodeGroups
  var edges = EdgeCollection()
  /// Boxes and ports of all providers of an endpoint: the same for every consumer that has none of
  /// its own.
  private var providers: [String: [(box: Int, port: Int)]] = [:]
  private var told: [String: Told] = [:]

  private struct Told {
    let from: String
    let to: String
    var ports: Set<Int> = []
  }

  init(_ resolved: ResolvedFleet, _ groups: NodeGroups) {
    self.resolved = resolved
    self.groups = groups
  }

  var notes: [String] {
    told.values.sorted { ($0.from, $0.to) < ($1.from, $1.to) }.map { told in
      let ports = told.ports.sorted().map { ":\($0)" }.joined(separator: " ")
      return "\(told.from) connects to \(told.to) \(ports)"
    }
  }

  mutating func collect() {
    for instance in resolved.instances {
      for dependency in instance.dependencies where !dependency.isLocal {
        guard let endpoint = dependency.endpoint else { continue }
        collect(instance, dependency, endpoint)
        if edges.isTooLarge { return }
      }
    }
  }

  private mutating func collect(
    _ instance: RoleInstance,
    _ dependency: ResolvedDependency,
    _ endpoint: String
  ) {
    let box = groups.group[instance.nodeIndex]
    let targets = targets(of: dependency, endpoint)
    let isEverywhere =
      instance.role.isEverywhere
      || resolved.registry.role(dependency.role)?.isEverywhere ?? false
    let isImplied = isEverywhere && resolved.nodes.count > 2
    if isImplied, !targets.isEmpty { tell(instance.role, dependency.role, targets) }
    for target in targets where target.box != box || groups.members[box].count > 1 {
      edges.add(
        from: box,
        to: target.box,
        dependency.isHard ? .hard : .soft,
        port: target.port,
        isImplied: isImplied
      )
    }
  }

  private mutating func targets(
    of dependency: ResolvedDependency,
    _ endpoint: String
  ) -> [(box: Int, port: Int)] {
    let key = "\(dependency.role)/\(endpoint)"
    if let known = providers[key] { return known }
    var seen: Set<[Int]> = []
    var found: [(box: Int, port: Int)] = []
    for provider in dependency.providers {
      let instance = resolved.instances[provider]
      guard let port = instance.port(endpoint)?.number else { continue }
      let box = groups.group[instance.nodeIndex]
      if seen.insert([box, port]).inserted { found.append((box, port)) }
    }
    providers[key] = found
    return found
  }

  private mutating func tell(
    _ consumer: Role,
    _ provider: String,
    _ targets: [(box: Int, port: Int)]
  ) {
    let from = consumer.isEverywhere ? "\(consumer.name) on every node" : consumer.name
    let isEvery = resolved.registry.role(provider)?.isEverywhere ?? false
    let to = isEvery ? "\(provider) on every node" : provider
    told["\(from) \(to)", default: Told(from: from, to: to)].ports.formUnion(targets.map(\.port))
  }
}
