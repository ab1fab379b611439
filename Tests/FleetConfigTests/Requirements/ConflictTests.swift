import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// Conflicts of ports, units and paths: items 8 to 16, X-14, X-16, 205.
@Suite struct ConflictTests {
  private func node(_ roles: String, _ parameters: String = "{}") -> MarkedRun {
    MarkedRun(
      "version: 1\nfleet: f\nroles: \(parameters)\nnodes:\n"
        + "  a: {address: 10.0.0.1, roles: [\(roles)]}\n"
    )
  }

  @Test("item 8: the manager's backend and ChromaDB both want 8000") func item8() throws {
    let run = node("1️⃣slm-backend2️⃣, 3️⃣chromadb4️⃣")
    let finding = try run.expect(
      .portCollision,
      "FLT3101",
      on: "node.a/role.chromadb",
      at: (3, 4),
      related: [(1, 2)],
      "`slm-backend` (port `app`) and `chromadb` (port `app`) both claim tcp port 8000 of `a`: "
        + "`slm-backend` by default (`port` in `roles/slm-backend/role.yaml`), `chromadb` by default "
        + "(`port` in `roles/chromadb/role.yaml`). One port has one listener, whichever starts first. "
        + "Move `chromadb` to another node, or set `roles.chromadb.port` or `roles.slm-backend.port`."
    )
    #expect(finding.related.map(\.message) == ["`slm-backend` claims it here"])
    #expect(
      finding.suggestions.map(\.message)
        == ["move `chromadb` to a free port: `chromadb: {port: 8002}`"]
    )
    try run.expectEditsCure(.portCollision, edits: 1)
  }

  @Test("item 9: grafana and the browser service both want 3000") func item9() throws {
    let run = node("1️⃣slm-monitoring2️⃣, 3️⃣browser-service4️⃣")
    let finding = try run.expect(
      .portCollision,
      "FLT3101",
      on: "node.a/role.browser-service",
      at: (3, 4),
      related: [(1, 2)],
      "`slm-monitoring` (port `grafana`) and `browser-service` (port `app`) both claim tcp port 3000 "
        + "of `a`: `slm-monitoring` by default (`grafana_port` in `roles/slm-monitoring/role.yaml`), "
        + "`browser-service` as `roles/browser-service/role.yaml` fixes it. One port has one listener, "
        + "whichever starts first. Move `browser-service` to another node, or set "
        + "`roles.slm-monitoring.grafana_port`."
    )
    #expect(
      finding.suggestions.map(\.message)
        == ["move `slm-monitoring` to a free port: `slm-monitoring: {grafana_port: 3001}`"]
    )
    try run.expectEditsCure(.portCollision, edits: 1)
  }

  @Test("item 10: both Ollamas want 11434, and one node has one Ollama") func item10() throws {
    let run = node("1️⃣autobot-llm-cpu2️⃣, 3️⃣autobot-llm-gpu4️⃣")
    try run.expect(
      .portCollision,
      "FLT3101",
      at: (3, 4),
      related: [(1, 2)],
      "`autobot-llm-cpu` (port `app`) and `autobot-llm-gpu` (port `app`) both claim tcp port 11434 of "
        + "`a`: `autobot-llm-cpu` by default (`port` in `roles/autobot-llm-cpu/role.yaml`), "
        + "`autobot-llm-gpu` by default (`port` in `roles/autobot-llm-gpu/role.yaml`). One port has one "
        + "listener, whichever starts first. Move `autobot-llm-gpu` to another node, or set "
        + "`roles.autobot-llm-gpu.port` or `roles.autobot-llm-cpu.port`."
    )
    try run.expect(
      .unitCollision,
      "FLT3102",
      at: (3, 4),
      related: [(1, 2)],
      "`autobot-llm-cpu` and `autobot-llm-gpu` share `ollama` on `a`, which exists once there, but want "
        + "it differently: `keep_alive`, `max_loaded`, `models` and `num_parallel`. Give the parameters "
        + "behind them (`roles.autobot-llm-cpu.keep_alive`, `roles.autobot-llm-gpu.keep_alive`, "
        + "`roles.autobot-llm-cpu.max_loaded`, `roles.autobot-llm-gpu.max_loaded`, "
        + "`roles.autobot-llm-cpu.models`, `roles.autobot-llm-gpu.models`, "
        + "`roles.autobot-llm-cpu.num_parallel` and `roles.autobot-llm-gpu.num_parallel`) equal values "
        + "in both roles, or move one of the roles to another node."
    )
  }

  @Test(
    "item 11, X-16: both PostgreSQLs want 5432, in every mode, and no port makes two clusters of one",
    arguments: ConflictTableTests.modes
  )
  func item11(_ mode: String) throws {
    let run = MarkedRun(
      "version: 1\nfleet: f\nsettings: {user_mode: \(mode)}\n"
        + "nodes: {a: {address: 10.0.0.1, roles: [1️⃣slm-database2️⃣, 3️⃣redis4️⃣]}}\n"
    )
    try run.expect(
      .portCollision,
      "FLT3101",
      at: (3, 4),
      related: [(1, 2)],
      "`slm-database` (port `postgresql`) and `redis` (port `postgresql`) both claim tcp port 5432 of "
        + "`a`: `slm-database` by default (`port` in `roles/slm-database/role.yaml`), `redis` by default "
        + "(`postgresql_port` in `roles/redis/role.yaml`). One port has one listener, whichever starts "
        + "first. Move `redis` to another node, or set `roles.redis.postgresql_port` or "
        + "`roles.slm-database.port`."
    )
    let moved = node("slm-database, redis", "{redis: {postgresql_port: 5433}}")
    #expect(moved.run.findings(.unitCollision).count == 1)
    let without = node("slm-database, redis", "{redis: {postgresql: false}}")
    #expect(without.run.findings(.portCollision).isEmpty)
    #expect(without.run.findings(.unitCollision).isEmpty)
  }

  @Test("item 12: a port moved by the node's parameter is the place, whichever role came first")
  func item12() throws {
    let run = node("{slm-monitoring: {grafana_port: 1️⃣80002️⃣}}, 3️⃣chromadb4️⃣")
    try run.expect(
      .portCollision,
      "FLT3101",
      on: "node.a/role.slm-monitoring",
      at: (1, 2),
      related: [(3, 4)],
      "`chromadb` (port `app`) and `slm-monitoring` (port `grafana`) both claim tcp port 8000 of `a`: "
        + "`chromadb` by default (`port` in `roles/chromadb/role.yaml`), `slm-monitoring` by its "
        + "parameter `grafana_port`. One port has one listener, whichever starts first. Move `chromadb` "
        + "to another node, or set `roles.slm-monitoring.grafana_port` or `roles.chromadb.port`."
    )
    try run.expectEditsCure(.portCollision, edits: 1)
  }

  @Test("item 12: a port moved for the whole fleet is the place, with the roles beside it")
  func item12Fleet() throws {
    let run = node("5️⃣ai-stack6️⃣, 3️⃣tts-worker4️⃣", "{ai-stack: {port: 1️⃣80822️⃣}}")
    try run.expect(
      .portCollision,
      "FLT3101",
      at: (1, 2),
      related: [(3, 4), (5, 6)],
      "`tts-worker` (port `app`) and `ai-stack` (port `app`) both claim tcp port 8082 of `a`: "
        + "`tts-worker` by default (`port` in `roles/tts-worker/role.yaml`), `ai-stack` by "
        + "`roles.ai-stack.port`. One port has one listener, whichever starts first. Move `tts-worker` "
        + "to another node, or set `roles.ai-stack.port` or `roles.tts-worker.port`."
    )
    try run.expectEditsCure(.portCollision, edits: 1)
  }

  @Test("item 12: an automatic role is a claimant like others") func item12Automatic() throws {
    let run = node("{chromadb: {port: 1️⃣91002️⃣}}")
    let finding = try #require(run.run.findings(.portCollision).first)
    #expect(finding.span == run.marked.span(1, 2))
    #expect(finding.detail.contains("`slm-agent` (port `node-exporter`)"))
    #expect(
      finding.detail.hasSuffix(
        "or set `roles.chromadb.port` or `roles.slm-agent.node_exporter_port`."
      )
    )
    try run.expectEditsCure(.portCollision, edits: 1)
  }

  @Test("item 13: sites of one nginx share 443; the layers are what keeps them apart")
  func item13() {
    #expect(node("slm-backend, slm-frontend").run.findings(.portCollision).isEmpty)
    let mixed = node("slm-frontend, frontend")
    #expect(mixed.run.findings(.portCollision).isEmpty)
    #expect(mixed.run.findings(.layerMixing).count == 1)
  }

  @Test("item 14: RedisInsight and the backend both want 8001") func item14() throws {
    let run = node("1️⃣backend2️⃣, {3️⃣redis4️⃣: {insight: true}}")
    let finding = try run.expect(
      .portCollision,
      "FLT3101",
      at: (3, 4),
      related: [(1, 2)],
      "`backend` (port `app`) and `redis` (port `insight`) both claim tcp port 8001 of `a`: `backend` "
        + "by default (`port` in `roles/backend/role.yaml`), `redis` by default (`insight_port` in "
        + "`roles/redis/role.yaml`). One port has one listener, whichever starts first. Move `redis` to "
        + "another node, or set `roles.redis.insight_port` or `roles.backend.port`."
    )
    #expect(
      finding.suggestions.map(\.message)
        == ["move `redis` to a free port: `redis: {insight_port: 8002}`"]
    )
    #expect(node("backend, redis").run.findings(.portCollision).isEmpty)
  }

  private static let own = Registry.of([
    "llm": """
    params: {unit: {type: string, default: ollama.service, doc: "Unit."}}
    units: [{name: "{{ params.unit }}", sections: {Service: {ExecStart: [/bin/true]}}}]
    """,
    "models": """
    units: [{name: ollama.service, sections: {Service: {ExecStart: [/bin/true]}}}]
    """,
    "server": """
    kind: component
    layer: shared
    services: [{name: server.service, enable: true, state: started}]
    files: [{path: /etc/server.conf, content: "x", owner: root, group: root, mode: "0644"}]
    """,
    "left": "uses: [{component: server}]\n", "right": "uses: [{component: server}]\n",
    "rival": """
    services: [{name: server.service, enable: true, state: started}]
    files: [{path: /etc/server.conf, content: "y", owner: root, group: root, mode: "0644"}]
    """,
    "tuned": "sysctl: [{key: vm.swappiness, value: \"1\"}]\n",
    "untuned": "sysctl: [{key: vm.swappiness, value: \"60\"}]\n",
    "cleaner": "orphans: {units: [old.service], paths: []}\n",
    "keeper": "services: [{name: old.service, enable: true, state: started}]\n",
  ])

  private func own(_ roles: String, _ parameters: String = "{}") -> MarkedRun {
    MarkedRun(
      "version: 1\nfleet: f\nroles: \(parameters)\nnodes:\n  a: {address: a, roles: [\(roles)]}\n",
      registry: Self.own
    )
  }

  @Test("item 15: one unit has one owner, and a parameter gives another name") func item15() throws
  {
    let run = own("1️⃣llm2️⃣, 3️⃣models4️⃣")
    let finding = try #require(run.run.findings(.unitCollision).first)
    #expect(finding.rule.code == "FLT3102")
    #expect(finding.span == run.marked.span(3, 4))
    #expect(
      finding.detail
        == "`llm` and `models` both claim the unit `ollama.service` on `a`, and only one "
        + "can own it. Move one of them to another node, or set `roles.llm.unit`."
    )
    #expect(
      finding.related.map { "\($0.message) \($0.span?.description ?? "-")" } == [
        "`llm` is here fleet.yaml:5:27", "`llm` declares it here roles/llm/role.yaml:5:9",
        "`models` declares it here roles/models/role.yaml:4:9",
      ]
    )
    #expect(own("{llm: {unit: my.service}}, models").run.slugs == [])
  }

  @Test("item 15: the parameter that names the unit is the place") func item15Parameter() throws {
    let run = own("{llm: {unit: 1️⃣server.service2️⃣}}, 3️⃣rival4️⃣")
    let finding = try #require(run.run.findings(.unitCollision).first)
    #expect(finding.span == run.marked.span(1, 2))
    #expect(finding.related.first?.span == run.marked.span(3, 4))
  }

  @Test("item 15: roles share a component, but nobody else may bring its unit") func shared() throws
  {
    #expect(own("left, right").run.slugs == [])
    let run = own("1️⃣left2️⃣, 3️⃣rival4️⃣")
    let finding = try #require(run.run.findings(.unitCollision).first)
    #expect(finding.span == run.marked.span(3, 4))
    #expect(
      finding.detail
        == "`server` (with `left`) and `rival` both claim the service `server.service` on "
        + "`a`, and only one can own it. Move one of them to another node."
    )
    #expect(run.run.slugs == ["unit-collision", "path-collision"])
  }

  @Test("a kernel setting has one value") func settings() throws {
    let run = own("1️⃣tuned2️⃣, 3️⃣untuned4️⃣")
    let finding = try #require(run.run.findings(.resourceCollision).first)
    #expect(finding.rule.code == "FLT3104")
    #expect(finding.span == run.marked.span(3, 4))
    #expect(
      finding.detail
        == "`tuned` and `untuned` both claim the kernel setting `vm.swappiness` on `a`, "
        + "but not alike (`1` and `60`). Declare it equally in both, or move one to another node."
    )
  }

  @Test("what one role wants gone no other may bring") func orphans() throws {
    let run = own("1️⃣cleaner2️⃣, 3️⃣keeper4️⃣")
    let finding = try #require(run.run.findings(.unitCollision).first)
    #expect(
      finding.detail == "`cleaner` and `keeper` both claim the service `old.service` on `a`, but "
        + "`cleaner` wants it gone. Move one of them to another node."
    )
    #expect(own("cleaner").run.slugs == [])
  }

  @Test("item 205: two runtimes of one shared environment are one finding with both roles")
  func runtimes() throws {
    let run = node(
      "1️⃣backend2️⃣, 3️⃣celery4️⃣",
      "{backend: {python_version: 5️⃣'3.11'6️⃣}}"
    )
    try run.expect(
      .unitCollision,
      "FLT3102",
      at: (5, 6),
      related: [(3, 4), (1, 2)],
      "`backend` and `celery` share `autobot-backend-code` on `a`, which exists once there, but want it "
        + "differently: `python_version`. Give the parameters behind them "
        + "(`roles.backend.python_version` and `roles.celery.python_version`) equal values in both "
        + "roles, or move one of the roles to another node."
    )
    let chroma = node("ai-stack, {chromadb: {python_version: '3.11'}}")
    #expect(chroma.run.findings(.unitCollision).count == 1)
    let nodes = node("slm-frontend, {slm-backend: {node_version: '22'}}")
    #expect(nodes.run.findings(.unitCollision).count == 1)
  }

  @Test("X-14: an application and its own nginx share a number on disjoint addresses")
  func proxies() throws {
    let run = Validation(AutobotFleet.text())
    for (role, app, site) in [
      ("ai-stack", "app", "api"), ("npu-worker", "app", "api"), ("tts-worker", "app", "api"),
      ("browser-service", "app", "api"), ("chromadb", "app", "chroma"),
    ] {
      let instance = try #require(run.resolved?.instances(of: role).first)
      #expect(instance.port(app)?.number == instance.port(site)?.number)
      #expect(instance.port(app)?.bind == ["127.0.0.1"])
      #expect(instance.port(site)?.bind == [instance.node.address.value], "\(role)")
    }
  }

  @Test(
    "X-14: where the node's address is loopback, the two addresses are one",
    arguments: ["127.0.0.1", "localhost"]
  )
  func loopbackNode(_ address: String) throws {
    let run = MarkedRun(
      "version: 1\nfleet: f\nnodes: {a: {address: \(address), roles: [1️⃣ai-stack2️⃣]}}\n"
    )
    try run.expect(
      .portCollision,
      "FLT3101",
      at: (1, 2),
      related: [(1, 2)],
      "Two ports of `ai-stack` (`app` and `api`) claim tcp port 8080 of `a`: `app` by default (`port` in "
        + "`roles/ai-stack/role.yaml`), `api` by default (`port` in `roles/ai-stack/role.yaml`). One "
        + "port has one listener, whichever starts first. Give the node the address by which others "
        + "reach it."
    )
  }

  @Test("X-14: an application that others reach past its proxy is in the proxy's way")
  func pastTheProxy() throws {
    let registry = Registry.of([
      "web": """
      ports:
        - {name: app, number: 8080, scope: loopback}
        - {name: site, number: 8080, scope: fleet, shared: nginx, proxy_of: app}
      """,
      "user": "needs: [{role: web, endpoint: app, hard: true}]\n",
    ])
    let run = MarkedRun(
      "version: 1\nfleet: f\nnodes:\n  a: {address: 10.0.0.1, roles: [1️⃣web2️⃣]}\n"
        + "  b: {address: 10.0.0.2, roles: [user]}\n",
      registry: registry
    )
    try run.expect(
      .portCollision,
      "FLT3101",
      at: (1, 2),
      related: [(1, 2)],
      "Two ports of `web` (`app` and `site`) claim tcp port 8080 of `a`: `app` as "
        + "`roles/web/role.yaml` fixes it, `site` as `roles/web/role.yaml` fixes it. One port has one "
        + "listener, whichever starts first. Keep `app` on loopback: what needs it from other nodes has "
        + "to need `site`."
    )
  }
}
