internal import FleetModel
internal import FleetRegistry

/// Which instances offer which endpoint.
struct ProviderIndex {
  /// Role, then endpoint (empty: the role's presence), to indices of instances in node order.
  private var indices: [String: [String: [Int]]] = [:]

  init(_ resolved: ResolvedFleet) {
    for (role, all) in resolved.indicesByRole {
      indices[role] = Self.byEndpoint(all, resolved)
    }
  }

  private static func byEndpoint(_ all: [Int], _ resolved: ResolvedFleet) -> [String: [Int]] {
    var byEndpoint: [String: [Int]] = ["": all]
    // Equal instances, which is what most roles have, offer the same: one list serves for all.
    let first = resolved.instances[all[0]].profile
    let isOne = all.allSatisfy { resolved.instances[$0].profile === first }
    for index in isOne ? [all[0]] : all {
      for state in resolved.instances[index].profile.ports where state.value.number != nil {
        if isOne {
          byEndpoint[state.value.port.name] = all
        } else {
          byEndpoint[state.value.port.name, default: []].append(index)
        }
      }
    }
    return byEndpoint
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
  private var slots: [String: [String: Int]] = [:]
  private var lists: [[Int]] = []

  /// The number of the list for `endpoint` of `role`, for `add`.
  mutating func slot(_ role: String, _ endpoint: String) -> Int {
    if let known = slots[role]?[endpoint] { return known }
    slots[role, default: [:]][endpoint] = lists.count
    lists.append([])
    return lists.count - 1
  }

  /// Adds a node; nodes come in order, so a repeated one is the last.
  mutating func add(_ node: Int, to slot: Int) {
    if lists[slot].last != node { lists[slot].append(node) }
  }

  /// The nodes with a consumer of `endpoint` of `role` elsewhere, in order.
  func nodes(_ role: String, _ endpoint: String) -> [Int] {
    slots[role]?[endpoint].map { lists[$0] } ?? []
  }
}

/// Finds who answers each need.
enum DependencyResolution {
  /// The answer to a need of a profile, before the consumer's node is looked at.
  private struct Answer {
    let need: Boxed<Need>
    /// The chosen role.
    let role: String
    /// Its instances that offer the endpoint.
    let providers: [Int]
    /// The list of the endpoint's consumers; nil where only presence is needed.
    let slot: Int?
  }

  static func resolve(
    _ resolved: inout ResolvedFleet,
    _ providers: ProviderIndex
  ) -> ConsumerIndex {
    var consumers = ConsumerIndex()
    let answers = resolved.profiles.map { profile in
      profile.needs.map { answer($0, providers, &consumers) }
    }
    resolved.lacksProvider = answers.map { $0.contains { $0.providers.isEmpty } }
    for index in resolved.instances.indices {
      let known = answers[resolved.instances[index].profile.number]
      guard !known.isEmpty else { continue }
      let node = resolved.instances[index].nodeIndex
      var dependencies: [ResolvedDependency] = []
      dependencies.reserveCapacity(known.count)
      for answer in known {
        let dependency = dependency(answer, node, resolved)
        if let slot = answer.slot, dependency.isAvailable, !dependency.isLocal {
          consumers.add(node, to: slot)
        }
        dependencies.append(dependency)
      }
      resolved.instances[index].dependencies = dependencies
    }
    return consumers
  }

  private static func answer(
    _ need: Boxed<Need>,
    _ providers: ProviderIndex,
    _ consumers: inout ConsumerIndex
  ) -> Answer {
    let (roles, endpoint) = (need.value.roles, need.value.endpoint)
    // The first role of the list that the fleet has: templates choose by the same order.
    let chosen = roles.first { !providers.instances($0, endpoint).isEmpty }
    let role = chosen ?? roles.first ?? ""
    return Answer(
      need: need,
      role: role,
      providers: providers.instances(role, endpoint),
      slot: endpoint.map { consumers.slot(role, $0) }
    )
  }

  private static func dependency(
    _ answer: Answer,
    _ node: Int,
    _ resolved: ResolvedFleet
  ) -> ResolvedDependency {
    let (role, all) = (answer.role, answer.providers)
    guard let local = localInstance(role, node, resolved), all.containsSorted(local) else {
      return ResolvedDependency(stated: answer.need, role: role, providers: all, isLocal: false)
    }
    let replicas = resolved.instances[local].profile.role.placement.replicas
    let reachesAll = replicas == .everyNode || replicas == .everyPythonNode
    if reachesAll, answer.slot != nil {
      // Whoever connects to something that runs everywhere (a node exporter) wants all of them.
      return ResolvedDependency(stated: answer.need, role: role, providers: all, isLocal: false)
    }
    return ResolvedDependency(stated: answer.need, role: role, providers: [local], isLocal: true)
  }

  private static func localInstance(
    _ role: String,
    _ node: Int,
    _ resolved: ResolvedFleet
  ) -> Int? {
    resolved.nodeRanges[node].first {
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
