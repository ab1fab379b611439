import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetRender
import FleetTestSupport
import Testing

/// Needs, exposure and start order: FLT3201 to FLT3204.
@Suite struct DependencyRulesTests {
  static let registry = Registry.of([
    "db": """
    params:
      port: {type: port, default: 5432, doc: "Port."}
      on: {type: bool, default: true, doc: "Listen."}
    ports: [{name: sql, number: "{{ params.port }}", scope: loopback, when: params.on}]
    """,
    "app": """
    placement: {replicas: many}
    needs: [{role: db, endpoint: sql, hard: true, doc: "data"}]
    """,
    "soft": "needs: [{role: db, endpoint: sql, hard: false}]\n",
    "ping": "needs: [{role: pong, hard: true}]\n",
    "pong": "needs: [{role: ping, hard: true}]\n",
    "metrics": """
    placement: {replicas: every-node}
    ports: [{name: exporter, number: 9100, scope: fleet}]
    """,
    "monitor": "needs: [{role: metrics, endpoint: exporter, hard: false}]\n",
    "either": "needs: [{any_of: [db, cache], endpoint: sql, hard: true}]\n",
    "cache": "ports: [{name: sql, number: 6000, scope: fleet}]\n",
    "site": """
    ports:
      - {name: app, number: 8001, scope: loopback}
      - {name: https, number: 8443, scope: fleet, proxy_of: app}
      - {name: same, number: 8001, scope: loopback, proxy_of: app}
    """,
  ])

  private func run(_ nodes: String, strict: Bool = false) -> (MarkedText, Validation) {
    let marked = MarkedText("version: 1\nfleet: f\nnodes:\n" + nodes)
    return (marked, Validation(marked.source, registry: Self.registry, strict: strict))
  }

  private func scope(_ run: Validation, _ role: String, _ node: String) throws -> Scope {
    let resolved = try #require(run.resolved)
    let id = try #require(NodeID(node))
    let instance = try #require(resolved.instance(role, on: id))
    return resolved.scope(for: instance)
  }

  @Test func aHardNeedWithoutProviderIsAnErrorAtTheConsumer() throws {
    let (marked, run) = run("  a: {address: a, roles: [1️⃣app2️⃣, soft]}\n")
    #expect(run.slugs == ["dependency-missing"])
    #expect(run.findings(.dependencyMissing).first?.span == marked.span(1, 2))
  }

  @Test func aProviderThatDoesNotListenIsUnreachable() throws {
    let (marked, run) = run(
      "  a: {address: a, roles: [1️⃣app2️⃣]}\n  b: {address: b, roles: [{3️⃣db4️⃣: {\"on\": 5️⃣false6️⃣}}]}\n"
    )
    let finding = try #require(run.findings(.dependencyUnreachable).first)
    #expect(finding.span == marked.span(1, 2))
    #expect(finding.related.map(\.span) == [marked.span(3, 4), marked.span(5, 6)])
    #expect(run.slugs == ["dependency-unreachable"])
  }

  @Test func aBrokenParameterOfTheProviderHasNoConsequences() {
    let (_, run) = run(
      "  a: {address: a, roles: [app, {db: {port: many}}]}\n"
    )
    #expect(run.slugs == ["parameter-invalid"])
  }

  @Test func aCircleNamesEveryEdge() throws {
    let (marked, run) = run(
      "  a: {address: a, roles: [1️⃣ping2️⃣]}\n  b: {address: b, roles: [pong]}\n"
    )
    let finding = try #require(run.findings(.dependencyCycle).first)
    #expect(finding.span == marked.span(1, 2))
    #expect(
      finding.related.map(\.span?.description) == [
        "roles/ping/role.yaml:4:9", "roles/pong/role.yaml:4:9",
      ]
    )
    #expect(run.slugs == ["dependency-cycle"])
  }

  @Test func aLocalConsumerLeavesTheProviderOnLoopback() throws {
    let (_, run) = run("  a: {address: 10.0.0.1, roles: [db, app]}\n")
    #expect(run.slugs == [])
    let port = try #require(run.resolved?.instances(of: "db").first?.port("sql"))
    #expect(port.bind == ["127.0.0.1"])
    #expect(!port.widened)
  }

  @Test func aRemoteConsumerWidensTheProviderWithAWarning() throws {
    let nodes =
      "  a: {address: 10.0.0.1, roles: [3️⃣app4️⃣]}\n  b: {address: 10.0.0.2, roles: [1️⃣db2️⃣]}\n"
    let (marked, run) = run(nodes)
    let finding = try #require(run.findings(.exposureWidened).first)
    #expect(finding.severity == .warning)
    #expect(finding.span == marked.span(1, 2))
    #expect(finding.related.map(\.span) == [marked.span(3, 4)])
    #expect(finding.address == "node.b/role.db")
    let port = try #require(run.resolved?.instances(of: "db").first?.port("sql"))
    #expect(port.bind == ["127.0.0.1", "10.0.0.2"])
    #expect(self.run(nodes, strict: true).1.resolved == nil)
  }

  @Test func aWaiverSilencesTheWarningInStrictModeToo() {
    let nodes =
      "  a: {address: 10.0.0.1, roles: [app]}\n  b:\n    address: 10.0.0.2\n    roles: [db]\n"
      + "    allow: [{rule: exposure-widened, because: \"one room\"}]\n"
    #expect(run(nodes, strict: true).1.slugs == [])
  }

  @Test func aWaiverThatSilencesNothingIsAWarning() {
    let (marked, run) = run(
      "  a:\n    address: a\n    roles: [db]\n"
        + "    allow: [{rule: 1️⃣exposure-widened2️⃣, because: \"one room\"}]\n"
    )
    #expect(run.findings(.unusedWaiver).map(\.span) == [marked.span(1, 2)])
  }

  @Test func consumersOfWhatRunsEverywhereConnectToAllOfThem() throws {
    let (_, run) = run(
      "  a: {address: 10.0.0.1, roles: [monitor]}\n  b: {address: 10.0.0.2}\n"
    )
    let resolved = try #require(run.resolved)
    let monitor = try #require(resolved.instances(of: "monitor").first)
    let dependency = try #require(monitor.dependencies.first)
    #expect(resolved.providers(of: dependency).map(\.node.id.name) == ["a", "b"])
    for (index, expected) in [[], ["10.0.0.1"]].enumerated() {
      let exporter = resolved.instances(of: "metrics")[index]
      let port = try #require(exporter.port("exporter"))
      #expect(resolved.consumerAddresses(of: port, at: exporter) == expected)
    }
  }

  @Test func theFirstRoleOfAListThatTheFleetHasIsTheProvider() throws {
    let (_, both) = run("  a: {address: 10.0.0.1, roles: [either, db, cache]}\n")
    #expect(both.resolved?.instances(of: "either").first?.dependencies.first?.role == "db")
    let (_, other) = run("  a: {address: 10.0.0.1, roles: [either, cache]}\n")
    #expect(other.resolved?.instances(of: "either").first?.dependencies.first?.role == "cache")
  }

  @Test func endpointsAreSeenFromTheNode() throws {
    let (_, run) = run(
      "  a: {address: 10.0.0.1, roles: [app]}\n  b: {address: 10.0.0.2, roles: [db, soft]}\n"
    )
    func endpoint(_ role: String, _ node: String) throws -> [String: Value] {
      guard case .map(let roles) = try scope(run, role, node)["endpoints"],
        case .map(let ports) = roles["db"], case .map(let port) = ports["sql"]
      else { return [:] }
      return port
    }
    let remote = try endpoint("app", "a")
    #expect(remote["address"] == .string("10.0.0.2:5432"))
    #expect(remote["local"] == .bool(false))
    let local = try endpoint("soft", "b")
    #expect(local["address"] == .string("127.0.0.1:5432"))
    #expect(local["local"] == .bool(true))
  }

  @Test func anAbsentEndpointSaysOnlyThatItIsNotAvailable() throws {
    let (_, run) = run("  a: {address: 10.0.0.1, roles: [soft]}\n")
    let scope = try scope(run, "soft", "a")
    guard case .map(let roles) = scope["endpoints"], case .map(let ports) = roles["db"],
      case .map(let port) = ports["sql"], case .absent = port["host"]
    else {
      Issue.record("endpoints.db.sql.host has a value")
      return
    }
    #expect(port["available"] == .bool(false))
  }

  @Test func aProxyLeavesLoopbackToItsApplication() throws {
    let (_, run) = run("  a: {address: 10.0.0.1, roles: [site]}\n")
    #expect(run.slugs == [])
    let site = try #require(run.resolved?.instances(of: "site").first)
    #expect(site.port("app")?.bind == ["127.0.0.1"])
    #expect(site.port("https")?.bind == ["10.0.0.1"])
    #expect(site.port("same")?.bind == [])
    guard case .map(let roles) = try scope(run, "site", "a")["endpoints"],
      case .map(let ports) = roles["site"], case .map(let https) = ports["https"],
      case .map(let same) = ports["same"]
    else { return }
    #expect(https["address"] == .string("10.0.0.1:8443"))
    #expect(same["address"] == .string("127.0.0.1:8001"))
  }

  @Test func aNodeWithoutAnAddressLiteralBindsAllAddresses() {
    let (_, run) = run(
      "  a: {address: a.example, roles: [app]}\n  b: {address: b.example, roles: [db]}\n"
    )
    #expect(run.resolved?.instances(of: "db").first?.port("sql")?.bind == ["0.0.0.0"])
  }

  @Test func portsInScopeSayWhereToListen() throws {
    let (_, run) = run("  a: {address: \"fd00::1\", roles: [metrics]}\n")
    guard case .map(let ports) = try scope(run, "metrics", "a")["ports"],
      case .map(let port) = ports["exporter"]
    else {
      Issue.record("there is no ports.exporter")
      return
    }
    #expect(port["listen"] == .list([.string("127.0.0.1:9100"), .string("[fd00::1]:9100")]))
    #expect(port["exposed"] == .bool(true))
    #expect(port["address"] == .string("fd00::1"))
  }
}
