import FleetDiagnostics
import FleetTestSupport
import Testing

@testable import FleetView

@Suite struct FingerprintTests {
  private func fingerprint(_ finding: Diagnostic) -> String {
    var fingerprints = Fingerprints(ReportPaths())
    return fingerprints.next(finding)
  }

  @Test func aMovedLineAndOtherWordsKeepTheName() {
    let before = MarkedText("a: 1️⃣x2️⃣")
    let after = MarkedText("# new\n\n  a: 1️⃣x2️⃣")
    let old = Diagnostic(.unknownRole, "`a` has `x`.", at: before.span(1, 2), address: "node.a")
    let new = Diagnostic(.unknownRole, "In `a` is `x`.", at: after.span(1, 2), address: "node.a")
    #expect(fingerprint(old) == fingerprint(new))
    #expect(fingerprint(old).count == 32)
  }

  @Test func ruleFileResourceAndNamesTellFindingsApart() {
    let here = MarkedText("1️⃣x2️⃣")
    let there = MarkedText("1️⃣x2️⃣", name: "other.yaml")
    let all = [
      Diagnostic(.unknownRole, "`x`", at: here.span(1, 2), address: "node.a"),
      Diagnostic(.notARole, "`x`", at: here.span(1, 2), address: "node.a"),
      Diagnostic(.unknownRole, "`x`", at: there.span(1, 2), address: "node.a"),
      Diagnostic(.unknownRole, "`x`", at: here.span(1, 2), address: "node.b"),
      Diagnostic(.unknownRole, "`x`", at: here.span(1, 2), address: "node.a", path: "/a"),
      Diagnostic(.unknownRole, "`y`", at: here.span(1, 2), address: "node.a"),
    ]
    #expect(Set(all.map(fingerprint)).count == all.count)
  }

  @Test func equalFindingsAreNumbered() {
    var fingerprints = Fingerprints(ReportPaths())
    let finding = Diagnostic(.unknownRole, "`x`")
    let names = (0..<3).map { _ in fingerprints.next(finding) }
    #expect(Set(names).count == 3)
    #expect(names[0] == fingerprint(finding))
  }

  @Test func aPlaceInTheWordsDoesNotCount() {
    let text = MarkedText("1️⃣x2️⃣")
    let old = Diagnostic(.unknownRole, "See `fleet.yaml:3:4`.", at: text.span(1, 2))
    let new = Diagnostic(.unknownRole, "See `fleet.yaml:7:4`.", at: text.span(1, 2))
    #expect(fingerprint(old) == fingerprint(new))
  }
}
