internal import FleetModel
internal import FleetRegistry

/// Which instances offer which endpoint.
struct ProviderIndex: Sendable {
  /// Role, then endpoint (empty: the role's presence), to indices of instances in node order.
  private var indices: [String: [String: [Int]]] = [:]

  init(_ placement: Placement) {
    for (role, all) in placement.indicesByRole {
      indices[role] = Self.byEndpoint(all, placement)
    }
  }

  private static func byEndpoint(_ all: [Int], _ placement: Placement) -> [String: [Int]] {
    var byEndpoint: [String: [Int]] = ["": all]
    // Equal instances, which is what most roles have, offer the same: one list serves for all.
    let first = placement.slots[all[0]].profile
    let isOne = all.allSatisfy { placement.slots[$0].profile == first }
    for index in isOne ? [all[0]] : all {
      for state in placement.profile(at: index).ports where state.number != nil {
        if isOne {
          byEndpoint[state.port.name] = all
        } else {
          byEndpoint[state.port.name, default: []].append(index)
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
struct ConsumerIndex: Sendable {
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
///
/// Everything but the numbers of nodes and instances follows from the profiles on a node, so it is found
/// once for each set of profiles, not once a node.
struct DependencyResolution: Sendable {
  /// The answer to a need of a profile, before the consumer's node is looked at.
  private struct Answer {
    let need: RoleProfile.StatedNeed
    /// The chosen role.
    let role: String
    /// Its instances that offer the endpoint.
    let providers: [Int]
    /// The list of the endpoint's consumers; nil where only presence is needed.
    let slot: Int?
  }

  /// By the numbers of the profiles, then by needs.
  private let answers: [[Answer]]
  /// By sets, then by positions on the node, then by needs: the position of the provider on the node
  /// itself that is the only one; nil where the others of the answer are meant.
  private let locals: [[[Int?]]]
  /// By the numbers of the profiles: whether nobody answers one of its needs.
  let lacksProvider: [Bool]
  /// Who connects to what.
  let consumers: ConsumerIndex

  init(_ placement: Placement) {
    let providers = ProviderIndex(placement)
    var consumers = ConsumerIndex()
    let answers = placement.profiles.map { profile in
      profile.needs.map { Self.answer($0, providers, &consumers) }
    }
    self.answers = answers
    lacksProvider = answers.map { $0.contains { $0.providers.isEmpty } }
    let locals = placement.sets.samples.map {
      Self.locals(on: placement.nodeRanges[$0], answers, placement)
    }
    self.locals = locals
    let remote = placement.sets.samples.enumerated().map { set, node in
      Self.remoteSlots(locals[set], placement.nodeRanges[node], answers, placement)
    }
    if remote.contains(where: { !$0.isEmpty }) {
      for (node, set) in placement.sets.ofNode.enumerated() {
        for slot in remote[set] { consumers.add(node, to: slot) }
      }
    }
    self.consumers = consumers
  }

  /// The needs of the instance at `index` with their answers.
  func dependencies(of index: Int, _ placement: Placement) -> [ResolvedDependency] {
    let slot = placement.slots[index]
    let known = answers[Int(slot.profile)]
    guard !known.isEmpty else { return [] }
    let start = placement.nodeRanges[Int(slot.node)].lowerBound
    let local = locals[placement.sets.ofNode[Int(slot.node)]][index - start]
    return zip(known, local).map { answer, position in
      ResolvedDependency(
        stated: answer.need,
        role: answer.role,
        providers: position.map { [start + $0] } ?? answer.providers,
        isLocal: position != nil
      )
    }
  }

  /// The roles that start before a profile's own, wherever they are.
  func rolesBefore(_ profile: RoleProfile) -> [String] {
    answers[profile.number].compactMap { answer in
      answer.need.need.order && !answer.providers.isEmpty ? answer.role : nil
    }
  }

  private static func answer(
    _ need: RoleProfile.StatedNeed,
    _ providers: ProviderIndex,
    _ consumers: inout ConsumerIndex
  ) -> Answer {
    let (roles, endpoint) = (need.need.roles, need.need.endpoint)
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

  private static func locals(
    on range: Range<Int>,
    _ answers: [[Answer]],
    _ placement: Placement
  ) -> [[Int?]] {
    range.map { index in
      answers[Int(placement.slots[index].profile)].map { answer in
        let own = range.first { placement.profile(at: $0).role.name == answer.role }
        guard let own, answer.providers.containsSorted(own) else { return nil }
        let replicas = placement.profile(at: own).role.placement.replicas
        let reachesAll = replicas == .everyNode || replicas == .everyPythonNode
        // Whoever connects to something that runs everywhere (a node exporter) wants all of them.
        return reachesAll && answer.slot != nil ? nil : own - range.lowerBound
      }
    }
  }

  /// The lists of consumers that a node with these profiles stands in.
  private static func remoteSlots(
    _ locals: [[Int?]],
    _ range: Range<Int>,
    _ answers: [[Answer]],
    _ placement: Placement
  ) -> [Int] {
    var slots: [Int] = []
    for (index, local) in zip(range, locals) {
      for (answer, position) in zip(answers[Int(placement.slots[index].profile)], local) {
        guard let slot = answer.slot, position == nil, !answer.providers.isEmpty else { continue }
        if !slots.contains(slot) { slots.append(slot) }
      }
    }
    return slots
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
