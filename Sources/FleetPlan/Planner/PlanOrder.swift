internal import FleetDigest
internal import FleetModel
internal import FleetResources

/// Puts the changes of all nodes into the order of apply and takes the check-indexes.
enum PlanOrder {
  static func settle(_ drafts: inout [NodeDraft]) {
    let waves = Waves(drafts)
    for index in drafts.indices {
      var order = NodeOrder(drafts[index], waves)
      drafts[index].changes = order.sorted()
      drafts[index].node.digest = checkIndex(drafts[index])
    }
  }

  /// Digest over what is done and over the states before and after.
  private static func checkIndex(_ draft: NodeDraft) -> String {
    var text = ""
    for change in draft.changes {
      let actions = change.actions.map(\.rawValue).joined(separator: ",")
      text += "\(change.address)\u{0}\(actions)\u{0}\(change.label.rawValue)\u{0}"
      text += (draft.states[change.address] ?? "") + "\u{0}\(change.diff ?? "")\n"
    }
    return SHA256.hex(Array(text.utf8))
  }
}

/// Waves across the fleet: nothing is activated before what it needs.
struct Waves {
  private var waves: [ResourceAddress: Int] = [:]

  init(_ drafts: [NodeDraft]) {
    var own: [ResourceAddress: Int] = [:]
    var needs: [ResourceAddress: [ResourceAddress]] = [:]
    for draft in drafts {
      needs.merge(draft.requirements) { first, _ in first }
      for change in draft.changes where change.phase == .activate {
        own[change.address] = change.wave
      }
    }
    var visiting: Set<ResourceAddress> = []
    for address in own.keys { _ = settle(address, own, needs, &visiting) }
  }

  subscript(_ address: ResourceAddress) -> Int? { waves[address] }

  /// Deep chains of needs do not occur: the graph is one of roles, at most some dozens long.
  private mutating func settle(
    _ address: ResourceAddress,
    _ own: [ResourceAddress: Int],
    _ needs: [ResourceAddress: [ResourceAddress]],
    _ visiting: inout Set<ResourceAddress>
  ) -> Int {
    if let known = waves[address] { return known }
    guard visiting.insert(address).inserted else { return 0 }
    defer { visiting.remove(address) }
    var wave = own[address] ?? 0
    for need in needs[address] ?? [] where [.unit, .database, .step].contains(need.kind) {
      wave = max(wave, settle(need, own, needs, &visiting))
    }
    waves[address] = wave
    return wave
  }
}

/// Order of the changes of one node: by phase and wave, needs first, else by kind and name.
struct NodeOrder {
  private var changes: [PlannedChange]
  private let requirements: [ResourceAddress: [ResourceAddress]]
  private var position: [ResourceAddress: Int] = [:]

  init(_ draft: NodeDraft, _ waves: Waves) {
    requirements = draft.requirements
    changes = draft.changes.sorted { $0.address < $1.address }
    for index in changes.indices where changes[index].phase == .activate {
      changes[index].wave = waves[changes[index].address] ?? changes[index].wave
    }
    for index in changes.indices where changes[index].phase != .activate { changes[index].wave = 0 }
    for (index, change) in changes.enumerated() { position[change.address] = index }
  }

  /// Returns the changes in order, with the needs of each reduced to what is in the plan.
  mutating func sorted() -> [PlannedChange] {
    for index in changes.indices {
      let needs = reachable(from: changes[index].address) + changes[index].requires
      changes[index].requires = Set(needs).subtracting([changes[index].address]).sorted()
    }
    promoteBuildInputs()
    let ranks = changes.map { rank($0) }
    let order = changes.indices.sorted { left, right in
      if ranks[left] != ranks[right] { return ranks[left].lexicographicallyPrecedes(ranks[right]) }
      return changes[left].address < changes[right].address
    }
    var done: Set<Int> = []
    var result: [PlannedChange] = []
    for index in order { visit(index, ranks, &done, &result) }
    return result
  }

  /// Changes that `address` needs, seen through resources that are in sync.
  private func reachable(from address: ResourceAddress) -> [ResourceAddress] {
    var found: [ResourceAddress] = []
    var seen: Set<ResourceAddress> = [address]
    var pending = requirements[address] ?? []
    while let next = pending.popLast() {
      guard seen.insert(next).inserted else { continue }
      if position[next] != nil || next.node != address.node {
        found.append(next)
      } else {
        pending += requirements[next] ?? []
      }
    }
    return found
  }

  /// A file that a build needs is written before it, not with the others.
  private mutating func promoteBuildInputs() {
    for change in changes where change.phase == .build || change.phase == .sources {
      for need in change.requires {
        guard let index = position[need], changes[index].phase == .configure else { continue }
        changes[index].phase = .sources
      }
    }
  }

  private func rank(_ change: PlannedChange) -> [Int] {
    let phase = PlanPhase.allCases.firstIndex(of: change.phase) ?? 0
    return [phase, change.wave, group(change)]
  }

  /// Order of kinds within one phase.
  private func group(_ change: PlannedChange) -> Int {
    switch (change.phase, change.address.kind) {
    case (.certificates, _): change.address.name == "authority" ? 0 : 1
    case (.retire, .unit): 0
    // Folders after what is in them, the deepest first.
    case (.retire, .dir): 1000 - min(900, change.address.name.utf8.count { $0 == 0x2F })
    case (.retire, _): 1
    case (.activate, .database): change.address.name.hasPrefix("role/") ? 1 : 2
    case (.activate, .step): 3
    case (.activate, .unit): servesDatabase(change.address) ? 0 : 4
    // Every way in is open before the rest is shut.
    case (.firewall, _): change.action == .create ? 0 : change.action == .delete ? 2 : 1
    default: 1
    }
  }

  private func servesDatabase(_ unit: ResourceAddress) -> Bool {
    unit.name.hasPrefix("postgresql")
      || changes.contains { $0.address.kind == .database && $0.requires.contains(unit) }
  }

  /// Depth first over needs of the same phase and wave, so that each comes before its user.
  private func visit(
    _ index: Int,
    _ ranks: [[Int]],
    _ done: inout Set<Int>,
    _ result: inout [PlannedChange]
  ) {
    guard done.insert(index).inserted else { return }
    for need in changes[index].requires {
      guard let other = position[need], changes[other].phase == changes[index].phase,
        ranks[other][1] <= ranks[index][1]
      else { continue }
      visit(other, ranks, &done, &result)
    }
    result.append(changes[index])
  }
}
