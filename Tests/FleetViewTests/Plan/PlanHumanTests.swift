import FleetModel
import FleetPlan
import FleetResources
import FleetTestSupport
import FleetView
import Testing

@Suite struct PlanHumanTests {
  @Test func aPlanIsShownAsAgreed() {
    expectGolden(PlanHuman(SamplePlan.file).rendered(), "plan.txt")
  }

  @Test func whatShowPrintsIsWhatPlanPrinted() throws {
    let back = try PlanFile(parsing: SamplePlan.file.bytes)
    #expect(PlanHuman(back).rendered() == PlanHuman(SamplePlan.file).rendered())
  }

  @Test func withoutColourNoByteDrivesATerminal() {
    let text = PlanHuman(SamplePlan.file).rendered()
    #expect(!text.utf8.contains(0x1B))
    var options = PlanHuman.Options()
    options.color = true
    let coloured = PlanHuman(SamplePlan.file, options: options).rendered()
    #expect(coloured.contains("\u{1B}[32m+\u{1B}[0m"))
    #expect(!coloured.contains("\u{1B}[2J"), "remote text never drives the terminal")
  }

  @Test func equalDiffsAreShownOnce() {
    var options = PlanHuman.Options()
    options.isExpanded = true
    let text = PlanHuman(SamplePlan.file, options: options).rendered()
    #expect(text.split(separator: "worker_connections 2048").count == 2)
    #expect(text.contains("the same diff as on node.web-1"))
  }

  @Test func createdFilesAreShownOnRequest() {
    #expect(!PlanHuman(SamplePlan.file).rendered().contains("+listen 80;"))
    var options = PlanHuman.Options()
    options.showsCreated = true
    #expect(PlanHuman(SamplePlan.file, options: options).rendered().contains("+listen 80;"))
  }

  @Test func nothingToDoIsSaidInSoManyWords() {
    var plan = SamplePlan.plan
    plan.changes = []
    plan.notes = []
    plan.nodes.removeAll { !$0.isReachable }
    for index in plan.nodes.indices { plan.nodes[index].packageClosure = [] }
    #expect(
      PlanHuman(PlanFile(plan)).rendered() == """
        Plan for fleet "edge" (4 nodes, 0 with changes)

        No changes. The nodes match fleet.yaml.

        """
    )
  }

  @Test func anUnreachableNodeNeverCountsAsMatching() {
    var plan = SamplePlan.plan
    plan.changes = []
    plan.notes = []
    let text = PlanHuman(PlanFile(plan)).rendered()
    #expect(text.hasSuffix("No changes on the 4 of 5 nodes that answered (1 unreachable).\n"))
    #expect(!text.contains("match fleet.yaml"))
  }
}
