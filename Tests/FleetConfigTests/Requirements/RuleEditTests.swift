import FleetConfig
import FleetDiagnostics
import FleetRegistry
import FleetTestSupport
import Testing

/// Every suggested edit, made and validated again: its finding is gone and the text is still YAML.
@Suite struct RuleEditTests {
  private func run(_ nodes: String, _ parameters: String = "{}") -> MarkedRun {
    MarkedRun("version: 1\nfleet: f\nroles: \(parameters)\nnodes:\n" + nodes)
  }

  @Test(
    "item 205: a role that is listed twice is removed once, in every style of list",
    arguments: [
      "  a: {address: a, roles: [redis, redis]}\n",
      "  a: {address: a, roles: [redis, redis, celery]}\n",
      "  a: {address: a, roles: [redis, celery, {redis: {port: 6390}}]}\n",
      "  a: {address: a, roles: [{redis: {port: 6390}}, celery, redis]}\n",
      "  a:\n    address: a\n    roles:\n      - redis # the first\n      - celery\n      - redis # again\n",
      "  a:\n    address: a\n    roles:\n      - redis # the first\n      - redis\n",
      "  a:\n    address: a\n    roles:\n      - redis\n      - redis # again\n      - celery\n",
      "  a:\n    address: a\n    roles: [redis,\n      celery,\n      redis]\n",
      "  a:\n    address: a\n    roles:\n      - redis:\n          port: 6390\n      - redis\n",
      "  a: {address: a, roles: [\"redis\", 'redis']}\n",
    ]
  )
  func repeated(_ nodes: String) throws {
    let run = run(nodes)
    #expect(run.run.findings(.roleRepeated).count == 1)
    try run.expectEditsCure(.roleRepeated, edits: 1)
    // The comment of what stays, stays.
    if nodes.contains("# the first") {
      let edits = try #require(run.run.findings(.roleRepeated).first?.suggestions.first?.edits)
      #expect(run.marked.source.applying(edits).contains("- redis # the first\n"))
    }
  }

  @Test("two entries with parameters are joined by hand") func bothWithParameters() {
    let run = run("  a: {address: a, roles: [{redis: {port: 1}}, {redis: {tls: true}}]}\n")
    #expect(run.run.findings(.roleRepeated).map(\.suggestions) == [[]])
  }

  @Test(
    "a misspelt role is replaced, with its parameters",
    arguments: [
      "  a: {address: a, roles: [reddis]}\n",
      "  a: {address: a, roles: [{reddis: {port: 6390}}]}\n",
      "  a: {address: a, roles: [\"Redis\"]}\n",
      "  a:\n    address: a\n    roles:\n      - crhomadb\n      - celery\n",
    ]
  )
  func misspelt(_ nodes: String) throws {
    try run(nodes).expectEditsCure(.unknownRole, edits: 1)
  }

  @Test("a misspelt name under `roles` is replaced") func misspeltParameters() throws {
    try run("  a: {address: a, roles: [redis]}\n", "{reddis: {port: 6390}}")
      .expectEditsCure(.unknownRole, edits: 1)
  }

  @Test(
    "what is no role goes, in every place of a list",
    arguments: [
      ("  a: {address: a, roles: [nginx, celery]}\n", 1),
      ("  a: {address: a, roles: [celery, nginx]}\n", 1),
      ("  a: {address: a, roles: [celery, nginx, redis]}\n", 1),
      ("  a:\n    address: a\n    roles:\n      - nginx\n      - celery\n", 1),
      ("  a:\n    address: a\n    roles:\n      - celery # worker\n      - nginx\n", 1),
      ("  a: {address: a, roles: [nginx]}\n", 0), ("  a: {address: a, roles: [grafana]}\n", 1),
      ("  a: {address: a, roles: [{grafana: {x: 1}}, celery]}\n", 1),
    ]
  )
  func notARole(_ nodes: String, _ edits: Int) throws {
    try run(nodes).expectEditsCure(.notARole, edits: edits)
  }

  @Test(
    "a port is moved where it is written, or the role gets the parameter",
    arguments: [
      ("[slm-backend, chromadb]", "{}", 1), ("[slm-backend, {chromadb: {port: 8000}}]", "{}", 1),
      ("[slm-backend, chromadb]", "{chromadb: {port: 8000}}", 1),
      ("[slm-backend, {chromadb: {data: /srv/x}}]", "{}", 0),
      ("[{chromadb: {port: 9100}}]", "{}", 1),
      ("[chromadb]", "{slm-agent: {node_exporter_port: 8000}}", 1),
    ]
  )
  func port(_ roles: String, _ parameters: String, _ edits: Int) throws {
    let run = run("  a: {address: 10.0.0.1, roles: \(roles)}\n", parameters)
    #expect(run.run.findings(.portCollision).count == 1)
    try run.expectEditsCure(.portCollision, edits: edits)
  }

  @Test("two roles that are told to move do not move to one place") func distinct() throws {
    let run = run(
      "  a: {address: 10.0.0.1, roles: [slm-backend, {ai-stack: {port: 8000}}, {tts-worker: {port: 8000}}]}\n"
    )
    let findings = run.run.findings(.portCollision)
    #expect(findings.count == 3)
    let edits = Set(findings.flatMap { $0.suggestions.flatMap(\.edits) })
    let after = Validation(run.marked.source.applying(Array(edits)))
    #expect(after.findings(.portCollision).isEmpty)
  }

  @Test("the same mistake on many nodes gets the same advice") func same() throws {
    let nodes = (0..<5).map {
      "  n\($0): {address: 10.0.0.\($0), roles: [slm-backend, chromadb]}\n"
    }
    let findings = run(nodes.joined()).run.findings(.portCollision)
    #expect(Set(findings.flatMap { $0.suggestions.map(\.message) }).count == 1)
    #expect(findings.count == 5)
  }
}
