import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetTestSupport
import Testing

/// Requirement 164 and contradictions: databases of Redis, versions that are pinned.
@Suite struct SharedDatabaseTests {
  private func fleet(_ roles: String, common: String = "{}") -> SourceText {
    SourceText(
      name: "fleet.yaml",
      text:
        "version: 1\nfleet: f\nroles: \(common)\nnodes:\n  a: {address: 10.0.0.1, roles: [\(roles)]}\n"
    )
  }

  @Test("X-07: Celery's documented databases are shared with others; both claimants, and the edit")
  func documented() throws {
    let source = fleet("backend, celery")
    let findings = Validation(source).findings(.sharedDatabaseHazard)
    let finding = try #require(findings.first)
    #expect(findings.count == 1)
    #expect(finding.rule.code == "FLT3402")
    #expect(finding.severity == .warning)
    #expect(finding.related.map(\.message) == ["`celery` uses them too"])
    #expect(
      finding.detail
        == "`backend` and `celery` on `a` share databases of Redis: `broker_db` is 1, which `metrics` "
        + "uses; `result_db` is 2, which `prompts` uses. A `FLUSHDB` or an eviction there drops both. Set "
        + "them under `roles.backend` and `roles.celery` to free numbers (9 to 14), or allow "
        + "`shared-database-hazard` on `a` with the reason."
    )
    let cured = Validation(source.applying(try #require(finding.suggestions.first)))
    #expect(cured.findings(.sharedDatabaseHazard).isEmpty)
    // Both roles agree on the queue: the component that they share is wanted in one way.
    #expect(cured.findings(.unitCollision).isEmpty)
    #expect(cured.findings(.parameterInvalid).isEmpty)
  }

  @Test("item 164: a number that is written is the place, and 0 is main's and RediSearch's")
  func main() throws {
    let marked = MarkedText(
      "version: 1\nfleet: f\nnodes:\n  a: {address: 10.0.0.1, roles: [{celery: {broker_db: 1️⃣02️⃣, "
        + "result_db: 11}}]}\n"
    )
    let finding = try #require(Validation(marked.source).findings(.sharedDatabaseHazard).first)
    #expect(finding.span == marked.span(1, 2))
    #expect(finding.detail.contains("`broker_db` is 0, which `main` uses"))
  }

  @Test("item 164: two databases with one number are a warning, whichever number")
  func duplicates() throws {
    let source = fleet("{celery: {broker_db: 10, result_db: 10}}")
    let finding = try #require(Validation(source).findings(.sharedDatabaseHazard).first)
    #expect(finding.detail.contains("`result_db` is 10, which `broker_db` uses"))
    let cured = Validation(source.applying(try #require(finding.suggestions.first)))
    #expect(cured.findings(.sharedDatabaseHazard).isEmpty)
  }

  @Test("item 164: Redis has databases 0 to 15", arguments: ["16", "-1", "many"])
  func range(_ number: String) throws {
    let finding = try #require(
      Validation(fleet("{celery: {broker_db: \(number)}}")).findings(.parameterInvalid).first
    )
    #expect(finding.rule.code == "FLT3401")
  }

  @Test("X-06, item 164: free numbers are no finding")
  func free() {
    let source = fleet("backend, celery", common: Self.freeNumbers)
    #expect(Validation(source).findings(.sharedDatabaseHazard).isEmpty)
  }

  private static let freeNumbers =
    "{backend: {broker_db: 10, result_db: 11}, celery: {broker_db: 10, result_db: 11}}"

  @Test("X-31: the documented `latest` of Node.js is a warning with the edit that pins it")
  func latest() throws {
    let marked = MarkedText(
      "version: 1\nfleet: f\nnodes:\n"
        + "  a: {address: 10.0.0.1, roles: [{browser-service: {node_version: 1️⃣latest2️⃣}}]}\n"
    )
    let finding = try #require(Validation(marked.source).findings(.unpinnedVersion).first)
    #expect(finding.rule.code == "FLT3403")
    #expect(finding.severity == .warning)
    #expect(finding.span == marked.span(1, 2))
    #expect(finding.detail.contains("`node_version` is `latest`"))
    let suggestion = try #require(finding.suggestions.first)
    #expect(suggestion.edits == [.init(replace: marked.span(1, 2), with: "\"20\"")])
    let cured = Validation(marked.source.applying(suggestion))
    #expect(cured.findings(.unpinnedVersion).isEmpty)
    #expect(cured.findings(.parameterInvalid).isEmpty)
  }
}
