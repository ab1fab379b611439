import FleetApply
import FleetModel
import FleetPlan
import FleetResources
import Testing

@testable import FleetCommands

/// The exit codes of DESIGN 11 over what can happen to two nodes at once.
@Suite struct ApplyVerdictTests {
  /// What one node came to: its outcome, and how its two addresses ended.
  struct Ending: Sendable, CustomTestStringConvertible {
    let name: String
    let outcome: NodeResult.Outcome
    let kinds: [AddressEnding.Kind]
    var testDescription: String { name }
  }

  static let fine = Ending(name: "fine", outcome: .changed, kinds: [.done, .done])
  static let same = Ending(name: "same", outcome: .unchanged, kinds: [])
  static let failed = Ending(name: "failed", outcome: .failed, kinds: [.failed, .skipped])
  static let half = Ending(name: "half", outcome: .failed, kinds: [.done, .failed])
  static let back = Ending(name: "back", outcome: .rolledBack, kinds: [.rolledBack, .failed])
  static let kept = Ending(name: "kept", outcome: .rolledBack, kinds: [.done, .failed])
  static let gone = Ending(name: "gone", outcome: .unreachable, kinds: [.skipped, .skipped])
  static let frozen = Ending(name: "frozen", outcome: .frozen, kinds: [.skipped, .skipped])
  static let moved = Ending(name: "moved", outcome: .moved, kinds: [.skipped, .skipped])
  static let waits = Ending(name: "waits", outcome: .skipped, kinds: [.skipped, .skipped])
  static let unknown = Ending(name: "unknown", outcome: .unknown, kinds: [.unknown, .unknown])
  static let stopped = Ending(name: "stopped", outcome: .unchanged, kinds: [.skipped, .skipped])

  static let table: [([Ending], Int32)] = [
    ([fine, fine], 0), ([fine, same], 0), ([same, same], 0), ([fine, failed], 4),
    ([same, failed], 1), ([same, half], 4), ([fine, half], 4), ([fine, back], 4),
    ([same, back], 10), ([back, back], 10), ([same, kept], 10), ([back, failed], 10),
    ([back, half], 4), ([fine, gone], 9), ([same, gone], 9), ([failed, gone], 1),
    ([back, gone], 10), ([half, gone], 4), ([fine, unknown], 13), ([back, unknown], 13),
    ([gone, unknown], 13), ([failed, unknown], 13), ([fine, stopped], 4), ([back, stopped], 10),
    ([same, stopped], 1), ([same, moved], 6), ([moved, moved], 6), ([fine, moved], 4),
    ([moved, gone], 6), ([moved, back], 10), ([moved, unknown], 13),
    ([moved, waits], 6), ([gone, waits], 9), ([frozen, waits], 12), ([half, waits], 4),
    ([back, waits], 10), ([unknown, waits], 13),
    ([fine, frozen], 12), ([back, frozen], 12), ([gone, frozen], 12),
    ([unknown, frozen], 13),
  ]

  @Test(arguments: table)
  func oneStatusForEachCombination(nodes: [Ending], expected: Int32) throws {
    #expect(try verdict(nodes).status.rawValue == expected)
    #expect(try verdict(nodes.reversed()).status.rawValue == expected)
  }

  @Test func detailedExitCodeSaysThatSomethingWasChanged() throws {
    #expect(try verdict([Self.fine, Self.same], isDetailed: true).status == .changes)
    #expect(try verdict([Self.same, Self.same], isDetailed: true).status == .success)
    #expect(try verdict([Self.back, Self.same], isDetailed: true).status == .rolledBack)
    #expect(try verdict([Self.fine, Self.gone], isDetailed: true).status == .unreachable)
  }

  @Test(arguments: [FleetCommands.ExitStatus.interrupted, .terminated])
  func anInterruptIsToldWhereItLeftSomethingUndone(signal: FleetCommands.ExitStatus) throws {
    #expect(try verdict([Self.fine, Self.stopped], interrupt: signal).status == signal)
    #expect(try verdict([Self.back, Self.same], interrupt: signal).status == signal)
    #expect(try verdict([Self.fine, Self.fine], interrupt: signal).status == .success)
    #expect(try verdict([Self.stopped, Self.unknown], interrupt: signal).status == .outcomeUnknown)
  }

  @Test func neverZeroWhileSomethingIsMissing() throws {
    let all = [
      Self.fine, Self.same, Self.failed, Self.half, Self.back, Self.kept, Self.gone, Self.unknown,
      Self.stopped, Self.frozen,
    ]
    for one in all {
      for other in all {
        let verdict = try verdict([one, other])
        let isWhole =
          [one, other].allSatisfy { $0.kinds.allSatisfy { $0 == .done } }
          && [one, other].allSatisfy { $0.outcome == .changed || $0.outcome == .unchanged }
        #expect((verdict.status == .success) == isWhole, "\(one.name) and \(other.name)")
        #expect(verdict.isComplete == isWhole, "\(one.name) and \(other.name)")
        #expect(verdict.reason.isEmpty == isWhole, "\(one.name) and \(other.name)")
      }
    }
  }

  @Test func whatWasRolledBackIsNotCountedAsChanged() throws {
    let counts = try verdict([Self.back, Self.fine]).counts
    #expect(counts.done == 2)
    #expect(counts.rolledBack == 1)
    #expect(counts.failed == 1)
  }

  private func verdict(
    _ nodes: [Ending],
    isDetailed: Bool = false,
    interrupt: FleetCommands.ExitStatus? = nil
  ) throws -> ApplyVerdict {
    var results: [NodeResult] = []
    var endings: [AddressEnding] = []
    for (number, node) in nodes.enumerated() {
      let id = try #require(NodeID("n\(number)"))
      var result = NodeResult(node: id, outcome: node.outcome)
      for (index, kind) in node.kinds.enumerated() {
        let address = "node.\(id)/file:/etc/\(index)"
        endings.append(AddressEnding(node: id, address: address, kind: kind, why: kind.rawValue))
        if kind == .failed { result.failed.append(.init(address: address, why: "no")) }
      }
      results.append(result)
    }
    let plan = Plan(
      fleet: "f",
      options: PlanOptions(),
      nodes: [],
      changes: [],
      diffs: [:],
      notes: []
    )
    return ApplyVerdict(plan, results, endings, isDetailed: isDetailed, interrupt: interrupt)
  }

  @Test func aLockThatIsHeldSaysHowToGoOn() {
    #expect(
      ApplyRun.lockAdvice(["n2", "n1"]) == """
        Nothing was changed. Wait with -lock-timeout 5m. If whoever holds it is gone, see its last words, then:
          fleetctl lock release n1 n2
        Or leave it out and go on with the others:
          fleetctl apply -l 'node notin (n1,n2)'

        """
    )
  }
}
