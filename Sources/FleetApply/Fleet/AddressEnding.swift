package import FleetModel
package import FleetPlan
internal import FleetResources

/// How one planned address ended: exactly one for each, whatever happened.
package struct AddressEnding: Sendable, Hashable {
  /// The five ways to end.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// It is as planned.
    case done
    /// It is not as planned, and was tried.
    case failed
    /// It was not tried.
    case skipped
    /// It was done and is again as it was before.
    case rolledBack = "rolled back"
    /// Nobody can say.
    case unknown
  }

  /// The node.
  package let node: NodeID
  /// The address as in the plan.
  package let address: String
  /// How it ended.
  package let kind: Kind
  /// What failed, what it was skipped for, why it went back; empty when done.
  package let why: String

  /// Makes an ending.
  package init(node: NodeID, address: String, kind: Kind, why: String = "") {
    self.node = node
    self.address = address
    self.kind = kind
    self.why = why
  }

  /// Returns one ending for each executed change of a node, in plan order.
  ///
  /// `stillOpen` holds the addresses that a plan over the last look at the node would still execute;
  /// nil when the node was not read back. What the node says wins over what its steps said: nothing
  /// counts as done that is still to do, and nothing as rolled back that stayed.
  package static func all(
    of changes: [PlannedChange],
    _ result: NodeResult,
    stillOpen: Set<String>?
  ) -> [AddressEnding] {
    let failed = first(result.failed)
    let skipped = first(result.skipped)
    let cause = result.failed.first.map { "\($0.address) failed" } ?? "the run ended before it"
    return changes.filter(\.action.isExecuted).map { change in
      let address = change.address.description
      func ending(_ kind: Kind, _ why: String = "") -> AddressEnding {
        AddressEnding(node: result.node, address: address, kind: kind, why: why)
      }
      if result.outcome == .moved {
        return ending(.skipped, skipped[address] ?? "the node moved since the plan")
      }
      if result.outcome == .unreachable {
        return ending(.skipped, skipped[address] ?? "the node cannot be reached")
      }
      if result.outcome == .skipped {
        return ending(.skipped, skipped[address] ?? "something that it needs was left out")
      }
      if result.outcome == .frozen { return ending(.skipped, "the node is frozen") }
      guard let stillOpen, result.outcome != .unknown else {
        if let why = skipped[address], failed[address] == nil { return ending(.skipped, why) }
        return ending(.unknown, failed[address] ?? cause)
      }
      if let why = failed[address] { return ending(.failed, why) }
      guard stillOpen.contains(address) else { return ending(.done) }
      if let why = skipped[address] { return ending(.skipped, why) }
      if result.outcome == .rolledBack, result.changed.contains(address) {
        return ending(.rolledBack, cause)
      }
      if result.changed.contains(address) {
        return ending(.failed, "it is still to \(change.action.rawValue) after the apply")
      }
      return ending(.skipped, cause)
    }
  }

  private static func first(_ shortfalls: [NodeResult.Shortfall]) -> [String: String] {
    Dictionary(shortfalls.map { ($0.address, $0.why) }, uniquingKeysWith: { first, _ in first })
  }
}

/// How many addresses ended how.
package struct EndingCounts: Sendable, Hashable {
  /// As planned.
  package var done = 0
  /// Tried and not as planned.
  package var failed = 0
  /// Not tried.
  package var skipped = 0
  /// As before the run again.
  package var rolledBack = 0
  /// Nobody can say.
  package var unknown = 0

  /// Counts endings.
  package init(_ endings: [AddressEnding]) {
    for ending in endings {
      switch ending.kind {
      case .done: done += 1
      case .failed: failed += 1
      case .skipped: skipped += 1
      case .rolledBack: rolledBack += 1
      case .unknown: unknown += 1
      }
    }
  }
}
