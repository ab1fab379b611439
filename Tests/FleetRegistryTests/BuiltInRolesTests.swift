import FleetDiagnostics
import FleetTestSupport
import Testing

@testable import FleetRegistry

@Suite struct `Built-in roles` {
  let registry = Registry.builtIn().0

  @Test func `are the seventeen of the role registry, and none has a finding`() {
    // The program itself loads them without the checks that this load makes.
    let checked = Registry.load(files: EmbeddedRoles.sources, over: nil).1
    for finding in checked.sorted() + Registry.builtIn().1.sorted() {
      Issue.record("\(finding.span?.description ?? "-"): \(finding.detail)")
    }
    let names = [
      "ai-stack", "autobot-llm-cpu", "autobot-llm-gpu", "autobot-shared", "backend",
      "browser-service", "celery", "chromadb", "frontend", "npu-worker", "redis", "slm-agent",
      "slm-backend", "slm-database", "slm-frontend", "slm-monitoring", "tts-worker",
    ]
    #expect(registry.sortedRoles.map(\.name) == names)
  }

  @Test func `are compiled in as they stand in the folder roles`() {
    let embedded = Dictionary(uniqueKeysWithValues: EmbeddedRoles.sources.map { ($0.name, $0) })
    var seen: Set<String> = []
    for path in SourceTree.files(under: "roles", suffix: "") {
      let name = "roles/" + path
      seen.insert(name)
      let same =
        SourceTree.text(at: SourceTree.root + "/" + name).map { Array($0.utf8) }
        == embedded[name]?.bytes
      #expect(same, "\(name) differs: run scripts/embed-roles.sh")
    }
    #expect(Set(embedded.keys) == seen)
    #expect(seen.count > 17)
  }

  @Test func `have valid defaults for all parameters`() {
    for role in registry.sortedRoles {
      var diagnostics = Diagnostics()
      let values = ParameterValues.resolve(
        role: role,
        fleet: [:],
        node: [:],
        scope: registry.defaultScope(for: role).filter { $0.key != "params" },
        into: &diagnostics
      )
      #expect(described(diagnostics) == "", "\(role.name)")
      #expect(Set(values.keys) == Set(role.parameters.map(\.name)))
    }
  }

  @Test func `have ports with a number by default`() {
    for role in registry.sortedRoles {
      for port in RoleJSON.object(role, in: registry)["ports"]?.array ?? [] {
        #expect(port["number"]?.int != nil, "\(role.name)")
      }
    }
  }

  @Test func `show as JSON what the registry document says of them`() {
    func json(_ name: String) -> JSONValue {
      registry.role(name).map { RoleJSON.object($0, in: registry) } ?? .null
    }
    let manager = json("slm-backend")
    #expect(manager["required"] == true)
    #expect(manager["layer"] == "management")
    #expect(manager["python"] == "3.10")
    #expect(manager["nodejs"] == "20.x")
    #expect(manager["install_dirs"] == ["/opt/autobot/autobot-slm-backend"])
    let packages = manager["packages"]?.array ?? []
    for name in ["python3", "python3-pip", "python3-venv", "nginx", "openssl", "ansible", "curl"] {
      #expect(packages.contains(.string(name)), "\(name)")
    }
    #expect(manager["services"]?.array?.contains("autobot-slm-backend.service") == true)
    #expect(manager["default_nodes"] == ["00-SLM-Manager"])
    let need = manager["needs"]?.array?.first { $0["role"] == "slm-database" }
    #expect(need?["port"] == 5432)
    #expect(need?["hard"] == true)
    #expect(json("slm-database")["databases"] == ["slm", "slm_users", "autobot_users"])
    #expect(json("redis")["update_policy"] == "manual")
    #expect(json("redis")["secrets"]?.array?.first?["mode"] == "0640")
    #expect(json("backend")["startup"]?["typical_seconds"] == 360)
  }

  @Test func `have the same keys in JSON, whatever a role lacks`() {
    let objects = RoleJSON.array(registry).array ?? []
    #expect(objects.count == 17)
    let keys = objects.first?.members?.map(\.key)
    for object in objects { #expect(object.members?.map(\.key) == keys) }
    let wanted = [
      "name", "summary", "layer", "required", "default_nodes", "replicas", "portable", "services",
      "ports", "install_dirs", "python", "nodejs", "packages", "needs", "source", "post_sync",
      "build", "databases", "models", "degraded_without", "hardware", "startup", "update_policy",
      "secrets",
    ]
    #expect(Set(wanted).isSubset(of: Set(keys ?? [])))
  }

  @Test func `have a page and a row for people`() {
    let table = RoleText.table(registry)
    #expect(table.split(separator: "\n").count == 18)
    for role in registry.sortedRoles {
      let page = RoleText.describe(role, in: registry)
      #expect(page.hasPrefix("\(role.name): "))
      #expect(page.hasSuffix("\n"))
    }
  }
}
