import FleetModel
import FleetPlan
import FleetResources
import Testing

@testable import FleetCommands

@Suite struct MovedTests {
  @Test func aPlanHoldsWhileNothingMoved() throws {
    let plan = try plan(digest: "a", path: "/etc/x")
    #expect(Moved.nodes(plan, plan).isEmpty)
  }

  @Test func aNodeThatMovedIsNamedWithWhatDiffers() throws {
    let moved = Moved.nodes(
      try plan(digest: "a", path: "/etc/x"),
      try plan(digest: "b", path: "/etc/y")
    )
    #expect(moved == ["node.web moved: node.web/file:/etc/x, node.web/file:/etc/y"])
  }

  @Test func anotherMachineWithTheSameContentIsRefused() throws {
    var approved = try plan(digest: "a", path: "/etc/x")
    var fresh = approved
    approved.nodes[0].machine = "m1"
    fresh.nodes[0].machine = "m2"
    #expect(
      Moved.swapped(approved, fresh) == [
        "node.web is another machine than the one that was planned: its machine-id differs"
      ]
    )
    #expect(throws: EarlyEnd.self) { try Moved.refuseSwapped(approved, fresh) }
    // What was not seen is no difference, and a node without changes is not touched.
    fresh.nodes[0].machine = ""
    #expect(Moved.swapped(approved, fresh).isEmpty)
  }

  @Test func anotherApplyAndANewProcessAreMovesThoughTheChangesAreTheSame() throws {
    var approved = try plan(digest: "a", path: "/etc/x")
    var fresh = approved
    approved.nodes[0].generation = 3
    approved.nodes[0].invocations = ["a.service": "i1", "b.service": "j"]
    fresh.nodes[0].generation = 4
    fresh.nodes[0].invocations = ["a.service": "i2"]
    let wanted =
      "node.web moved: another apply went over it (generation 3, now 4), unit:a.service was started anew"
    #expect(Moved.nodes(approved, fresh) == [wanted])
  }

  @Test func aNodeThatLeftTheFleetIsNamed() throws {
    let approved = try plan(digest: "a", path: "/etc/x")
    var fresh = approved
    fresh.nodes = []
    #expect(Moved.nodes(approved, fresh) == ["node.web is no longer in fleet.yaml"])
  }

  private func plan(digest: String, path: String) throws -> Plan {
    let id = try #require(NodeID("web"))
    var node = PlannedNode(id: id, address: "10.0.0.1", roles: [])
    node.digest = digest
    let change = PlannedChange(
      ResourceAddress(id, .file, path),
      role: "r",
      actions: [.create],
      label: .intent,
      phase: .configure
    )
    return Plan(
      fleet: "f",
      options: PlanOptions(),
      nodes: [node],
      changes: [change],
      diffs: [:],
      notes: []
    )
  }
}
