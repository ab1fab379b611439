import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetTestSupport
import FleetView
import Testing

/// docs/events.md and the code name the same types.
@Suite struct EventTypeTests {
  @Test func theTableOfTheDocumentIsTheListOfTheCode() throws {
    let text = try #require(SourceTree.text(at: SourceTree.root + "/docs/events.md"))
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
    let named = rows.compactMap { row in row.split(separator: "`").dropFirst().first }
    #expect(named.map(String.init) == EventType.allCases.map(\.rawValue))
  }

  @Test func workOnAnAddressBeginsOnceAndOnlyWhereItWasPlanned() throws {
    var events = RunEvents(run: "r")
    _ = events.plan(SamplePlan.file, at: "t")
    let address = try #require(SamplePlan.plan.changes.first).address.description
    let told = events.began(address, stage: "files", at: "t")
    let first = try #require(told)
    let line = try JSONValue(parsing: Array(first.utf8))
    #expect(line["type"]?.string == "apply_start")
    #expect(line["stage"]?.string == "files")
    let again = events.began(address, stage: "wave 0", at: "t")
    #expect(again == nil)
    let foreign = events.began("node.x/file:/none", stage: "files", at: "t")
    #expect(foreign == nil)
  }

  @Test func whatWasToldWhenItHappenedIsNotToldAgainWithThePlan() throws {
    let node = try #require(SamplePlan.plan.nodes.first { $0.failedStep == nil }).id.name
    func count(_ told: (inout RunEvents) -> Void) throws -> [String?] {
      var events = RunEvents(run: "r")
      told(&events)
      return try events.plan(SamplePlan.file, at: "t")
        .map { try JSONValue(parsing: Array($0.utf8)) }
        .filter { $0["node"]?.string == node && $0["type"]?.string?.hasPrefix("refresh") ?? false }
        .map { $0["type"]?.string }
    }
    #expect(try count { _ in } == ["refresh_complete"])
    #expect(try count { _ = $0.look(node, failed: nil, milliseconds: 1, at: "t") } == [])
    let lost = try count { events in
      _ = events.look(node, failed: ("login", "no"), milliseconds: 1, at: "t")
    }
    #expect(lost == ["refresh_complete"])
  }

  @Test func theSummaryNamesPlanNodesAndWaves() throws {
    var events = RunEvents(run: "r")
    let lines = events.plan(SamplePlan.file, at: "t")
    let last = try #require(lines.last)
    let line = try JSONValue(parsing: Array(last.utf8))
    #expect(line["type"]?.string == "change_summary")
    #expect(line["plan_digest"]?.string == SamplePlan.file.digest)
    #expect(line["nodes"]?.int == SamplePlan.plan.nodes.count)
    #expect(line["waves"]?.int != nil)
  }
}
