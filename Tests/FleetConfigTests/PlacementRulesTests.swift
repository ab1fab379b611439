import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// Rules about which roles are where: FLT3001 to FLT3012 and FLT3301 to FLT3303.
@Suite struct PlacementRulesTests {
  static let registry = Registry.of([
    "web": "placement: {replicas: many}\n",
    "db": "required: true\nplacement: {default_nodes: [data], replicas: one}\n",
    "boss": "layer: management\n",
    "extra": "degraded_without: No extras.\n",
    "agent": "layer: shared\nplacement: {replicas: every-node}\n",
  ])

  private func run(_ nodes: String) -> (MarkedText, Validation) {
    let marked = MarkedText("version: 1\nfleet: f\nnodes:\n" + nodes)
    return (marked, Validation(marked.source, registry: Self.registry))
  }

  @Test func unknownRoleNamesTheNearestAndItsAbsenceIsNotReportedToo() throws {
    let (marked, run) = run("  a: {address: a, roles: [1️⃣dbb2️⃣, extra]}\n")
    let finding = try #require(run.findings(.unknownRole).first)
    #expect(finding.span == marked.span(1, 2))
    #expect(finding.suggestions.first?.edits == [.init(replace: marked.span(1, 2), with: "db")])
    #expect(run.findings(.requiredRoleMissing).isEmpty)
    #expect(run.resolved == nil)
  }

  @Test func parametersOfAnUnknownRoleAreReported() {
    let marked = MarkedText(
      "version: 1\nfleet: f\nroles: {1️⃣dbb2️⃣: {x: 1}}\nnodes: {a: {address: a, roles: [db, extra]}}"
    )
    let run = Validation(marked.source, registry: Self.registry)
    #expect(run.findings(.unknownRole).map(\.span) == [marked.span(1, 2)])
  }

  @Test(arguments: ["nginx", "postgresql", "langchain", "llamaindex", "ollama", "node-exporter"])
  func whatBelongsToARoleIsExplained(_ name: String) throws {
    let marked = MarkedText(
      AutobotFleet.text(["04-Databases": "address: 172.16.168.23, roles: [redis, 1️⃣\(name)2️⃣]"])
    )
    let run = Validation(marked.source)
    let finding = try #require(run.findings(.notARole).first)
    #expect(finding.span == marked.span(1, 2))
    #expect(run.findings(.unknownRole).isEmpty)
  }

  @Test func theIdOfANodeIsNoRole() {
    let (marked, run) = run("  a: {address: a, roles: [db, extra, 1️⃣b2️⃣]}\n  b: {address: b}\n")
    #expect(run.findings(.notARole).map(\.span) == [marked.span(1, 2)])
  }

  @Test func oneAddressForTwoNodesShowsBothPlaces() throws {
    let (marked, run) = run(
      "  a: {address: 1️⃣fd00::12️⃣, roles: [db, extra]}\n  b: {address: 3️⃣fd00:0:0::14️⃣}\n"
    )
    let finding = try #require(run.findings(.duplicateAddress).first)
    #expect(finding.span == marked.span(3, 4))
    #expect(finding.related.map(\.span) == [marked.span(1, 2)])
  }

  @Test func anAddressOutsideTheNetworkIsAWarning() {
    let marked = MarkedText(
      "version: 1\nfleet: f\nnetwork: 10.0.0.0/24\nnodes: {a: {address: 1️⃣10.0.1.12️⃣, roles: [db, extra]}}"
    )
    let run = Validation(marked.source, registry: Self.registry)
    #expect(run.findings(.addressOutsideNetwork).map(\.span) == [marked.span(1, 2)])
    #expect(run.resolved != nil)
  }

  @Test func aRepeatedRoleShowsBothPlaces() throws {
    let (marked, run) = run("  a: {address: a, roles: [1️⃣db2️⃣, extra, 3️⃣db4️⃣]}\n")
    let finding = try #require(run.findings(.roleRepeated).first)
    #expect(finding.span == marked.span(3, 4))
    #expect(finding.related.map(\.span) == [marked.span(1, 2)])
    #expect(run.slugs == ["role-repeated"])
  }

  @Test func aRoleThatExistsOnceMayNotBeOnTwoNodes() throws {
    let (marked, run) = run(
      "  a: {address: a, roles: [1️⃣db2️⃣, web, extra]}\n  b: {address: b, roles: [web, 3️⃣db4️⃣]}\n"
    )
    let finding = try #require(run.findings(.roleNotReplicable).first)
    #expect(finding.span == marked.span(3, 4))
    #expect(finding.related.map(\.span) == [marked.span(1, 2)])
    #expect(run.slugs == ["role-not-replicable"])
  }

  @Test func aReservedNodeCarriesAutomaticRolesOnly() {
    let (marked, run) = run(
      "  a: {address: a, roles: [db, extra]}\n  b: {address: b, reserved: true, roles: [1️⃣web2️⃣]}\n"
        + "  c: {address: c, reserved: true}\n"
    )
    #expect(run.findings(.reservedNode).map(\.span) == [marked.span(1, 2)])
    #expect(run.slugs == ["reserved-node"])
  }

  @Test func healthViaNamesAnotherNodeOfTheFleet() {
    let (marked, run) = run(
      "  alpha: {address: a, health_via: 1️⃣betta2️⃣, roles: [db, extra]}\n"
        + "  beta: {address: b, health_via: 3️⃣beta4️⃣}\n"
    )
    let findings = run.findings(.unknownNode)
    #expect(findings.map(\.span) == [marked.span(1, 2), marked.span(3, 4)])
    #expect(findings.first?.suggestions.first?.edits.first?.text == "beta")
  }

  @Test func aMissingRequiredRoleIsAnErrorAtNodes() throws {
    let marked = MarkedText(
      "version: 1\nfleet: f\n1️⃣nodes2️⃣:\n  a: {address: a, roles: [extra]}\n  data: {address: b}\n"
    )
    let run = Validation(marked.source, registry: Self.registry)
    let finding = try #require(run.findings(.requiredRoleMissing).first)
    #expect(finding.span == marked.span(1, 2))
    #expect(finding.detail.contains("`db`"))
    #expect(finding.detail.contains("`data`, its usual node"))
  }

  @Test func aMissingOptionalRoleIsAWarningThatSaysWhatIsLost() throws {
    let (_, run) = run("  a: {address: a, roles: [db]}\n")
    let finding = try #require(run.findings(.optionalRoleMissing).first)
    #expect(finding.severity == .warning)
    #expect(finding.detail.contains("No extras"))
    #expect(run.resolved != nil)
  }

  @Test func layersMayNotShareANode() throws {
    let (marked, run) = run("  a: {address: a, roles: [1️⃣db2️⃣, extra, 3️⃣boss4️⃣]}\n")
    let finding = try #require(run.findings(.layerMixing).first)
    #expect(finding.span == marked.span(3, 4))
    #expect(finding.related.contains { $0.span == marked.span(1, 2) })
  }

  @Test func aRoleAwayFromItsHomeIsAWarning() {
    let (marked, run) = run(
      "  a: {address: a, roles: [1️⃣db2️⃣, extra]}\n  data: {address: b, roles: [web]}\n"
    )
    #expect(run.findings(.placementUnusual).map(\.span) == [marked.span(1, 2)])
    #expect(run.resolved != nil)
  }

  @Test func aRoleWhoseHomeTheFleetDoesNotHaveMayBeAnywhere() {
    let (_, run) = run("  a: {address: a, roles: [db, extra]}\n")
    #expect(run.slugs == [])
  }

  @Test func theFrontendMayNotBeBesideTheBackend() throws {
    let marked = MarkedText(
      AutobotFleet.text([
        "01-Backend": "address: 172.16.168.20, roles: [1️⃣backend2️⃣, celery, 3️⃣frontend4️⃣]",
        "02-Frontend": "",
      ])
    )
    let finding = try #require(Validation(marked.source).findings(.placementForbidden).first)
    #expect(finding.span == marked.span(3, 4))
    #expect(finding.related.map(\.span) == [marked.span(1, 2)])
  }

  @Test(arguments: ["redis", "backend", "slm-database"])
  func theBrowserMayNotBeBesideSensitiveData(_ role: String) throws {
    let run = Validation(
      "version: 1\nfleet: f\nnodes: {a: {address: a, roles: [browser-service, \(role)]}}"
    )
    #expect(run.findings(.placementForbidden).count == 1)
  }

  @Test func portableRolesMoveWithoutAWarning() {
    let run = Validation(
      AutobotFleet.text([
        "03-AI-Stack": "address: 172.16.168.24, roles: [ai-stack]",
        "04-Databases": "address: 172.16.168.23, roles: [redis, chromadb]",
        "npu-worker":
          "address: 172.16.168.22, roles: [npu-worker], hardware: {npus: [{id: n, vendor: intel}]}",
        "02-Frontend": "address: 172.16.168.21, roles: [frontend, tts-worker]",
      ])
    )
    #expect(run.findings(.placementUnusual).isEmpty)
    #expect(!run.diagnostics.hasErrors)
  }

  @Test func withoutAModelAndWithoutACloudThereIsNoLLM() throws {
    let without = [
      "05-LLM-CPU": "address: 172.16.168.26",
      "01-Backend": "address: 172.16.168.20, roles: [backend, celery]",
    ]
    let run = Validation(AutobotFleet.text(without))
    #expect(run.findings(.noLLM).count == 1)
    #expect(run.findings(.optionalRoleMissing).isEmpty)
    let cloud = Validation(AutobotFleet.text(without, settings: "settings: {cloud_llm: [openai]}"))
    #expect(cloud.findings(.noLLM).isEmpty)
  }
}
