package import FleetConfig
internal import FleetModel
internal import FleetRegistry

extension FleetGraph {
  /// Returns the waves in which the roles start: a box a role and wave, an arrow from what starts
  /// first to what waits for it.
  ///
  /// Arrows that follow from others are implied and not drawn.
  package static func startOrder(_ resolved: ResolvedFleet) -> FleetGraph {
    var graph = FleetGraph(subject: .startOrder, fleet: resolved.fleet.name)
    var boxes = Array(repeating: 0, count: resolved.instances.count)
    for (wave, indices) in resolved.orderedIndices.enumerated() {
      var known: [String: Int] = [:]
      let sorted = indices.sorted {
        (resolved.instances[$0].role.name, $0) < (resolved.instances[$1].role.name, $1)
      }
      for index in sorted {
        let instance = resolved.instances[index]
        let box = known[instance.role.name] ?? graph.vertices.count
        if box == graph.vertices.count {
          known[instance.role.name] = box
          graph.vertices.append(vertex(instance.role, wave))
        }
        graph.vertices[box].nodes.append(instance.node.id.name)
        boxes[index] = box
      }
    }
    for index in graph.vertices.indices {
      let nodes = graph.vertices[index].nodes
      let isEvery = nodes.count == resolved.nodes.count && nodes.count > 1
      graph.vertices[index].lines = [isEvery ? "every node" : NameList.short(nodes, most: 2)]
    }
    graph.edges = reduced(waits(resolved, boxes), count: graph.vertices.count)
    return graph
  }

  private static func vertex(_ role: Role, _ wave: Int) -> Vertex {
    var vertex = Vertex(
      id: "\(role.name)@\(wave + 1)",
      title: role.name,
      lines: [],
      tone: role.tone
    )
    vertex.wave = wave
    vertex.roles = [role.name]
    return vertex
  }

  private static func waits(_ resolved: ResolvedFleet, _ boxes: [Int]) -> [Edge] {
    var edges = EdgeCollection()
    // All consumers without a provider of their own wait for the same boxes.
    var known: [String: [Int]] = [:]
    for (index, instance) in resolved.instances.enumerated() {
      for dependency in instance.dependencies where dependency.isOrdered {
        guard dependency.role != instance.role.name else { continue }
        var targets: [Int]
        let key = "\(dependency.role)/\(dependency.endpoint ?? "")"
        if dependency.isLocal {
          targets = dependency.providers.map { boxes[$0] }
        } else if let found = known[key] {
          targets = found
        } else {
          targets = Set(dependency.providers.map { boxes[$0] }).sorted()
          known[key] = targets
        }
        for target in targets {
          edges.add(from: target, to: boxes[index], dependency.isHard ? .hard : .soft)
        }
      }
    }
    return edges.sorted
  }

  /// Marks what follows from a longer way (transitive reduction; the graph has no circle, a fleet
  /// with one is refused).
  private static func reduced(_ edges: [Edge], count: Int) -> [Edge] {
    var next: [[Int]] = Array(repeating: [], count: count)
    for edge in edges { next[edge.from].append(edge.to) }
    return edges.map { edge in
      var edge = edge
      edge.isImplied = next[edge.from].contains { $0 != edge.to && reaches($0, edge.to, next) }
      return edge
    }
  }

  private static func reaches(_ start: Int, _ goal: Int, _ next: [[Int]]) -> Bool {
    var seen: Set<Int> = [start]
    var pending = [start]
    while let vertex = pending.popLast() {
      if vertex == goal { return true }
      for successor in next[vertex] where seen.insert(successor).inserted {
        pending.append(successor)
      }
    }
    return false
  }
}
