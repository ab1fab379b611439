import FleetApply
import FleetModel
import FleetPlan
import Testing

@testable import FleetCommands

/// What people read at the end of an apply, for few nodes and for many.
@Suite struct ApplyReportTests {
  @Test func nodesThatAreNotAsPlannedComeLastWithTheirReasons() throws {
    var fleet = Fleet()
    try fleet.lost("n1", "handshake", "it did not answer within 5 s")
    try fleet.failed("n2", ["no room"], skipped: "node.n2/file:/etc/0 failed")
    try fleet.well("n3")
    #expect(
      fleet.report == """

        NODE  RESULT       CHANGED  FAILED  SKIPPED  TAKEN BACK   TIME  DETAIL
        n3    changed            1       0        0           0  0.0 s
        n1    unreachable        -       -        -           -      -  handshake: it did not answer within 5 s
        n2    failed             0       1        1           0  0.0 s  node.n2/file:/etc/0: no room

        unreachable node.n1
          handshake: it did not answer within 5 s

        failed node.n2/file:/etc/0
          no room

        skipped node.n2/unit:a.service
          node.n2/file:/etc/0 failed

        2 of 3 nodes are not as planned: failed n2; unreachable n1

        Apply incomplete: 1 changed, 1 failed, 1 skipped (run 0123).

        """
    )
  }

  @Test func nodesWithOneOutcomeAreOneRowAndAllNamed() throws {
    var fleet = Fleet()
    for number in 10..<55 { try fleet.well("n\(number)", number) }
    for number in 55..<59 { try fleet.failed("n\(number)", ["no room on n\(number)"]) }
    for number in 60..<66 {
      try fleet.lost("n\(number)", "connect", "ops@10.0.0.\(number) is away")
    }
    #expect(
      fleet.report == """

        NODE             RESULT       CHANGED  FAILED  SKIPPED  TAKEN BACK          TIME  DETAIL
        n10 and 44 more  changed            1       0        0           0  1.0 to 5.4 s
        n55              failed             0       1        0           0         0.0 s  node.n55/file:/etc/0: no room on n55
        n56              failed             0       1        0           0         0.0 s  node.n56/file:/etc/0: no room on n56
        n57              failed             0       1        0           0         0.0 s  node.n57/file:/etc/0: no room on n57
        n58              failed             0       1        0           0         0.0 s  node.n58/file:/etc/0: no room on n58
        n60 and 5 more   unreachable        -       -        -           -             -  connect: ops@10.0.0.60 is away

        45 nodes changed: n10 … n54
        6 nodes unreachable: n60 … n65

        unreachable node.n60, node.n61, node.n62, node.n63, node.n64, node.n65
          connect: ops@10.0.0.60 is away
          (so for the first; for the others only their own name or address differs)

        failed node.n55/file:/etc/0, node.n56/file:/etc/0, node.n57/file:/etc/0, node.n58/file:/etc/0
          no room on n55
          (so for the first; for the others only their own name or address differs)

        10 of 55 nodes are not as planned: failed n55 … n58; unreachable n60 … n65

        Apply incomplete: 45 changed, 4 failed, 0 skipped (run 0123).

        """
    )
  }

  @Test func aFleetThatIsWellHasNoMoreToSay() throws {
    var fleet = Fleet()
    for number in 10..<13 { try fleet.well("n\(number)") }
    #expect(
      fleet.report.hasSuffix(
        "0.0 s\n\nApply complete: 3 changed, 0 failed, 0 skipped (run 0123).\n"
      )
    )
  }

  @Test func aNodeThatDidNotAnswerMakesTheApplyIncomplete() throws {
    var fleet = Fleet()
    try fleet.well("n1")
    try fleet.lost("n2", "connect", "refused")
    #expect(
      fleet.report.contains(
        "\n1 of 2 nodes is not as planned: unreachable n2\n\nApply incomplete: 1 changed,"
      )
    )
  }

  @Test func oneReasonOnManyNodesIsToldOnce() throws {
    var fleet = Fleet()
    for number in 100..<150 { try fleet.failed("n\(number)", ["the same"]) }
    let blocks = fleet.report.split(separator: "\n").filter { $0.hasPrefix("failed ") }
    #expect(blocks.count == 1)
    #expect(blocks.first?.hasSuffix("node.n109/file:/etc/0, and 40 more") == true)
    #expect(fleet.report.contains("\n50 of 50 nodes are not as planned: failed n100 … n149\n"))
  }

  @Test func manyReasonsAreBoundedAndTheRestIsCounted() throws {
    var fleet = Fleet()
    for number in 100..<150 { try fleet.failed("n\(number)", ["reason \(number)", "more"]) }
    let blocks = fleet.report.split(separator: "\n").filter { $0.hasPrefix("failed ") }
    #expect(blocks.count == 20)
    #expect(fleet.report.contains("\nand 31 more failed; --events FILE has them all\n"))
  }

  @Test func theLastLineCountsWhatTheTableCounts() throws {
    var fleet = Fleet()
    try fleet.failed("n1", ["no room"])
    fleet.results[0].failed.append(.init(address: "node.n1", why: "nobody could confirm the run"))
    let row = fleet.report.split(separator: "\n").first { $0.hasPrefix("n1 ") }
    #expect(row?.split(separator: " ").prefix(4) == ["n1", "failed", "0", "2"])
    #expect(fleet.report.contains("\nApply incomplete: 0 changed, 2 failed, 0 skipped"))
  }

  @Test func aLongReasonIsCutInTheTableAndWholeBelow() throws {
    var fleet = Fleet()
    let long = String(repeating: "x", count: 300)
    try fleet.failed("n1", [long])
    #expect(fleet.report.contains("\n  \(long)\n"))
    let row = fleet.report.split(separator: "\n").first { $0.hasPrefix("n1 ") }
    #expect(row?.hasSuffix("xxx…") == true)
    #expect((row?.count ?? 0) < 200)
  }
}

/// A run that came to this and that.
private struct Fleet {
  var plan = Plan(
    fleet: "f",
    options: PlanOptions(),
    nodes: [],
    changes: [],
    diffs: [:],
    notes: []
  )
  var results: [NodeResult] = []
  var endings: [AddressEnding] = []

  mutating func well(_ name: String, _ tenths: Int = 0) throws {
    let id = try #require(NodeID(name))
    var result = NodeResult(node: id, outcome: .changed)
    result.milliseconds = tenths * 100
    results.append(result)
    endings.append(AddressEnding(node: id, address: "node.\(name)/file:/etc/0", kind: .done))
  }

  mutating func failed(_ name: String, _ reasons: [String], skipped: String? = nil) throws {
    let id = try #require(NodeID(name))
    var result = NodeResult(node: id, outcome: .failed)
    for (number, why) in reasons.enumerated() {
      let address = "node.\(name)/file:/etc/\(number)"
      result.failed.append(.init(address: address, why: why))
      endings.append(AddressEnding(node: id, address: address, kind: .failed, why: why))
    }
    results.append(result)
    guard let skipped else { return }
    let unit = "node.\(name)/unit:a.service"
    endings.append(AddressEnding(node: id, address: unit, kind: .skipped, why: skipped))
  }

  mutating func lost(_ name: String, _ step: String, _ cause: String) throws {
    let id = try #require(NodeID(name))
    var node = PlannedNode(id: id, address: "10.0.0.\(name.dropFirst())", roles: [])
    (node.failedStep, node.cause) = (step, cause)
    plan.nodes.append(node)
  }

  var report: String {
    let verdict = ApplyVerdict(plan, results, endings, isDetailed: false)
    return ApplyReport(plan: plan, verdict: verdict, run: "0123").text
  }
}
