internal import FleetRegistry

/// Sorts the instances into waves: what others need starts first.
struct OrderResolution: Sendable {
  /// Reporting more circles than these helps nobody.
  private static let mostCycles = 8

  /// Indices of instances, wave by wave.
  let waves: [[Int]]
  let cycles: [StartCycle]

  init(_ resolved: ResolvedFleet) {
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
          graph.add(Self.bundle(dependency, &graph, &bundles), before: index)
        }
      }
    }
    let weightless = Set(count..<graph.before.count)
    let levels = graph.levels(weightless: weightless)
    waves = Self.waves(levels.prefix(count))
    cycles = Self.cycles(graph, levels, resolved)
  }

  /// Whether the roles wait for each other in a circle; where they do not, their instances cannot.
  static func mayHaveCycles(_ resolution: Resolution) -> Bool {
    let roles = resolution.placement.indicesByRole.keys.sorted()
    let numbers = Dictionary(uniqueKeysWithValues: roles.enumerated().map { ($1, $0) })
    var graph = StartOrder(count: roles.count)
    for profile in resolution.placement.profiles {
      guard let own = numbers[profile.role.name] else { continue }
      for role in resolution.dependencies.rolesBefore(profile) {
        guard let provider = numbers[role], provider != own else { continue }
        graph.add(provider, before: own)
      }
    }
    return graph.levels().contains { $0 == nil }
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

  /// Equal chains of roles are one finding, however many nodes have them.
  private static func cycles(
    _ graph: StartOrder,
    _ levels: [Int?],
    _ resolved: ResolvedFleet
  ) -> [StartCycle] {
    guard levels.contains(where: { $0 == nil }) else { return [] }
    let names = resolved.instances.map(\.profile.role.name)
    var positions: [[String]: Int] = [:]
    var result: [StartCycle] = []
    var graph = graph
    var isOpen = levels.map { $0 == nil }
    for _ in 0..<mostCycles {
      let found = graph.shortestCycles(among: isOpen, names: names)
      if found.isEmpty { break }
      for cycle in found {
        // Cut it open, so that the next round finds what else goes through the same roles.
        graph.remove(cycle[0], before: cycle[cycle.count - 1])
        let members = cycle.filter { $0 < names.count }
        if let known = positions[members.map { names[$0] }] {
          result[known].repeats += 1
        } else {
          positions[members.map { names[$0] }] = result.count
          result.append(StartCycle(members: members, repeats: 0))
        }
      }
      isOpen = graph.levels().map { $0 == nil }
    }
    return Array(result.prefix(mostCycles))
  }
}
