package import FleetModel
internal import FleetResources

/// Finds out which nodes a rollout has, in which order, and which of them are down.
package enum RolloutPlanner {
  /// Returns the rollouts of a plan, by role.
  ///
  /// A role that one node carries needs none. `downs` says of each node which roles are down there and why.
  static func rollouts(
    _ policies: [String: RolloutPolicy],
    _ changes: [PlannedChange],
    _ nodes: [NodeInput],
    _ downs: [NodeID: [String: String]]
  ) -> [PlannedRollout] {
    guard !policies.isEmpty else { return [] }
    let changed = Set(changes.filter(\.isActivation).map(\.address.node))
    let order = RolloutOrder(changes)
    return policies.sorted { $0.key < $1.key }.compactMap { role, policy in
      let carriers = nodes.filter { $0.roles.contains(role) }
      let turns = order.sorted(carriers.map(\.id).filter { changed.contains($0) })
      guard carriers.count > 1, !turns.isEmpty else { return nil }
      var rollout = PlannedRollout(
        role: role,
        carriers: carriers.count,
        nodes: turns,
        down: carriers.compactMap { node in
          downs[node.id]?[role].map { .init(node: node.id, why: $0) }
        },
        policy
      )
      // Where no healthy node may be touched, those that are down have the first turns.
      if let most = rollout.maxUnavailable, rollout.down.count >= most {
        let down = Set(rollout.down.map(\.node))
        rollout.nodes = turns.filter { down.contains($0) } + turns.filter { !down.contains($0) }
      }
      return rollout
    }
  }

  /// Returns the nodes of `inputs` on which `role` is wanted and does not run.
  package static func down(_ role: String, _ inputs: [NodeInput]) -> [PlannedRollout.Down] {
    inputs.filter { $0.roles.contains(role) }.sorted { $0.id < $1.id }.compactMap { input in
      whyDown(role, input).map { .init(node: input.id, why: $0) }
    }
  }

  /// Returns why `role`, which is wanted on the node, does not run there; nil when it does.
  static func whyDown(_ role: String, _ input: NodeInput) -> String? {
    switch input.observation {
    case .unreachable(let step, _, _): return "it cannot be reached (\(step))"
    case .observed(let observed):
      let units = input.resources.filter { $0.role == role && $0.address.kind == .unit }
      for resource in units.sorted(by: { $0.address < $1.address }) {
        guard case .unit(let unit) = resource.spec, unit.state == .started,
          let seen = observed.units[unit.name]
        else { continue }
        if let state = state(seen) { return "\(unit.name) is \(state)" }
      }
      return nil
    }
  }

  private static func state(_ seen: Fact<ObservedUnit>) -> String? {
    switch seen {
    case .absent: "not there"
    case .unknown: nil
    case .value(let unit): unit.isUp ? nil : unit.activeState
    }
  }
}

/// The order in which nodes have their turn: what others need first, else by id.
package struct RolloutOrder: Sendable {
  private var needs: [NodeID: Set<NodeID>] = [:]
  private var depths: [NodeID: Int] = [:]

  /// Finds the order of the nodes of `changes`, each of which names what it needs on other nodes.
  package init(_ changes: [PlannedChange]) {
    let planned = Set(changes.filter(\.isActivation).map(\.address))
    for change in changes where change.isActivation {
      for need in change.requires where need.node != change.address.node && planned.contains(need) {
        needs[change.address.node, default: []].insert(need.node)
      }
    }
    var open: Set<NodeID> = []
    for node in needs.keys.sorted() { _ = settle(node, &open) }
  }

  /// Nodes that need each other count as equal.
  private mutating func settle(_ node: NodeID, _ open: inout Set<NodeID>) -> Int {
    if let known = depths[node] { return known }
    guard open.insert(node).inserted else { return 0 }
    var depth = 0
    for need in (needs[node] ?? []).sorted() { depth = max(depth, settle(need, &open) + 1) }
    open.remove(node)
    depths[node] = depth
    return depth
  }

  /// Returns the nodes that must have had their turn before `node`; none in a circle of needs.
  package func needs(of node: NodeID) -> Set<NodeID> {
    let depth = depths[node] ?? 0
    return (needs[node] ?? []).filter { (depths[$0] ?? 0) < depth }
  }

  /// Returns `nodes` in the order of their turns.
  package func sorted(_ nodes: [NodeID]) -> [NodeID] {
    nodes.sorted { left, right in
      let (first, second) = (depths[left] ?? 0, depths[right] ?? 0)
      return first == second ? left < right : first < second
    }
  }
}
