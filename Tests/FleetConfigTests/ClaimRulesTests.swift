import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// Claims of ports, units and paths: FLT3101 to FLT3103.
@Suite struct ClaimRulesTests {
  private func collisions(
    _ nodes: String,
    roles: String = "",
    mode: String = "single_company"
  )
    -> (MarkedText, [Diagnostic])
  {
    let marked = MarkedText(
      "version: 1\nfleet: f\nsettings: {user_mode: \(mode)}\n" + roles + "nodes:\n" + nodes
    )
    return (marked, Validation(marked.source).findings(.portCollision))
  }

  struct Pair: CustomTestStringConvertible {
    let first: String
    let second: String
    let port: Int
    /// Parameters under which the two can live together.
    let cure: String
    var testDescription: String { "\(first) and \(second) on \(port)" }
  }

  static let documented = [
    Pair(first: "slm-backend", second: "chromadb", port: 8000, cure: "chromadb: {port: 8100}"),
    Pair(
      first: "slm-monitoring",
      second: "browser-service",
      port: 3000,
      cure: "slm-monitoring: {grafana_port: 3001}"
    ),
    Pair(
      first: "autobot-llm-cpu",
      second: "autobot-llm-gpu",
      port: 11434,
      cure: "autobot-llm-cpu: {port: 11435}"
    ),
    Pair(
      first: "slm-database",
      second: "redis",
      port: 5432,
      cure: "slm-database: {port: 5433}"
    ),
  ]

  @Test(
    arguments: documented,
    ["single_user", "single_company", "multi_company", "provider"]
  )
  func theDocumentedConflictsAreDerivedInEveryMode(_ pair: Pair, _ mode: String) throws {
    let (marked, findings) = collisions(
      "  a: {address: 10.0.0.1, roles: [1️⃣\(pair.first)2️⃣, 3️⃣\(pair.second)4️⃣]}\n",
      mode: mode
    )
    let finding = try #require(findings.first { $0.detail.contains(" \(pair.port) ") })
    #expect(finding.span == marked.span(3, 4))
    #expect(finding.related.map(\.span) == [marked.span(1, 2)])
    #expect(finding.detail.contains("`\(pair.first)`"))
    #expect(finding.detail.contains("`\(pair.second)`"))
    #expect(finding.address == "node.a/role.\(pair.second)")
  }

  @Test(arguments: documented) func movingOnePortResolvesTheConflict(_ pair: Pair) {
    let (_, findings) = collisions(
      "  a: {address: 10.0.0.1, roles: [\(pair.first), \(pair.second)]}\n",
      roles: "roles: {\(pair.cure)}\n"
    )
    #expect(findings.map(\.detail) == [])
  }

  @Test func theUndocumentedConflictIsDerivedToo() {
    let nodes = "  a: {address: 10.0.0.1, roles: [backend, redis]}\n"
    #expect(collisions(nodes).1.isEmpty)
    let (_, findings) = collisions(nodes, roles: "roles: {redis: {insight: true}}\n")
    #expect(findings.count == 1)
    #expect(findings.first?.detail.contains("8001") == true)
    let moved = "roles: {redis: {insight: true, insight_port: 8002}}\n"
    #expect(collisions(nodes, roles: moved).1.isEmpty)
  }

  @Test func noOtherPairOfRolesCollidesByDefault() {
    let roles = Registry.repository.sortedRoles.filter {
      $0.placement.replicas == .one || $0.placement.replicas == .many
    }
    var found: Set<[String]> = []
    for (index, first) in roles.enumerated() {
      for second in roles[(index + 1)...] {
        let node = "  a: {address: 10.0.0.1, roles: [\(first.name), \(second.name)]}\n"
        if !collisions(node).1.isEmpty { found.insert([first.name, second.name].sorted()) }
      }
    }
    #expect(found == Set(Self.documented.map { [$0.first, $0.second].sorted() }))
  }

  @Test func aPortMovedOnTheNodeIsThePlaceOfTheClaim() throws {
    let (marked, findings) = collisions(
      "  a: {address: 10.0.0.1, roles: [slm-monitoring, {chromadb: {port: 1️⃣30002️⃣}}]}\n"
    )
    #expect(findings.first?.span == marked.span(1, 2))
  }

  @Test func sitesOfOneNginxShareTheirPort() {
    let (_, findings) = collisions("  a: {address: 10.0.0.1, roles: [slm-backend, slm-frontend]}\n")
    #expect(findings.map(\.detail) == [])
  }

  private static let claims = Registry.of([
    "one": """
    units: [{name: app.service, sections: {Service: {ExecStart: [/bin/true]}}}]
    directories:
      - {path: /srv/both, owner: root, group: root, mode: "0755", shared: true}
      - {path: /srv/own, owner: root, group: root, mode: "0755"}
    """,
    "two": """
    params: {unit: {type: string, default: app.service, doc: "Its unit."}}
    units: [{name: "{{ params.unit }}", sections: {Service: {ExecStart: [/bin/true]}}}]
    directories:
      - {path: /srv/both, owner: root, group: root, mode: "0755", shared: true}
    """,
    "three": """
    directories:
      - {path: /srv/both, owner: root, group: root, mode: "0700", shared: true}
      - {path: /srv/own, owner: root, group: root, mode: "0755", shared: true}
      - {path: /srv/far, owner: root, group: root, mode: "0755", when: node.wsl2}
    """,
    "four": """
    directories:
      - {path: /srv/far, owner: root, group: root, mode: "0755"}
    """,
  ])

  private func run(_ fields: String) -> (MarkedText, Validation) {
    let marked = MarkedText("version: 1\nfleet: f\nnodes:\n  a: {address: a, \(fields)}\n")
    return (marked, Validation(marked.source, registry: Self.claims))
  }

  @Test func oneUnitHasOneOwner() throws {
    let (marked, run) = run("roles: [1️⃣one2️⃣, 3️⃣two4️⃣]")
    let finding = try #require(run.findings(.unitCollision).first)
    #expect(finding.span == marked.span(3, 4))
    #expect(finding.related.first?.span == marked.span(1, 2))
    #expect(run.slugs == ["unit-collision"])
  }

  @Test func anotherNameByParameterResolvesTheCollision() {
    let (_, run) = run("roles: [one, {two: {unit: other.service}}]")
    #expect(run.slugs == [])
  }

  @Test func sharedPathsMustBeDeclaredSharedAndAlike() {
    let (_, run) = run("roles: [one, three]")
    let details = run.findings(.pathCollision).map(\.detail)
    #expect(details.count == 2)
    #expect(details.contains { $0.contains("/srv/both") && $0.contains("not alike") })
    #expect(details.contains { $0.contains("/srv/own") })
  }

  @Test func aClaimUnderAConditionCountsOnlyWhereItHolds() {
    #expect(run("roles: [three, four]").1.slugs == [])
    #expect(run("wsl2: true, roles: [three, four]").1.slugs == ["path-collision"])
  }

  @Test func rolesOnOneNodeMustWantTheSameOfAComponent() {
    let component = """
      kind: component
      collect: [sites]
      """
    let user = """
      params: {version: {type: string, default: "1", doc: "Version."}}
      uses: [{component: server, with: {version: "{{ params.version }}", sites: ["{{ role }}"]}}]
      """
    let registry = Registry.of(["server": component, "left": user, "right": user])
    func slugs(_ right: String) -> [String] {
      Validation(
        "version: 1\nfleet: f\nnodes: {a: {address: a, roles: [left, \(right)]}}",
        registry: registry
      ).slugs
    }
    #expect(slugs("right") == [])
    #expect(slugs("{right: {version: '2'}}") == ["unit-collision"])
  }
}
