import FleetModel
import FleetPlan
import FleetResources
import Testing

@testable import FleetCommands

/// What may be carried on of a run, and what only looks like it.
@Suite struct ResumedRunTests {
  func change(
    _ kind: ResourceKind,
    _ name: String,
    _ actions: ActionWord...
  ) throws
    -> PlannedChange
  {
    let node = try #require(NodeID("web"))
    var change = PlannedChange(
      ResourceAddress(node, kind, name),
      role: "nginx",
      actions: actions,
      label: .intent,
      phase: .configure
    )
    change.differences = [Difference("state", before: "absent", after: "0644 root:root")]
    return change
  }

  func plan(_ changes: PlannedChange...) throws -> Plan {
    let node = try #require(NodeID("web"))
    return Plan(
      fleet: "lab",
      options: PlanOptions(),
      nodes: [PlannedNode(id: node, address: "192.0.2.1", roles: ["nginx"])],
      changes: changes,
      diffs: [:],
      notes: []
    )
  }

  @Test func `the rest of what was approved goes on`() throws {
    let file = try change(.file, "/etc/x", .create)
    let unit = try change(.unit, "x.service", .enable, .start)
    let run = ResumedRun(run: "ab", approved: PlanFile(try plan(file, unit)))
    #expect(run.strangers(in: try plan(file, unit)).isEmpty)
    #expect(run.strangers(in: try plan()).isEmpty)
    // Enabled already, and by now it only wants a restart.
    #expect(run.strangers(in: try plan(try change(.unit, "x.service", .restart))).isEmpty)
  }

  @Test func `what was not approved, or is another change of the same thing, is refused`() throws {
    let file = try change(.file, "/etc/x", .create)
    let run = ResumedRun(run: "ab", approved: PlanFile(try plan(file)))
    var other = file
    other.differences = [Difference("state", before: "absent", after: "0600 root:root")]
    let line = "node.web moved, or fleet.yaml asks for something else: node.web/file:/etc/x"
    #expect(run.strangers(in: try plan(other)) == [line])
    #expect(run.strangers(in: try plan(try change(.file, "/etc/x", .delete))) == [line])
    #expect(
      run.strangers(in: try plan(file, try change(.unit, "x.service", .restart))) == [
        "node.web moved, or fleet.yaml asks for something else: node.web/unit:x.service"
      ]
    )
  }

  @Test func `another run over the node is refused`() throws {
    let file = PlanFile(try plan(try change(.file, "/etc/x", .create)))
    let later = ResumedRun(run: "ab", approved: file, later: ["web": "cd"], recorded: ["web"])
    #expect(later.strangers(in: file.plan) == ["node.web: run cd went over it since"])
    var fresh = file.plan
    fresh.nodes[0].generation = 7
    #expect(
      ResumedRun(run: "ab", approved: file).strangers(in: fresh) == [
        "node.web: another apply went over it since"
      ]
    )
    // The run itself recorded what it did.
    #expect(
      ResumedRun(run: "ab", approved: file, recorded: ["web"]).strangers(in: fresh).isEmpty
    )
  }
}
