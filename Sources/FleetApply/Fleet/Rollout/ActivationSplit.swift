import FleetModel
import FleetPlan
import FleetResources

/// The part of one node's activation that one pass carries out.
struct ActivationPart: Sendable, Hashable {
  /// Whether files are written first.
  var opens: Bool
  /// The waves, by number.
  var waves: Set<Int>
  /// Whether firewall rules follow: nothing comes after it.
  var closes: Bool

  /// All of it.
  static func whole(_ schedule: NodeSchedule) -> ActivationPart {
    ActivationPart(opens: true, waves: Set(schedule.activate.map(\.number)), closes: true)
  }
}

/// What of the nodes without a rollout goes before the batches, and what after them.
///
/// A wave that needs something of a node whose turn is still to come waits until all had their turns,
/// and with it what follows on its node. Where such a need goes in a circle over batches, turns win.
struct ActivationSplit: Sendable {
  /// Before the first batch.
  private(set) var early: [NodeID: ActivationPart] = [:]
  /// After the last batch.
  private(set) var late: [NodeID: ActivationPart] = [:]

  private let changes: [ResourceAddress: PlannedChange]
  private let held: Set<NodeID>
  private var known: [ResourceAddress: Bool] = [:]

  /// Splits `schedules`; the nodes `held` have their turns between.
  init(_ schedules: [NodeSchedule], held: Set<NodeID>) {
    self.held = held
    changes = Dictionary(
      schedules.flatMap(\.changes).map { ($0.address, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    for schedule in schedules where !held.contains(schedule.node) { split(schedule) }
  }

  private mutating func split(_ schedule: NodeSchedule) {
    guard
      let first = schedule.activate.firstIndex(where: { wave in
        wave.changes.contains { waits($0.address) }
      })
    else {
      early[schedule.node] = .whole(schedule)
      return
    }
    var part = ActivationPart.whole(schedule)
    if first > 0 {
      let waves = Set(schedule.activate[..<first].map(\.number))
      early[schedule.node] = ActivationPart(opens: true, waves: waves, closes: false)
      part.opens = false
      part.waves.subtract(waves)
    }
    late[schedule.node] = part
  }

  /// Whether a change needs, also over others, something that a held node activates.
  private mutating func waits(_ address: ResourceAddress) -> Bool {
    if let answer = known[address] { return answer }
    // A circle of needs adds nothing to the answer.
    known[address] = false
    var answer = false
    for need in changes[address]?.requires ?? [] where !answer {
      guard let change = changes[need] else { continue }
      answer = (held.contains(need.node) && change.isActivation) || waits(need)
    }
    known[address] = answer
    return answer
  }
}
