import FleetApply
import FleetModel
import FleetPlan
import FleetResources
import Testing

/// What the node says wins over what its steps said.
@Suite struct AddressEndingTests {
  private typealias Kind = AddressEnding.Kind

  @Test func whatIsStillToDoIsNotDoneThoughItsStepSaidSo() throws {
    let endings = try endings(.changed, changed: ["a", "b"], open: ["b"])
    #expect(endings.map(\.kind) == [Kind.done, .failed, .done])
    #expect(endings[1].why == "it is still to create after the apply")
  }

  @Test func whatStayedIsNotRolledBackAndWhatWentBackIsNotDone() throws {
    let endings = try endings(
      .rolledBack,
      changed: ["a", "b"],
      failed: ["c"],
      open: ["b", "c"]
    )
    #expect(endings.map(\.kind) == [Kind.done, .rolledBack, .failed])
    #expect(endings[1].why == "node.n/file:c failed")
  }

  @Test func withoutALookAtTheNodeNothingIsKnown() throws {
    let endings = try endings(.changed, changed: ["a", "b", "c"], open: nil)
    #expect(endings.map(\.kind) == [Kind.unknown, .unknown, .unknown])
  }

  @Test func anUnknownOutcomeLeavesOnlyWhatWasNeverBegunAsSkipped() throws {
    let endings = try endings(.unknown, changed: ["a"], skipped: ["c"], open: [])
    #expect(endings.map(\.kind) == [Kind.unknown, .unknown, .skipped])
  }

  @Test func anUnreachableNodeSkipsAllAndSaysWhy() throws {
    let endings = try endings(.unreachable, open: [])
    #expect(endings.map(\.kind) == [Kind.skipped, .skipped, .skipped])
    #expect(Set(endings.map(\.why)) == ["the node cannot be reached"])
  }

  @Test func whatNobodyTriedNamesItsBlocker() throws {
    let endings = try endings(.failed, failed: ["a"], open: ["a", "b", "c"])
    #expect(endings.map(\.kind) == [Kind.failed, .skipped, .skipped])
    #expect(endings[2].why == "node.n/file:a failed")
  }

  private func endings(
    _ outcome: NodeResult.Outcome,
    changed: [String] = [],
    failed: [String] = [],
    skipped: [String] = [],
    open: [String]?
  ) throws -> [AddressEnding] {
    let id = try #require(NodeID("n"))
    let changes = ["a", "b", "c"].map { name in
      PlannedChange(
        ResourceAddress(id, .file, name),
        role: "r",
        actions: [.create],
        label: .intent,
        phase: .configure
      )
    }
    func full(_ name: String) -> String { "node.n/file:\(name)" }
    var result = NodeResult(node: id, outcome: outcome)
    result.changed = changed.map(full)
    result.failed = failed.map { .init(address: full($0), why: "no") }
    result.skipped = skipped.map { .init(address: full($0), why: "blocked") }
    return AddressEnding.all(of: changes, result, stillOpen: open.map { Set($0.map(full)) })
  }
}
