import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// Who may stand where: items 22 to 29, 188, 191, 198, 205, 206, X-05, X-17, X-41, X-42.
@Suite struct PlacementTests {
  private func fleet(_ nodes: [String: String]) -> MarkedRun { MarkedRun(AutobotFleet.text(nodes)) }

  private static func mixing(_ node: String, _ managers: String, _ workers: String) -> String {
    "`\(node)` carries roles of the management layer (\(managers)) and of the business layer "
      + "(\(workers)). The manager holds the keys to every node, so nothing that serves users may share "
      + "its machine. Move one side to another node."
  }

  @Test("items 22, 28, 198: no user-facing service on the manager's node") func item22() throws {
    let run = fleet([
      "00-SLM-Manager":
        "address: 172.16.168.19, roles: [1️⃣slm-backend2️⃣, 3️⃣slm-frontend4️⃣, 5️⃣slm-database6️⃣, 7️⃣tts-worker8️⃣]",
      "npu-worker":
        "address: 172.16.168.22, roles: [npu-worker], hardware: {npus: [{id: n, vendor: intel}]}",
    ])
    try run.expect(
      .layerMixing,
      "FLT3301",
      on: "node.00-SLM-Manager/role.tts-worker",
      at: (7, 8),
      related: [(1, 2), (3, 4), (5, 6)],
      Self.mixing(
        "00-SLM-Manager",
        "`slm-backend`, `slm-frontend` and `slm-database`",
        "`tts-worker`"
      )
    )
  }

  @Test("items 23, 28: no SLM component on the backend's node") func item23() throws {
    let run = fleet([
      "01-Backend":
        "address: 172.16.168.20, roles: [1️⃣backend2️⃣, 3️⃣celery4️⃣, 5️⃣slm-monitoring6️⃣]",
      "00-SLM-Manager": "address: 172.16.168.19, roles: [slm-backend, slm-frontend, slm-database]",
    ])
    try run.expect(
      .layerMixing,
      "FLT3301",
      on: "node.01-Backend/role.slm-monitoring",
      at: (5, 6),
      related: [(1, 2), (3, 4)],
      Self.mixing("01-Backend", "`slm-monitoring`", "`backend` and `celery`")
    )
  }

  @Test("item 24: an application service on the databases' node is unusual") func item24() throws {
    let run = fleet([
      "03-AI-Stack": "address: 172.16.168.24, roles: [chromadb]",
      "04-Databases": "address: 172.16.168.23, roles: [redis, 1️⃣ai-stack2️⃣]",
    ])
    let finding = try #require(run.run.findings(.placementUnusual).first)
    #expect(finding.rule.code == "FLT3303")
    #expect(finding.severity == .warning)
    #expect(finding.span == run.marked.span(1, 2))
    #expect(finding.related.map(\.message) == ["its usual node is here"])
    #expect(
      finding.related.first?.span
        == run.run.resolved?.nodes.first {
          $0.id.name == "03-AI-Stack"
        }?.span
    )
    #expect(
      finding.detail
        == "`ai-stack` is on `04-Databases`; the registry documents it on `03-AI-Stack`. "
        + "Move it there, or allow `placement-unusual` on `04-Databases` with the reason."
    )
    #expect(!run.run.diagnostics.hasErrors)
  }

  @Test(
    "items 25, 26, X-17: no SLM monitoring on the AI stack or the browser: a matter of layers",
    arguments: [
      ("03-AI-Stack", "172.16.168.24", ["ai-stack", "chromadb"], 0),
      ("browser-automation", "172.16.168.25", ["browser-service"], 1),
    ]
  )
  func item25(_ node: String, _ address: String, _ roles: [String], _ ports: Int) throws {
    let list = roles.joined(separator: ", ")
    let run = fleet([
      node: "address: \(address), roles: [\(list), 1️⃣slm-monitoring2️⃣]",
      "00-SLM-Manager": "address: 172.16.168.19, roles: [slm-backend, slm-frontend, slm-database]",
    ])
    let finding = try #require(run.run.findings(.layerMixing).first)
    #expect(finding.span == run.marked.span(1, 2))
    #expect(
      finding.detail
        == Self.mixing(
          node,
          "`slm-monitoring`",
          roles.map { "`\($0)`" }.joined(separator: " and ")
        )
    )
    // The document's reason, a clash on Grafana's port, holds for the browser only.
    #expect(run.run.findings(.portCollision).count == ports)
  }

  @Test("item 27: agent and shared library come by themselves and mix with every layer")
  func item27() throws {
    let resolved = try #require(Validation(AutobotFleet.text()).resolved)
    let nodes = resolved.nodes.map(\.id.name)
    #expect(resolved.instances(of: "slm-agent").map(\.node.id.name) == nodes)
    #expect(
      resolved.instances(of: "autobot-shared").map(\.node.id.name) == [
        "00-SLM-Manager", "01-Backend", "npu-worker", "03-AI-Stack",
      ]
    )
  }

  @Test(
    "items 29, 191: the browser stays away from the fleet's data",
    arguments: ["redis", "backend", "slm-database"]
  )
  func item29(_ role: String) throws {
    let run = MarkedRun(
      "version: 1\nfleet: f\nnodes:\n"
        + "  a: {address: a, roles: [1️⃣\(role)2️⃣, 3️⃣browser-service4️⃣]}\n"
    )
    try run.expect(
      .placementForbidden,
      "FLT3302",
      on: "node.a/role.browser-service",
      at: (3, 4),
      related: [(1, 2)],
      "`browser-service` may not be on the node of `\(role)` (`a`): a browser that runs foreign pages "
        + "stays away from the fleet's data (ADR-001). Move one of them to another node."
    )
  }

  @Test("item 188: the frontend is not served from the backend's machine") func item188() throws {
    let run = fleet([
      "01-Backend": "address: 172.16.168.20, roles: [1️⃣backend2️⃣, celery, 3️⃣frontend4️⃣]",
      "02-Frontend": "",
    ])
    try run.expect(
      .placementForbidden,
      "FLT3302",
      on: "node.01-Backend/role.frontend",
      at: (3, 4),
      related: [(1, 2)],
      "`frontend` may not be on the node of `backend` (`01-Backend`): only the frontend's own machine "
        + "serves the frontend (ADR-001, ADR-005). Move one of them to another node."
    )
  }

  @Test("items 188, 206: no second frontend") func secondFrontend() throws {
    let run = fleet([
      "02-Frontend": "address: 172.16.168.21, roles: [1️⃣frontend2️⃣]",
      "03-AI-Stack": "address: 172.16.168.24, roles: [ai-stack, chromadb, 3️⃣frontend4️⃣]",
    ])
    try run.expect(
      .roleNotReplicable,
      "FLT3006",
      on: "node.03-AI-Stack/role.frontend",
      at: (3, 4),
      related: [(1, 2)],
      "`frontend` is on `02-Frontend` and on `03-AI-Stack`, but a fleet has it once: what uses it knows "
        + "one address. Remove it from one of them."
    )
  }

  @Test("item 206: workers and models scale out, agent and library are everywhere, the rest is one")
  func item206() {
    let replicas = Dictionary(
      grouping: Registry.repository.sortedRoles,
      by: { $0.placement.replicas.rawValue }
    ).mapValues { $0.map(\.name) }
    #expect(replicas["every-node"] == ["slm-agent"])
    #expect(replicas["every-python-node"] == ["autobot-shared"])
    #expect(
      replicas["many"] == [
        "autobot-llm-cpu", "autobot-llm-gpu", "celery", "npu-worker", "tts-worker",
      ]
    )
    #expect(replicas["one"]?.count == 10)
    let run = fleet([
      "02-Frontend": "address: 172.16.168.21, roles: [frontend, tts-worker]",
      "05-LLM-CPU": "address: 172.16.168.26, roles: [autobot-llm-cpu, celery]",
    ])
    #expect(run.run.findings(.roleNotReplicable).isEmpty)
  }

  @Test("item 205: .27 is reserved and carries what every node carries") func reserved() throws {
    let run = fleet([
      "06-Node-27": "address: 172.16.168.27, reserved: true, roles: [1️⃣tts-worker2️⃣]"
    ])
    let finding = try #require(run.run.findings(.reservedNode).first)
    #expect(finding.rule.code == "FLT3007")
    #expect(finding.span == run.marked.span(1, 2))
    #expect(finding.related.map(\.message) == ["this node is reserved"])
    #expect(
      finding.detail
        == "`06-Node-27` is reserved but lists `tts-worker`. A reserved node carries only "
        + "the automatic roles. Remove `reserved: true`, or move the roles to another node."
    )
  }

  @Test("item 205: one machine is one node") func duplicateAddress() throws {
    let run = fleet([
      "02-Frontend": "address: 1️⃣172.16.168.212️⃣, roles: [frontend]",
      "05-LLM-CPU": "address: 3️⃣172.16.168.214️⃣, roles: [autobot-llm-cpu]",
    ])
    try run.expect(
      .duplicateAddress,
      "FLT3003",
      on: "node.05-LLM-CPU",
      at: (3, 4),
      related: [(1, 2)],
      "`05-LLM-CPU` and `02-Frontend` both have the address `172.16.168.21`. Correct one of them; if it "
        + "is one machine, give it one node with the roles of both."
    )
  }

  @Test("X-05: the models live on .26 and .20; the AI stack's node gets no Ollama") func x05()
    throws
  {
    let resolved = try #require(Validation(AutobotFleet.text()).resolved)
    #expect(resolved.instances(of: "autobot-llm-cpu").map(\.node.id.name) == ["05-LLM-CPU"])
    #expect(resolved.instances(of: "autobot-llm-gpu").map(\.node.id.name) == ["01-Backend"])
    let node = try #require(NodeID("03-AI-Stack"))
    let ports = resolved.instances(on: node).flatMap(\.ports).map(\.number)
    #expect(!ports.contains(11434))
  }

  @Test("X-41, X-42: chromadb and tts-worker move freely; workers on foreign homes are unusual")
  func x41() throws {
    for home in ["02-Frontend", "05-LLM-CPU"] {
      let run = fleet([
        "npu-worker":
          "address: 172.16.168.22, roles: [npu-worker], hardware: {npus: [{id: n, vendor: intel}]}",
        home: home == "02-Frontend"
          ? "address: 172.16.168.21, roles: [frontend, tts-worker]"
          : "address: 172.16.168.26, roles: [autobot-llm-cpu, tts-worker]",
      ])
      #expect(run.run.findings(.placementUnusual).isEmpty)
      #expect(!run.run.diagnostics.hasErrors)
    }
    let backend = fleet([
      "03-AI-Stack": "address: 172.16.168.24, roles: [ai-stack]",
      "01-Backend": "address: 172.16.168.20, roles: [backend, celery, chromadb]",
    ])
    #expect(backend.run.findings(.placementUnusual).isEmpty)
    #expect(!backend.run.diagnostics.hasErrors)
    let celery = fleet([
      "01-Backend": "address: 172.16.168.20, roles: [backend]",
      "03-AI-Stack": "address: 172.16.168.24, roles: [ai-stack, chromadb, 1️⃣celery2️⃣]",
    ])
    #expect(celery.run.findings(.placementUnusual).map(\.span) == [celery.marked.span(1, 2)])
    // A node that is nobody's home is what `separable` is for.
    let worker = fleet([
      "01-Backend": "address: 172.16.168.20, roles: [backend]",
      "worker-1": "address: 172.16.168.30, roles: [celery]",
    ])
    #expect(worker.run.findings(.placementUnusual).isEmpty)
  }

  @Test("health through each other is a warning with both places") func relays() throws {
    let run = fleet([
      "02-Frontend": "address: 172.16.168.21, health_via: 3️⃣03-AI-Stack4️⃣, roles: [frontend]",
      "03-AI-Stack":
        "address: 172.16.168.24, health_via: 1️⃣02-Frontend2️⃣, roles: [ai-stack, chromadb]",
    ])
    let finding = try run.expect(
      .relayCycle,
      "FLT3013",
      on: "node.02-Frontend",
      at: (3, 4),
      related: [(1, 2)],
      "The health of these nodes is checked through each other: `02-Frontend` → `03-AI-Stack` → "
        + "`02-Frontend`. When one is down, nobody can tell whether the others are healthy. Name a node "
        + "outside the circle in one `health_via`."
    )
    #expect(finding.severity == .warning)
    // A chain that ends is none.
    #expect(
      fleet([
        "02-Frontend": "address: 172.16.168.21, health_via: 01-Backend, roles: [frontend]"
      ]).run.findings(.relayCycle).isEmpty
    )
  }

  @Test("a node that relays through itself is told so") func itself() throws {
    let run = fleet([
      "02-Frontend": "address: 172.16.168.21, health_via: 1️⃣02-Frontend2️⃣, roles: [frontend]"
    ])
    try run.expect(
      .unknownNode,
      "FLT3008",
      at: (1, 2),
      "`02-Frontend` names itself in `health_via`. Name the node that checks it."
    )
    #expect(run.run.findings(.relayCycle).isEmpty)
  }
}
