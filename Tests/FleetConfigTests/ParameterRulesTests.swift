import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// Parameters: FLT3401 to FLT3404.
@Suite struct ParameterRulesTests {
  private func run(_ roles: String, fleet: String = "{}") -> (MarkedText, Validation) {
    let marked = MarkedText(
      "version: 1\nfleet: f\nroles: \(fleet)\nnodes: {a: {address: a, roles: \(roles)}}\n"
    )
    return (marked, Validation(marked.source))
  }

  @Test(arguments: [
    "[{redis: {port: 1️⃣eighty2️⃣}}]", "[{redis: {port: 1️⃣700002️⃣}}]",
    "[{redis: {maxmemory: 1️⃣6 gigs2️⃣}}]", "[{redis: {maxmemori: 1️⃣6GiB2️⃣}}]",
    "[{redis: {port: 1️⃣[1]2️⃣}}]",
  ])
  func aWrongParameterIsReportedAtItsValue(_ roles: String) {
    let (marked, run) = run(roles)
    #expect(run.findings(.parameterInvalid).map(\.span) == [marked.span(1, 2)])
  }

  @Test func wrongFleetWideParametersAreReportedEvenOfUnusedRoles() {
    let (marked, run) = run("[redis]", fleet: "{chromadb: {port: 1️⃣x2️⃣}}")
    #expect(run.findings(.parameterInvalid).map(\.span) == [marked.span(1, 2)])
  }

  @Test func aParameterWithoutValueIsReported() {
    let (_, run) = run("[{redis: {port: }}]")
    #expect(run.findings(.parameterInvalid).count == 1)
  }

  @Test(arguments: ["[\"900 1\", 1️⃣null2️⃣]", "[1️⃣~2️⃣, \"900 1\"]"])
  func nothingAsAnItemOfAListIsNoText(_ list: String) {
    let (marked, run) = run("[{redis: {save: \(list)}}]")
    let found = run.findings(.parameterInvalid)
    #expect(found.map(\.detail) == ["An item of `save` must be text, but nothing stands here."])
    #expect(found.map(\.span) == [marked.span(1, 2)])
    let (_, fleetWide) = self.run("[redis]", fleet: "{redis: {save: [\"~\", null]}}")
    #expect(fleetWide.findings(.parameterInvalid).count == 1)
  }

  @Test func theNodesParameterBeatsTheFleets() throws {
    let resolved = FleetResolverRun.resolve(
      "version: 1\nfleet: f\nroles: {redis: {port: 6400}}\n"
        + "nodes: {a: {address: a, roles: [{redis: {port: 6500}}]}, b: {address: b, roles: [redis]}}"
    )
    let ports = resolved?.instances(of: "redis").compactMap { $0.port("redis")?.number }
    #expect(ports == [6500, 6400])
  }

  @Test func sharedRedisDatabasesAreAWarningOnceForANode() {
    let run = Validation(AutobotFleet.text())
    #expect(run.findings(.sharedDatabaseHazard).count == 1)
    let moved = AutobotFleet.text(
      settings:
        "roles: {backend: {broker_db: 10, result_db: 11}, celery: {broker_db: 10, result_db: 11}}"
    )
    #expect(Validation(moved).findings(.sharedDatabaseHazard).isEmpty)
  }

  @Test func backendAndCeleryMustAgreeOnWhatTheyShare() {
    let run = Validation(AutobotFleet.text(settings: "roles: {backend: {broker_db: 10}}"))
    #expect(run.findings(.unitCollision).contains { $0.detail.contains("`broker_db`") })
  }

  @Test func anUnverifiedDownloadIsAWarning() {
    let (_, open) = run("[slm-monitoring]")
    #expect(open.findings(.unpinnedVersion).count == 1)
    let sum = String(repeating: "a", count: 64)
    let (_, pinned) = run("[{slm-monitoring: {prometheus_sha256: \(sum)}}]")
    #expect(pinned.findings(.unpinnedVersion).isEmpty)
  }
}

/// The resolver alone, whatever the rules say.
enum FleetResolverRun {
  static func resolve(_ text: String) -> ResolvedFleet? {
    var diagnostics = Diagnostics()
    let source = SourceText(name: "fleet.yaml", text: text)
    guard let fleet = FleetDecoder.decode(source, into: &diagnostics) else { return nil }
    return FleetResolver.resolve(fleet, registry: .repository, into: &diagnostics)
  }
}
