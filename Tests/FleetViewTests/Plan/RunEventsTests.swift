import FleetApply
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetView
import Testing

/// The events of a run: gap-free numbers, one terminal event an address, `run_end` last.
@Suite struct RunEventsTests {
  private static let terminals = [
    "apply_complete", "apply_errored", "apply_skipped", "apply_rolled_back", "apply_unknown",
  ]

  @Test func whateverWasToldEveryAddressEndsOnceAndRunEndIsLast() throws {
    var random = SystemRandomNumberGenerator()
    for round in 0..<200 {
      var events = RunEvents(run: "r\(round)")
      var lines = events.plan(SamplePlan.file, at: "t")
      let planned = SamplePlan.plan.changes.map(\.address.description)
      // Any subset, some twice, some never planned, in any order.
      for change in SamplePlan.plan.changes.shuffled(using: &random) where Bool.random() {
        let kind = AddressEnding.Kind.allCases.randomElement(using: &random) ?? .done
        let ending = AddressEnding(
          node: change.address.node,
          address: change.address.description,
          kind: kind,
          why: "because"
        )
        for _ in 0...Int.random(in: 0...1) {
          if let line = events.terminal(ending, at: "t") { lines.append(line) }
        }
        let foreign = AddressEnding(node: change.address.node, address: "x\(round)", kind: .done)
        let none = events.terminal(foreign, at: "t")
        #expect(none == nil)
      }
      let end = RunEnd(result: "failed", exitCode: 1, reason: "the lock is held", milliseconds: 7)
      lines += events.end(end, isUnderWay: Bool.random(), at: "t")
      let again = events.end(end, at: "t")
      #expect(again.isEmpty)
      let late = events.line(.diagnostic, "too late", at: "t")
      #expect(late == nil)
      let read = try lines.map { try JSONValue(parsing: Array($0.utf8)) }
      #expect(read.compactMap { $0["seq"]?.int } == Array(1...read.count))
      #expect(read.last?["type"]?.string == "run_end")
      #expect(read.count { $0["type"]?.string == "run_end" } == 1)
      let ended = read.filter { Self.terminals.contains($0["type"]?.string ?? "") }
      #expect(ended.compactMap { $0["address"]?.string }.sorted() == planned.sorted())
    }
  }

  @Test func whatWasNeverBegunIsSkippedForTheReasonOfTheEnd() throws {
    let lines = try ended(isUnderWay: false)
    for line in lines {
      #expect(line["type"]?.string == "apply_skipped")
      let why = try #require(line["blocked_by"]?.string)
      #expect(why == "the lock is held" || why.contains(" in the plan: "))
    }
    #expect(lines.contains { $0["blocked_by"]?.string == "the lock is held" })
    #expect(lines.contains { ($0["blocked_by"]?.string ?? "").hasPrefix("blocked in the plan: ") })
  }

  @Test func whatWasDroppedInTheMiddleIsUnknown() throws {
    let words = Set(try ended(isUnderWay: true).compactMap { $0["type"]?.string })
    #expect(words == ["apply_unknown", "apply_skipped"])
  }

  @Test func aPlanPromisesNothing() throws {
    var events = RunEvents(run: "r")
    _ = events.plan(SamplePlan.file, at: "t")
    let end = RunEnd(result: "success", exitCode: 0, reason: "", milliseconds: 7)
    let lines = events.end(end, isPlanOnly: true, at: "t")
    #expect(lines.count == 1)
    #expect(lines[0].contains("\"type\":\"run_end\""))
  }

  @Test func hostileTextStaysOneLine() throws {
    var events = RunEvents(run: "r")
    let told = events.line(.diagnostic, "a\nb\u{1B}[31m", [("error", "x\ny\u{7F}")], at: "t")
    let line = try #require(told)
    #expect(!line.utf8.contains { $0 < 0x20 })
    #expect(try JSONValue(parsing: Array(line.utf8))["error"]?.string == "x\ny\u{7F}")
  }

  private func ended(isUnderWay: Bool) throws -> [JSONValue] {
    var events = RunEvents(run: "r")
    _ = events.plan(SamplePlan.file, at: "t")
    let end = RunEnd(result: "locked", exitCode: 7, reason: "the lock is held", milliseconds: 7)
    return try events.end(end, isUnderWay: isUnderWay, at: "t").dropLast().map {
      try JSONValue(parsing: Array($0.utf8))
    }
  }
}
