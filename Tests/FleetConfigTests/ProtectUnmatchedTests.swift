import FleetConfig
import FleetDiagnostics
import FleetRegistry
import FleetTestSupport
import Testing

/// Guards that guard nothing: FLT2203.
@Suite struct ProtectUnmatchedTests {
  static let registry = Registry.of(["db": "placement: {replicas: many}\n"])

  private func run(_ text: String) -> (MarkedText, [Diagnostic]) {
    let marked = MarkedText("version: 1\nfleet: f\n" + text)
    let run = Validation(marked.source, registry: Self.registry)
    return (marked, run.findings(.protectUnmatched))
  }

  @Test func aPatternThatMatchesNoNodeIsAWarningAtItsPlace() throws {
    let (marked, findings) = run(
      "protect: [\"node.db-*\", 1️⃣node.bd-12️⃣]\nnodes: {db-1: {address: a, roles: [db]}}\n"
    )
    let finding = try #require(findings.first)
    #expect(findings.count == 1)
    #expect(finding.severity == .warning)
    #expect(finding.span == marked.span(1, 2))
    #expect(
      finding.detail
        == "`node.bd-1` of `protect` matches no node of this fleet. It guards nothing. Did you mean `node.db-1`?"
    )
    #expect(finding.path == "/protect")
  }

  @Test func aRoleThatDoesNotExistIsAWarningAtItsPlace() throws {
    let (marked, findings) = run(
      """
      protect: ["*/role.d*", "*/dir:/var/lib/*", db]
      nodes: {n: {address: a, roles: [db], protect: [role.db, 1️⃣role.dd2️⃣, "unit:x.service"]}}

      """
    )
    let finding = try #require(findings.first)
    #expect(findings.count == 1)
    #expect(finding.span == marked.span(1, 2))
    #expect(
      finding.detail
        == "`role.dd` of `protect` matches no role. It guards nothing. Did you mean `db`?"
    )
    #expect(finding.address == "node.n")
    #expect(finding.path == "/nodes/n/protect")
  }

  @Test func aComponentIsARoleHere() {
    let text = AutobotFleet.text([:]) + "\nprotect: [\"*/role.postgresql\"]\n"
    #expect(Validation(text).findings(.protectUnmatched).isEmpty)
  }
}
