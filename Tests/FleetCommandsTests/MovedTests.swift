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
