/// What befalls one run: drawn from the seed, so that a replay has the same.
package struct Faults: Sendable {
  /// Names of what was drawn, for the histogram.
  package private(set) var names: [String] = []
  /// A second operator applies as well: after so many seconds; `reverts` to the version before.
  var second: (after: Int, reverts: Bool, waits: Int)?
  /// Somebody edits a file by hand between plan and lock.
  var drifts = false
  /// Whether that comes after the look under the lock.
  var isLate = false
  private var acts: [Act] = []

  private enum Act {
    case dies(Int), pauses(Int, Int), interrupt(Int), cuts([Int: Cut])
    case sleepsLocked(Int, Int), loses(String, Set<Int>), keeps(String, Set<Int>)
    case power(String, Int), reboot(String, Int), powerAt(String, Int)
    case partition(String, Int, Int), full(String, Int, Int), flaky(Int)
  }

  /// Draws none to three faults.
  static func draw(_ nodes: [String], _ dice: inout Dice) -> Faults {
    var faults = Faults()
    for _ in 0..<dice.pick([0, 1, 1, 1, 1, 2, 2, 3]) { faults.add(nodes, &dice) }
    return faults
  }

  private mutating func add(_ nodes: [String], _ dice: inout Dice) {
    let node = dice.pick(nodes)
    switch dice.below(14) {
    case 0:
      names.append("client killed")
      acts.append(.dies(dice.within(1...(12 * nodes.count))))
    case 1:
      names.append("client stopped")
      acts.append(.pauses(dice.within(1...(12 * nodes.count)), dice.pick([5, 40, 130, 400, 900])))
    case 2:
      names.append("interrupt")
      acts.append(.interrupt(dice.within(3...(10 * nodes.count))))
    case 3:
      names.append("connections cut")
      var cuts: [Int: Cut] = [:]
      for _ in 0..<dice.within(1...6) {
        cuts[dice.within(1...(14 * nodes.count))] = dice.pick(Cut.allCases)
      }
      acts.append(.cuts(cuts))
    case 4:
      names.append("power cut by step")
      acts.append(.power(node, dice.within(1...400)))
    case 5:
      names.append("power cut by time")
      acts.append(.powerAt(node, dice.within(1...90)))
    case 6:
      names.append("reboot")
      acts.append(.reboot(node, dice.within(1...90)))
    case 7:
      names.append("partition")
      acts.append(.partition(node, dice.within(0...40), dice.pick([3, 20, 90, 400, 1200])))
    case 8:
      names.append("second operator")
      second = (dice.within(0...60), dice.chance(40), dice.pick([0, 0, 60, 600]))
    case 9:
      drifts = true
      isLate = dice.chance(50)
      names.append(isLate ? "drift under the lock" : "drift")
    case 10:
      names.append("disk full")
      acts.append(.full(node, dice.within(0...40), dice.within(1...120)))
    case 11:
      // The lease runs out while its holder is stopped, and somebody waits for it.
      names.append("taken over")
      acts.append(.sleepsLocked(dice.within(1...(3 * nodes.count)), dice.within(121...200)))
      second = (dice.within(1...60), dice.chance(60), 600)
    case 12:
      let steps = Set((0..<dice.within(1...2)).map { _ in dice.within(1...20) })
      let isRemoval = dice.chance(50)
      names.append(isRemoval ? "lost removals" : "lost writes")
      // There are few of them.
      acts.append(isRemoval ? .keeps(node, Set(steps.map { ($0 + 4) / 5 })) : .loses(node, steps))
    default:
      names.append("flaky services")
      acts.append(.flaky(dice.within(5...40)))
    }
  }

  /// Whether services may fail although nothing is wrong with them.
  var isFlaky: Bool {
    acts.contains { if case .flaky = $0 { true } else { false } }
  }

  /// Lets them loose.
  func begin(_ world: World, _ nodes: [SimNode], _ client: SimClient) {
    func find(_ name: String) -> SimNode? { nodes.first { $0.name == name } }
    for act in acts {
      switch act {
      case .dies(let exchange): client.diesAt = exchange
      case .pauses(let exchange, let seconds): client.pausesAt = (exchange, seconds)
      case .sleepsLocked(let exchanges, let seconds):
        client.pausesAfterLock = (exchanges, seconds)
      case .loses(let name, let writes):
        if let node = find(name) { node.losesWrites = Set(writes.map { $0 + node.writes }) }
      case .keeps(let name, let removals):
        if let node = find(name) { node.losesRemovals = Set(removals.map { $0 + node.removals }) }
      case .interrupt(let exchange): client.interruptedAt = exchange
      case .cuts(let cuts): client.cuts.merge(cuts) { first, _ in first }
      case .power(let name, let steps):
        if let node = find(name) { node.powerEndsAtStep = node.steps + steps }
      case .powerAt(let name, let seconds):
        let node = find(name)
        world.after(seconds * 1_000_000) { node?.cutPower() }
      case .reboot(let name, let seconds):
        let node = find(name)
        world.after(seconds * 1_000_000) { node?.reboot() }
      case .partition(let name, let start, let seconds):
        let node = find(name)
        world.after(start * 1_000_000) {
          node?.note("nothing gets through for \(seconds) s")
          node?.cutOffUntil = world.now + seconds * 1_000_000
        }
      case .full(let name, let start, let seconds):
        let node = find(name)
        world.after(start * 1_000_000) {
          node?.note("the disk is full for \(seconds) s")
          node?.isFull = true
          world.after(seconds * 1_000_000) { node?.isFull = false }
        }
      case .flaky(let percent):
        for node in nodes { node.flakiness = percent }
      }
    }
  }
}
