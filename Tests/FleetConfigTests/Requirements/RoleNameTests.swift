import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// Names of roles: items 2, 5 and 6, X-01, X-19, X-28.
@Suite struct RoleNameTests {
  private func databases(_ roles: String) -> MarkedRun {
    MarkedRun(AutobotFleet.text(["04-Databases": "address: 172.16.168.23, roles: [\(roles)]"]))
  }

  @Test("item 2: the registry has the 17 documented roles") func theRoles() {
    #expect(
      Registry.repository.sortedRoles.map(\.name) == [
        "ai-stack", "autobot-llm-cpu", "autobot-llm-gpu", "autobot-shared", "backend",
        "browser-service", "celery", "chromadb", "frontend", "npu-worker", "redis", "slm-agent",
        "slm-backend", "slm-database", "slm-frontend", "slm-monitoring", "tts-worker",
      ]
    )
  }

  @Test("item 5: a misspelt role names the nearest, and its absence is no second finding")
  func misspelt() throws {
    let run = databases("1️⃣reddis2️⃣")
    let finding = try run.expect(
      .unknownRole,
      "FLT3001",
      at: (1, 2),
      "`04-Databases` lists the role `reddis`, which the registry does not have. `fleetctl roles` "
        + "lists the roles; a role of your own comes in by `role_paths`."
    )
    #expect(finding.suggestions.map(\.message) == ["did you mean `redis`?"])
    #expect(run.run.findings(.requiredRoleMissing).isEmpty)
    try run.expectEditsCure(.unknownRole, edits: 1)
  }

  @Test(
    "item 5, X-19: what is no role is explained, with the role to assign instead",
    arguments: [
      (
        "langchain",
        "it is a Python library that the environments of `ai-stack` and `backend` bring along. Remove it.",
        ["remove it"]
      ),
      (
        "LlamaIndex",
        "it is a Python library that the environments of `ai-stack` and `backend` bring along. Remove it.",
        ["remove it"]
      ),
      (
        "openvino",
        "it is a library that `npu-worker` brings along. Remove it.", ["remove it"]
      ),
      (
        "nginx",
        "nginx is installed by itself on every node where a role has a port behind it. Remove it.",
        ["remove it"]
      ),
      (
        "postgresql",
        "PostgreSQL belongs to `slm-database` (the manager's databases) and to `redis` (the backend's "
          + "users). Assign one of those.",
        ["remove it: `redis` is listed already"]
      ),
      (
        "grafana", "it is part of `slm-monitoring`. Assign that.", ["assign `slm-monitoring`"]
      ),
      (
        "ollama", "Ollama runs as `autobot-llm-cpu` or `autobot-llm-gpu`. Assign one of those.",
        ["assign `autobot-llm-cpu`", "assign `autobot-llm-gpu`"]
      ),
      (
        "node-exporter", "it comes with `slm-agent`, which every node has. Remove it.",
        ["remove it"]
      ),
      (
        "redis-server",
        "the distribution's Redis lacks the modules that AutoBot needs. Assign `redis`, which "
          + "installs Redis Stack.",
        ["remove it: `redis` is listed already"]
      ),
      (
        "autobot-database-redis", "it is a systemd unit of `redis`. Assign that.",
        ["remove it: `redis` is listed already"]
      ),
      (
        "autobot-backend.service", "it is a systemd unit of `backend`. Assign that.",
        ["assign `backend`"]
      ),
      (
        "tesseract-ocr", "it is a package that `backend` and `celery` install. Remove it.",
        ["remove it"]
      ),
    ]
  )
  func notARole(_ name: String, _ why: String, _ suggestions: [String]) throws {
    let run = databases("redis, 1️⃣\(name)2️⃣")
    let finding = try run.expect(
      .notARole,
      "FLT3002",
      at: (1, 2),
      "`\(name)` is not a role: \(why)"
    )
    #expect(finding.suggestions.map(\.message) == suggestions)
    #expect(run.run.findings(.unknownRole).isEmpty)
    try run.expectEditsCure(.notARole, edits: suggestions.count)
  }

  @Test("item 5: fleet-wide parameters of what is no role are explained too") func parameters()
    throws
  {
    let run = MarkedRun(AutobotFleet.text(settings: "roles: {1️⃣grafana2️⃣: {port: 3000}}"))
    try run.expect(
      .notARole,
      "FLT3002",
      at: (1, 2),
      "`grafana` is not a role: it is part of `slm-monitoring`. Assign that."
    )
  }

  @Test("item 5: an unknown parameter of a role names the nearest") func parameter() throws {
    let run = databases("{redis: {maxmemori: 1️⃣6GiB2️⃣}}")
    let finding = try run.expect(
      .parameterInvalid,
      "FLT3401",
      at: (1, 2),
      "Role `redis` has no parameter `maxmemori`. Did you mean `maxmemory`?"
    )
    #expect(finding.suggestions.map(\.message) == ["Did you mean `maxmemory`?"])
  }

  @Test("in a registry of one's own the words of AutoBot mean nothing") func ownRegistry() throws {
    let run = MarkedRun(
      "version: 1\nfleet: f\nnodes: {a: {address: a, roles: [web, 1️⃣grafana2️⃣]}}\n",
      registry: .of(["web": "placement: {replicas: many}\n"])
    )
    try run.expect(
      .unknownRole,
      "FLT3001",
      at: (1, 2),
      "`a` lists the role `grafana`, which the registry does not have. `fleetctl roles` lists the "
        + "roles; a role of your own comes in by `role_paths`."
    )
  }

  @Test("X-28: ids of nodes are opaque, and may equal the name of a role") func opaqueIds() throws {
    let run = Validation(AutobotFleet.text())
    let resolved = try #require(run.resolved)
    #expect(
      resolved.nodes.map(\.id.name) == [
        "00-SLM-Manager", "01-Backend", "02-Frontend", "npu-worker", "04-Databases", "03-AI-Stack",
        "browser-automation", "05-LLM-CPU", "06-Node-27",
      ]
    )
    #expect(resolved.instances(of: "npu-worker").map(\.node.id.name) == ["npu-worker"])
  }

  @Test("item 5: the id of a node under `roles` is told from a misspelt role") func nodeId() throws
  {
    let run = databases("redis, 1️⃣03-AI-Stack2️⃣")
    try run.expect(
      .notARole,
      "FLT3002",
      at: (1, 2),
      "`03-AI-Stack` is not a role: it is the id of a node. List roles here."
    )
  }

  @Test("item 205: an unknown node in `health_via` names the nearest") func unknownNode() throws {
    let run = MarkedRun(
      AutobotFleet.text([
        "02-Frontend": "address: 172.16.168.21, health_via: 1️⃣00-SLM-Manger2️⃣, roles: [frontend]"
      ])
    )
    let finding = try run.expect(
      .unknownNode,
      "FLT3008",
      at: (1, 2),
      "`02-Frontend` is to be checked by `00-SLM-Manger`, which is no node of this fleet."
    )
    #expect(finding.suggestions.map(\.message) == ["did you mean `00-SLM-Manager`?"])
    try run.expectEditsCure(.unknownNode, edits: 1)
  }

  @Test("a node is never told to check itself") func notItself() throws {
    let run = MarkedRun(
      "version: 1\nfleet: f\nnodes:\n  web-1: {address: a, health_via: 1️⃣web-112️⃣}\n"
        + "  web-2: {address: b}\n",
      registry: .of(["web": ""])
    )
    #expect(
      run.run.findings(.unknownNode).first?.suggestions.map(\.message)
        == ["did you mean `web-2`?"]
    )
  }
}
