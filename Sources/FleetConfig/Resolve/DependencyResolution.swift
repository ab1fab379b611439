internal import FleetRegistry

/// Which instances offer which endpoint.
struct ProviderIndex {
  /// Role, then endpoint (empty: the role's presence), to indices of instances in node order.
  private var indices: [String: [String: [Int]]] = [:]

  init(_ resolved: ResolvedFleet) {
    for (role, all) in resolved.indicesByRole {
      var byEndpoint: [String: [Int]] = ["": all]
      for index in all {
        for state in resolved.instances[index].profile.ports where state.number != nil {
          byEndpoint[state.port.name, default: []].append(index)
        }
      }
      indices[role] = byEndpoint
    }
  }

  /// All instances of `role` that offer `endpoint`; nil asks for the role's presence.
  func instances(_ role: String, _ endpoint: String?) -> [Int] {
    indices[role]?[endpoint ?? ""] ?? []
  }
}

/// Nodes with a consumer, by role and endpoint.
///
/// One list for all instances of the provider: a consumer with a local provider is in none, all others
/// connect to every instance.
struct ConsumerIndex {
  private var nodes: [String: [String: [Int]]] = [:]

  /// Adds a node; nodes come in order, so a repeated one is the last.
  mutating func add(_ node: Int, to role: String, _ endpoint: String) {
    if nodes[role]?[endpoint]?.last == node { return }
    nodes[role, default: [:]][endpoint, default: []].append(node)
  }

  /// The nodes with a consumer of `endpoint` of `role` elsewhere, in order.
  func nodes(_ role: String, _ endpoint: String) -> [Int] { nodes[role]?[endpoint] ?? [] }
}

/// Finds who answers each need.
enum DependencyResolution {
  static func resolve(
    _ resolved: inout ResolvedFleet,
    _ providers: ProviderIndex
  ) -> ConsumerIndex {
    var consumers = ConsumerIndex()
    for index in resolved.instances.indices {
      let instance = resolved.instances[index]
      guard !instance.profile.needs.isEmpty else { continue }
      var dependencies: [ResolvedDependency] = []
      dependencies.reserveCapacity(instance.profile.needs.count)
      for need in instance.profile.needs {
        let dependency = answer(need, instance, resolved, providers)
        if let endpoint = need.endpoint, dependency.isAvailable, !dependency.isLocal {
          consumers.add(instance.nodeIndex, to: dependency.role, endpoint)
        }
        dependencies.append(dependency)
      }
      resolved.instances[index].dependencies = dependencies
    }
    return consumers
  }

  private static func answer(
    _ need: Need,
    _ instance: RoleInstance,
    _ resolved: ResolvedFleet,
    _ providers: ProviderIndex
  ) -> ResolvedDependency {
    // The first role of the list that the fleet has: templates choose by the same order.
    let chosen = need.roles.first { !providers.instances($0, need.endpoint).isEmpty }
    let role = chosen ?? need.roles.first ?? ""
    let all = providers.instances(role, need.endpoint)
    guard let local = localInstance(role, instance, resolved), all.containsSorted(local) else {
      return ResolvedDependency(need: need, role: role, providers: all, isLocal: false)
    }
    let replicas = resolved.instances[local].profile.role.placement.replicas
    let reachesAll = replicas == .everyNode || replicas == .everyPythonNode
    if reachesAll, need.endpoint != nil {
      // Whoever connects to something that runs everywhere (a node exporter) wants all of them.
      return ResolvedDependency(need: need, role: role, providers: all, isLocal: false)
    }
    return ResolvedDependency(need: need, role: role, providers: [local], isLocal: true)
  }

  private static func localInstance(
    _ role: String,
    _ instance: RoleInstance,
    _ resolved: ResolvedFleet
  ) -> Int? {
    resolved.nodeRanges[instance.nodeIndex].first {
      resolved.instances[$0].profile.role.name == role
    }
  }
}

extension [Int] {
  /// Whether the ascending list holds `value`.
  func containsSorted(_ value: Int) -> Bool {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == value
  }
}
