internal import FleetRegistry

/// Sorts the instances into waves: what others need starts first.
enum OrderResolution {
  /// Reporting more circles than these helps nobody.
  private static let mostCycles = 8

  static func resolve(_ resolved: inout ResolvedFleet) {
    let count = resolved.instances.count
    var graph = StartOrder(count: count)
    var bundles: [String: Int] = [:]
    for (index, instance) in resolved.instances.enumerated() {
      for dependency in instance.dependencies where dependency.isOrdered {
        // Peers of one role do not wait for each other.
        guard dependency.role != instance.profile.role.name else { continue }
        if dependency.providers.count == 1 {
          graph.add(dependency.providers[0], before: index)
        } else if !dependency.providers.isEmpty {
          graph.add(bundle(dependency, &graph, &bundles), before: index)
        }
      }
    }
    let weightless = Set(count..<graph.before.count)
    let levels = graph.levels(weightless: weightless)
    resolved.orderedIndices = waves(levels.prefix(count))
    resolved.cycles = cycles(graph, levels, count: count)
  }

  /// One vertex stands for all providers of an endpoint, so that many consumers of many providers
  /// cost their sum in edges, not their product.
  private static func bundle(
    _ dependency: ResolvedDependency,
    _ graph: inout StartOrder,
    _ bundles: inout [String: Int]
  ) -> Int {
    let key = "\(dependency.role)/\(dependency.endpoint ?? "")"
    if let vertex = bundles[key] { return vertex }
    let vertex = graph.addVertex()
    for provider in dependency.providers { graph.add(provider, before: vertex) }
    bundles[key] = vertex
    return vertex
  }

  /// Instances that wait in a circle come last; the fleet is refused anyway.
  private static func waves(_ levels: some Collection<Int?>) -> [[Int]] {
    let known = levels.compactMap { $0 }
    let last = (known.max() ?? -1) + 1
    let hasStuck = known.count < levels.count
    var waves: [[Int]] = Array(repeating: [], count: hasStuck ? last + 1 : last)
    for (index, level) in levels.enumerated() { waves[level ?? last].append(index) }
    return waves.filter { !$0.isEmpty }
  }

  private static func cycles(_ graph: StartOrder, _ levels: [Int?], count: Int) -> [[Int]] {
    var cycles: [[Int]] = []
    var graph = graph
    var levels = levels
    while cycles.count < mostCycles, let cycle = graph.cycle(levels: levels) {
      cycles.append(cycle.filter { $0 < count })
      guard let first = cycle.first else { break }
      // Cut this circle open to find the next one.
      graph.release(first)
      levels = graph.levels()
    }
    return cycles
  }
}

extension StartOrder {
  /// Lets a vertex wait for nothing any more.
  mutating func release(_ vertex: Int) {
    before[vertex] = []
  }
}
