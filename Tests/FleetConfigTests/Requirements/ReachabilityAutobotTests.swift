import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// The edges of the AutoBot fleet under all user modes (items 132 to 153, X-10, X-12, X-20, X-34, X-47).
@Suite struct ReachabilityAutobotTests {
  private func resolved(
    _ replacements: [String: String] = [:],
    mode: String = "single_company",
    firewall: String = "ufw"
  ) throws -> ResolvedFleet {
    let settings = "settings: {user_mode: \(mode), firewall: \(firewall)}"
    let run = Validation(AutobotFleet.text(replacements, settings: settings))
    for finding in run.diagnostics.sorted() where finding.severity == .error {
      Issue.record("\(finding.detail)")
    }
    return try #require(run.resolved)
  }

  private func admitted(_ role: String, _ port: String, _ fleet: ResolvedFleet) throws -> [String] {
    let instance = try #require(fleet.instances(of: role).first)
    return fleet.admitted(to: try #require(instance.port(port)), at: instance)
  }

  private func bind(_ role: String, _ port: String, _ fleet: ResolvedFleet) throws -> [String] {
    try #require(fleet.instances(of: role).first?.port(port)).bind
  }

  @Test("X-10: PostgreSQL of the manager stays on loopback while its only consumer is beside it")
  func managerDatabase() throws {
    let together = try resolved()
    #expect(try bind("slm-database", "postgresql", together) == ["127.0.0.1"])
    #expect(try admitted("slm-database", "postgresql", together) == [])
    let apart = try resolved([
      "00-SLM-Manager":
        "address: 172.16.168.19, roles: [slm-backend, slm-frontend, slm-monitoring]",
      "07-SLM-Data": "address: 172.16.168.28, roles: [slm-database]",
    ])
    #expect(try bind("slm-database", "postgresql", apart) == ["127.0.0.1", "172.16.168.28"])
    #expect(try admitted("slm-database", "postgresql", apart) == ["172.16.168.19"])
  }

  @Test("X-11: ChromaDB and Ollama are opened for their consumers only, with a warning each")
  func loopbackProviders() throws {
    let run = Validation(
      AutobotFleet.text(settings: "settings: {user_mode: single_user, firewall: ufw}")
    )
    let fleet = try #require(run.resolved)
    #expect(
      run.findings(.exposureWidened).compactMap(\.address) == [
        "node.03-AI-Stack/role.chromadb", "node.05-LLM-CPU/role.autobot-llm-cpu",
      ]
    )
    #expect(try admitted("chromadb", "chroma", fleet) == ["172.16.168.20"])
    #expect(try bind("chromadb", "app", fleet) == ["127.0.0.1"])
    #expect(try admitted("autobot-llm-cpu", "ollama", fleet) == ["172.16.168.24"])
    #expect(try bind("autobot-llm-gpu", "ollama", fleet) == [])
  }

  @Test("X-11: a worker on a node of its own is admitted to what its env file names")
  func separateWorker() throws {
    let fleet = try resolved([
      "01-Backend":
        "address: 172.16.168.20, health_via: 00-SLM-Manager, roles: [backend, autobot-llm-gpu], "
        + "hardware: {gpus: [{id: gpu0, vendor: nvidia}]}",
      "07-Worker": "address: 172.16.168.28, roles: [celery]",
    ])
    #expect(try admitted("chromadb", "chroma", fleet) == ["172.16.168.20", "172.16.168.28"])
    #expect(try admitted("autobot-llm-gpu", "ollama", fleet) == ["172.16.168.28"])
  }

  @Test(
    "X-12, items 134 and 147: the mode decides who connects to PostgreSQL of the redis node",
    arguments: ["single_user", "single_company", "multi_company", "provider"]
  )
  func userDatabase(_ mode: String) throws {
    let fleet = try resolved(mode: mode)
    let backend = try #require(fleet.instances(of: "backend").first)
    let wants = backend.dependencies.contains { $0.endpoint == "postgresql" }
    let isMulti = mode != "single_user"
    #expect(wants == isMulti)
    #expect(
      try bind("redis", "postgresql", fleet)
        == (isMulti ? ["127.0.0.1", "172.16.168.23"] : ["127.0.0.1"])
    )
    #expect(try admitted("redis", "postgresql", fleet) == (isMulti ? ["172.16.168.0/24"] : []))
  }

  @Test("X-47: the backend waits for redis in every mode, through one edge, PostgreSQL or not")
  func startOrder() throws {
    for mode in ["single_user", "single_company"] {
      let fleet = try resolved(mode: mode)
      let backend = try #require(fleet.instances(of: "backend").first)
      let ordered = backend.dependencies.filter { $0.isOrdered && $0.role == "redis" }
      #expect(
        ordered.compactMap(\.endpoint)
          == (mode == "single_user" ? ["redis"] : ["redis", "postgresql"])
      )
    }
  }

  @Test("item 134: PostgreSQL switched off is unreachable when the mode needs it, with the edit")
  func switchedOff() throws {
    let text = AutobotFleet.text(
      ["04-Databases": "address: 172.16.168.23, roles: [{redis: {postgresql: false}}]"]
    )
    let source = SourceText(name: "fleet.yaml", text: text)
    let findings = Validation(source).findings(.dependencyUnreachable)
    #expect(
      findings.compactMap(\.address) == [
        "node.01-Backend/role.backend", "node.01-Backend/role.celery",
      ]
    )
    let first = try #require(findings.first)
    #expect(first.severity == .error)
    #expect(
      first.detail
        == "`backend` on `01-Backend` needs the endpoint `postgresql` of `redis`, but `redis` on "
        + "`04-Databases` has its port `postgresql` switched off by its parameters or the fleet's "
        + "settings. Switch it on, or switch off what needs it."
    )
    let suggestion = try #require(first.suggestions.first)
    #expect(
      Validation(source.applying(suggestion)).findings(.dependencyUnreachable).isEmpty
    )
    let single = AutobotFleet.text(
      ["04-Databases": "address: 172.16.168.23, roles: [{redis: {postgresql: false}}]"],
      settings: "settings: {user_mode: single_user}"
    )
    #expect(Validation(single).findings(.dependencyUnreachable).isEmpty)
  }

  @Test("X-20: the manager uses redis of a business node, and never waits for it")
  func bootstrap() throws {
    let fleet = try resolved()
    let manager = try #require(fleet.instances(of: "slm-backend").first)
    let edge = try #require(manager.dependencies.first { $0.role == "redis" })
    #expect(!edge.isHard)
    #expect(!edge.isOrdered)
    #expect(edge.isAvailable)
    var wave: [String: Int] = [:]
    for (index, instances) in fleet.order.enumerated() {
      for instance in instances { wave[instance.role.name] = index }
    }
    let database = try #require(wave["slm-database"])
    #expect(try #require(wave["slm-backend"]) == database + 1)
    // No edge leads from the manager's layer to the business layer and back in the start order.
    #expect(Validation(AutobotFleet.text()).findings(.dependencyCycle).isEmpty)
  }

  @Test("X-34: both LLM roles are soft edges, the nearer one of the list is taken")
  func softModels() throws {
    let fleet = try resolved()
    let backend = try #require(fleet.instances(of: "backend").first)
    let models = try #require(backend.dependencies.first { $0.endpoint == "ollama" })
    #expect(!models.isHard)
    #expect(models.role == "autobot-llm-gpu")
    let stack = try #require(fleet.instances(of: "ai-stack").first)
    #expect(stack.dependencies.first { $0.endpoint == "ollama" }?.role == "autobot-llm-cpu")
  }

  @Test("items 146 to 151: every endpoint that a role's files name is a need of the role")
  func everyNamedEndpointIsANeed() throws {
    // Addresses that are only written down: origins that browsers come from, links in pages.
    let namesOnly: Set<String> = [
      "backend frontend.https", "celery frontend.https", "slm-monitoring slm-frontend.https",
    ]
    let registry = Registry.repository
    for role in registry.sortedRoles {
      var needs: Set<String> = []
      for need in role.needs {
        guard let endpoint = need.endpoint else { continue }
        for name in need.roles { needs.insert("\(name).\(endpoint)") }
      }
      let folders = [role.name] + role.uses.map(\.component)
      for folder in folders {
        for file in SourceTree.files(under: "roles/\(folder)", suffix: "") {
          let path = SourceTree.root + "/roles/\(folder)/" + file
          let text = try #require(SourceTree.text(at: path))
          for named in endpoints(in: text) where !needs.contains(named) {
            // Shared components name endpoints under a condition that their own role never meets.
            if namesOnly.contains("\(role.name) \(named)") { continue }
            Issue.record("\(role.name): \(folder)/\(file) names \(named), which is no need")
          }
        }
      }
    }
  }

  /// `ROLE.PORT` of every `endpoints.…` and `targets.…` in a text.
  private func endpoints(in text: String) -> Set<String> {
    let name = #/(?:endpoints|targets)(?:\.([a-z]+)|\['([a-z-]+)'\])(?:\.([a-z]+)|\['([a-z-]+)'\])/#
    return Set(
      text.matches(of: name).map { match in
        let role = match.output.1 ?? match.output.2 ?? ""
        let port = match.output.3 ?? match.output.4 ?? ""
        return "\(role).\(port)"
      }
    )
  }
}
