import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// Who needs whom: items 3, 141, 152, 154, 155, 205, X-10, X-20, X-34, X-43.
@Suite struct DependencyTests {
  private func fleet(_ nodes: [String: String], settings: String = "") -> MarkedRun {
    MarkedRun(AutobotFleet.text(nodes, settings: settings))
  }

  private func dependency(
    _ run: Validation,
    _ consumer: String,
    _ provider: String,
    _ endpoint: String?
  ) throws -> ResolvedDependency {
    let instance = try #require(run.resolved?.instances(of: consumer).first)
    return try #require(
      instance.dependencies.first { $0.role == provider && $0.endpoint == endpoint }
    )
  }

  @Test(
    "item 152: a required provider on no node is an error that names its home and who uses it",
    arguments: ["single_user", "single_company"]
  )
  func required(_ mode: String) throws {
    let run = MarkedRun(
      AutobotFleet.text(
        ["04-Databases": "address: 172.16.168.23"],
        settings: "settings: {user_mode: \(mode)}"
      )
    )
    let finding = try #require(run.run.findings(.requiredRoleMissing).first)
    #expect(finding.rule.code == "FLT3010")
    #expect(
      finding.detail
        == "No node has `redis` (Redis Stack and PostgreSQL database node (primary cache, "
        + "Celery broker, pub/sub, vector search, time series, and the backend's user database)), which "
        + "every fleet of this registry needs. Add it to the `roles` of `04-Databases`, its usual node, "
        + "or of another."
    )
    #expect(
      finding.related.map(\.message) == [
        "`slm-backend` on `00-SLM-Manager` uses it", "`slm-monitoring` on `00-SLM-Manager` uses it",
        "`backend` on `01-Backend` uses it",
      ]
    )
    #expect(run.run.findings(.dependencyMissing).isEmpty, "one cause, one finding")
  }

  @Test("items 3, 152: an optional provider on no node is a warning that says what is lost")
  func optional() throws {
    let run = fleet(["browser-automation": "address: 172.16.168.25"])
    let finding = try #require(run.run.findings(.optionalRoleMissing).first)
    #expect(finding.rule.code == "FLT3011")
    #expect(finding.severity == .warning)
    #expect(
      finding.detail == "No node has `browser-service`. Without it: Browser automation tasks are "
        + "unavailable; features degrade gracefully. Add it to the `roles` of `browser-automation`, its "
        + "usual node, or of another."
    )
    #expect(run.run.resolved != nil)
  }

  @Test("item 152: a hard need of a role of one's own is an error at the consumer and in its file")
  func ownNeed() throws {
    let registry = Registry.of([
      "app": "needs: [{role: queue, endpoint: amqp, hard: true, doc: \"tasks.\"}]\n",
      "queue":
        "ports: [{name: amqp, number: 5672, scope: fleet}]\nplacement: {default_nodes: [b]}\n",
    ])
    let run = MarkedRun(
      "version: 1\nfleet: f\nnodes: {a: {address: a, roles: [1️⃣app2️⃣]}, b: {address: b}}\n",
      registry: registry
    )
    let finding = try #require(run.run.findings(.dependencyMissing).first)
    #expect(finding.rule.code == "FLT3201")
    #expect(finding.span == run.marked.span(1, 2))
    #expect(
      finding.detail
        == "`app` on `a` needs `queue` (tasks), but no node has it. Add it to the `roles` "
        + "of `b`, its usual node, or of another. Or remove `app`."
    )
    #expect(finding.related.map { $0.span?.description } == ["roles/app/role.yaml:4:9"])
  }

  @Test("item 141: slm-frontend needs the manager's backend: on its node over loopback")
  func item141()
    throws
  {
    let run = Validation(AutobotFleet.text())
    let edge = try dependency(run, "slm-frontend", "slm-backend", "app")
    #expect(edge.isHard)
    #expect(edge.isLocal)
    let backend = try #require(run.resolved?.instances(of: "slm-backend").first)
    #expect(backend.port("app")?.number == 8000)
    #expect(backend.port("app")?.bind == ["127.0.0.1"])
  }

  @Test("item 141, X-43: on a node of its own it comes over HTTPS, and 8000 stays on loopback")
  func x43() throws {
    let run = fleet([
      "00-SLM-Manager":
        "address: 172.16.168.19, roles: [slm-backend, slm-database, slm-monitoring]",
      "slm-ui": "address: 172.16.168.30, roles: [slm-frontend]",
    ]).run
    let edge = try dependency(run, "slm-frontend", "slm-backend", "https")
    #expect(edge.isHard)
    #expect(!edge.isLocal)
    let backend = try #require(run.resolved?.instances(of: "slm-backend").first)
    #expect(backend.port("https")?.number == 443)
    #expect(backend.port("app")?.bind == ["127.0.0.1"])
    #expect(backend.port("app")?.widened == false)
  }

  @Test("X-10: the manager's PostgreSQL is on loopback, and opened only to a separated backend")
  func x10() throws {
    let together = Validation(AutobotFleet.text())
    let local = try #require(together.resolved?.instances(of: "slm-database").first)
    #expect(local.port("postgresql")?.bind == ["127.0.0.1"])
    let apart = fleet([
      "00-SLM-Manager":
        "address: 172.16.168.19, roles: [slm-backend, slm-frontend, slm-monitoring]",
      "slm-data": "address: 172.16.168.30, roles: [slm-database]",
    ]).run
    let database = try #require(apart.resolved?.instances(of: "slm-database").first)
    let port = try #require(database.port("postgresql"))
    #expect(port.bind == ["127.0.0.1", "172.16.168.30"])
    #expect(apart.resolved?.consumerAddresses(of: port, at: database) == ["172.16.168.19"])
  }

  @Test("X-20: the manager uses redis but never waits for it, and lives without it") func x20()
    throws
  {
    let run = Validation(AutobotFleet.text())
    let edge = try dependency(run, "slm-backend", "redis", "redis")
    #expect(!edge.isHard)
    #expect(!edge.isOrdered)
    #expect(run.findings(.dependencyCycle).isEmpty)
    let waves = try #require(run.resolved).order.map { $0.map(\.address) }
    let manager = try #require(
      waves.firstIndex { $0.contains("node.00-SLM-Manager/role.slm-backend") }
    )
    // Redis has no need of its own: were the edge an order, the manager would come after it.
    #expect(manager <= 1)
  }

  @Test("X-34: the backend's models are a soft edge") func x34() throws {
    let run = Validation(AutobotFleet.text())
    #expect(try !dependency(run, "backend", "autobot-llm-gpu", "ollama").isHard)
    let without = fleet([
      "01-Backend": "address: 172.16.168.20, roles: [backend, celery]"
    ]).run
    #expect(!without.diagnostics.hasErrors)
    #expect(try dependency(without, "backend", "autobot-llm-cpu", "ollama").isAvailable)
  }

  @Test("item 154: the documented graph has no circle") func acyclic() throws {
    #expect(Validation(AutobotFleet.text()).findings(.dependencyCycle).isEmpty)
  }

  @Test("item 154: a circle is one finding that begins with the smallest name, an edge a place")
  func circle() throws {
    let registry = Registry.of([
      "worker": "placement: {replicas: many}\nneeds: [{role: api, hard: true}]\n",
      "api":
        "placement: {replicas: many}\nports: [{name: web, number: 80, scope: fleet}]\n"
        + "needs: [{role: cache, hard: true}]\n",
      "cache": "placement: {replicas: many}\nneeds: [{role: worker, hard: false}]\n",
      "site": "needs: [{role: api, endpoint: web, hard: true}]\n",
    ])
    let run = MarkedRun(
      "version: 1\nfleet: f\nnodes:\n  z: {address: z, roles: [site, worker]}\n"
        + "  a: {address: a, roles: [cache, 1️⃣api2️⃣]}\n",
      registry: registry
    )
    let finding = try #require(run.run.findings(.dependencyCycle).first)
    #expect(finding.rule.code == "FLT3203")
    #expect(finding.span == run.marked.span(1, 2))
    #expect(
      finding.detail
        == "These roles wait for each other, so none can start first: `api` → `cache` → "
        + "`worker` → `api`. Give one of the needs `order: false`, where the consumer can start without "
        + "its provider."
    )
    #expect(
      finding.related.map { "\($0.message) | \($0.span?.description ?? "-")" } == [
        "`api` on `a` waits for `cache` on `a` | roles/api/role.yaml:6:9",
        "`cache` on `a` waits for `worker` on `z` | roles/cache/role.yaml:5:9",
        "`worker` on `z` waits for `api` on `a` | roles/worker/role.yaml:5:9",
      ]
    )
    #expect(run.run.findings(.dependencyCycle).count == 1)
  }

  @Test("item 154: the same circle on many nodes is one finding; another circle is another")
  func repeated() throws {
    let registry = Registry.of([
      "a": "placement: {replicas: many}\nneeds: [{role: b, hard: true}, {role: c, hard: true}]\n",
      "b": "placement: {replicas: many}\nneeds: [{role: a, hard: true}]\n",
      "c": "placement: {replicas: many}\nneeds: [{role: a, hard: true}]\n",
    ])
    let nodes = (0..<40).map { "  n\($0): {address: 10.0.0.\($0), roles: [c, b, a]}\n" }.joined()
    let run = Validation("version: 1\nfleet: f\nnodes:\n" + nodes, registry: registry)
    #expect(
      run.findings(.dependencyCycle).map(\.detail)
        == ["`a` → `b` → `a`", "`a` → `c` → `a`"].map {
          "These roles wait for each other, so none can start first: \($0). Give one of the needs "
            + "`order: false`, where the consumer can start without its provider. The same circle stands "
            + "39 more times in the fleet."
        }
    )
  }

  @Test("item 155: the dependents of a role, whatever their node") func dependents() throws {
    let resolved = try #require(Validation(AutobotFleet.text()).resolved)
    func dependents(_ role: String, _ node: String) throws -> [String] {
      let id = try #require(NodeID(node))
      let instance = try #require(resolved.instance(role, on: id))
      return resolved.dependents(of: instance).map(\.address)
    }
    #expect(
      try dependents("redis", "04-Databases") == [
        "node.00-SLM-Manager/role.slm-backend", "node.00-SLM-Manager/role.slm-monitoring",
        "node.01-Backend/role.backend", "node.01-Backend/role.celery",
        "node.npu-worker/role.tts-worker", "node.03-AI-Stack/role.ai-stack",
      ]
    )
    #expect(
      try dependents("chromadb", "03-AI-Stack") == [
        "node.01-Backend/role.backend", "node.01-Backend/role.celery",
        "node.03-AI-Stack/role.ai-stack",
      ]
    )
    #expect(
      try dependents("backend", "01-Backend") == [
        "node.00-SLM-Manager/role.slm-backend", "node.00-SLM-Manager/role.slm-monitoring",
        "node.01-Backend/role.celery",
        "node.02-Frontend/role.frontend",
      ]
    )
  }
}
