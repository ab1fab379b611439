import FleetCompile
import FleetConfig
import FleetModel
import FleetResources
import FleetTestSupport
import Testing

/// Contradictions of the documents whose side shows in what is rendered.
@Suite struct ContradictionTests {
  private func root() throws -> Compiled { try Compiled(root: [:]) }

  private let environment = "/etc/autobot/autobot-backend.env"

  @Test("X-06: databases of Redis have the registry's numbers, main at RediSearch's 0")
  func redisDatabases() throws {
    let text = try root().file(environment, on: "01-Backend")
    for line in [
      "MAIN=0", "METRICS=1", "PROMPTS=2", "AGENTS=3", "CACHE=4", "SESSIONS=6", "CHAT_HISTORY=8",
      "TESTING=15",
    ] {
      #expect(text.contains("\nAUTOBOT_REDIS_DB_\(line)\n"))
    }
    #expect(!text.contains("REDIS_DB_KNOWLEDGE"))
  }

  @Test("X-07: queue and results are where the parameters say")
  func celeryDatabases() throws {
    let text = try root().file(environment, on: "01-Backend")
    let server = "redis://:<redis.redis_password>@172.16.168.23:6379"
    #expect(text.contains("\nCELERY_BROKER_URL=\(server)/1\n"))
    #expect(text.contains("\nCELERY_RESULT_BACKEND=\(server)/2\n"))
  }

  @Test("X-09: 8443 is the fleet's, and everybody's only on request")
  func exposureOfTheBackend() throws {
    let closed = try root().rules(on: "01-Backend")
    #expect(closed.contains("172.16.168.0/24 8443/tcp"))
    #expect(!closed.contains("any 8443/tcp"))
    let open = try Compiled(root: ["[backend, celery,": "[{backend: {public: true}}, celery,"])
    #expect(open.rules(on: "01-Backend").contains("any 8443/tcp"))
  }

  @Test("X-11: what is widened listens at the fleet address and admits its consumers alone")
  func widened() throws {
    let fleet = try root()
    let site = try fleet.file("/etc/nginx/sites-available/autobot-chromadb.conf", on: "03-AI-Stack")
    #expect(site.contains("listen 172.16.168.24:8000;"))
    #expect(site.contains("    allow 172.16.168.20;\n    deny all;"))
    #expect(fleet.rules(on: "03-AI-Stack").contains("172.16.168.20 8000/tcp"))
    #expect(!fleet.rules(on: "03-AI-Stack").contains("172.16.168.0/24 8000/tcp"))
    let ollama = try fleet.file("/etc/systemd/system/ollama.service", on: "01-Backend")
    #expect(ollama.contains("OLLAMA_HOST=127.0.0.1:11434"))
    #expect(!fleet.rules(on: "01-Backend").contains { $0.contains("11434") })
  }

  @Test("X-12: the redis node's PostgreSQL is open to its consumers in modes that need it")
  func userDatabase() throws {
    let path = "/etc/postgresql/16/main/"
    let company = try root()
    let settings = try company.file(path + "conf.d/60-fleetctl.conf", on: "04-Databases")
    #expect(settings.contains("listen_addresses = '127.0.0.1,172.16.168.23'"))
    let rules = try company.file(path + "pg_hba.conf", on: "04-Databases")
    #expect(rules.contains("host all autobot 172.16.168.20/32 scram-sha-256\n"))
    #expect(!rules.contains("172.16.168.24/32"))
    #expect(company.has(.database, "autobot", on: "04-Databases"))
    let single = try Compiled(root: ["user_mode: single_company": "user_mode: single_user   "])
    let quiet = try single.file(path + "conf.d/60-fleetctl.conf", on: "04-Databases")
    #expect(quiet.contains("listen_addresses = '127.0.0.1'"))
    #expect(!single.has(.database, "autobot", on: "04-Databases"))
    #expect(!single.rules(on: "04-Databases").contains { $0.contains(" 5432/") })
    #expect(try !single.file(environment, on: "01-Backend").contains("AUTOBOT_POSTGRES"))
  }

  @Test("X-18, X-04: no VNC on the backend's node, no development server on the frontend's")
  func noStrayPorts() throws {
    let fleet = try root()
    for (node, port) in [("01-Backend", 6080), ("01-Backend", 5901), ("02-Frontend", 5173)] {
      #expect(!fleet.rules(on: node).contains { $0.contains(" \(port)/") })
      for resource in fleet.resources(on: node) {
        if case .unit(let unit) = resource.spec {
          #expect(!unit.ports.contains { $0.number == port })
        }
      }
    }
    let app = try fleet.unit("autobot-backend.service", on: "01-Backend")
    #expect(app.ports.map(\.number) == [8001])
    #expect(app.ports.first?.addresses == ["127.0.0.1"])
  }

  @Test(
    "X-22: the mode is in the variable that the program reads, never in the one of another meaning",
    arguments: ["single_user", "single_company", "multi_company", "provider"]
  )
  func mode(_ mode: String) throws {
    let fleet = try Compiled(root: ["user_mode: single_company": "user_mode: \(mode)"])
    let text = try fleet.file(environment, on: "01-Backend")
    #expect(text.contains("\nAUTOBOT_USER_MODE=\(mode)\n"))
    #expect(!text.contains("AUTOBOT_DEPLOYMENT_MODE"))
  }

  @Test("X-23: Ollama's unit is `ollama`, with the old name as an alias of the same")
  func ollamaUnit() throws {
    let fleet = try root()
    for node in ["01-Backend", "05-LLM-CPU"] {
      #expect(fleet.has(.unit, "ollama.service", on: node))
      #expect(!fleet.has(.unit, "autobot-ollama.service", on: node))
    }
  }

  @Test("X-25: one env file holds everything, 0640, and the units read that one only")
  func oneEnvironment() throws {
    let fleet = try root()
    let spec = try fleet.fileSpec(environment, on: "01-Backend")
    #expect(spec.ownership.display == "0640 root:autobot-backend")
    for unit in ["autobot-backend.service", "autobot-celery.service"] {
      let text = try fleet.file("/etc/systemd/system/\(unit)", on: "01-Backend")
      let lines = text.split(separator: "\n").filter { $0.hasPrefix("EnvironmentFile=") }
      #expect(lines == ["EnvironmentFile=\(environment)"])
    }
    #expect(!fleet.resources(on: "01-Backend").contains { $0.address.name.hasSuffix("/.env") })
  }

  @Test("X-26: the backend's certificate is signed by the fleet's CA, with its address and names")
  func certificate() throws {
    let fleet = try root()
    let found = fleet.resources(on: "01-Backend").compactMap { resource -> CertificateSpec? in
      if case .certificate(let spec) = resource.spec { spec } else { nil }
    }
    let spec = try #require(found.first { $0.certPath == "/etc/autobot/autobot-backend/tls.crt" })
    for name in ["IP:172.16.168.20", "DNS:01-Backend", "DNS:localhost"] {
      #expect(spec.names.contains(name))
    }
    let authorities = fleet.nodes.filter { node in
      node.resources.contains { isAuthority($0) }
    }
    #expect(authorities.map(\.node.id.name) == ["00-SLM-Manager"])
  }

  private func isAuthority(_ resource: Resource) -> Bool {
    if case .authority = resource.spec { true } else { false }
  }

  @Test("X-30: programs stand under /opt/autobot, the old folders nowhere")
  func paths() throws {
    let fleet = try root()
    for node in fleet.nodes {
      for resource in node.resources {
        guard case .source(let source) = resource.spec else { continue }
        #expect(source.target.hasPrefix("/opt/autobot/autobot-"))
      }
    }
    for node in fleet.nodes {
      let text = node.resources.map(\.address.name).joined(separator: "\n")
      for old in ["autobot-vue", "slm-server", "autobot-user-backend"] {
        #expect(!text.contains(old))
      }
    }
  }

  @Test("X-31: the browser's Node.js is a pinned major version")
  func nodeVersion() throws {
    let fleet = try root()
    let found = fleet.resources(on: "browser-automation").compactMap { resource -> String? in
      if case .aptSource(let source) = resource.spec { source.content } else { nil }
    }
    #expect(found.contains { $0.contains("https://deb.nodesource.com/node_20.x") })
    #expect(!found.contains { $0.contains("latest") || $0.contains("current") })
  }

  @Test("X-32: a desktop is installed only where the browser is shown")
  func desktop() throws {
    let desktop = ["xfce4", "xfce4-goodies", "tightvncserver", "dbus-x11", "xvfb"]
    let headless = try root()
    for package in desktop { #expect(!headless.has(.package, package, on: "browser-automation")) }
    let headed = try Compiled(root: ["[browser-service]": "[{browser-service: {headed: true}}]"])
    for package in desktop { #expect(headed.has(.package, package, on: "browser-automation")) }
    #expect(!headed.rules(on: "browser-automation").contains { $0.contains(" 5901/") })
  }

  @Test("X-33, item 183: redis wants a password always, TLS on request, the fleet's network only")
  func redis() throws {
    let plain = try root()
    let text = try plain.file("/etc/redis-stack.conf", on: "04-Databases")
    #expect(text.contains("\nbind 127.0.0.1 172.16.168.23\n"))
    #expect(text.contains("\nprotected-mode yes\nrequirepass <redis.redis_password>\n"))
    #expect(!text.contains("tls-port"))
    #expect(plain.rules(on: "04-Databases").contains("172.16.168.0/24 6379/tcp"))
    #expect(!plain.rules(on: "04-Databases").contains("any 6379/tcp"))
    let tls = try Compiled(root: ["roles: [redis]": "roles: [{redis: {tls: true}}]"])
    let secure = try tls.file("/etc/redis-stack.conf", on: "04-Databases")
    #expect(secure.contains("\nrequirepass <redis.redis_password>\ntls-port 6380\n"))
    #expect(tls.rules(on: "04-Databases").contains("172.16.168.0/24 6380/tcp"))
  }

  @Test("X-37: heartbeats go to 443 over HTTPS")
  func heartbeats() throws {
    for node in ["00-SLM-Manager", "06-Node-27"] {
      let text = try root().file("/etc/autobot/slm-agent.env", on: node)
      let host = node == "00-SLM-Manager" ? "127.0.0.1" : "172.16.168.19"
      #expect(text.contains("\nSLM_ADMIN_URL=https://\(host):443\n"))
    }
  }

  @Test("X-38: Prometheus asks the manager where no login is wanted, or where it is told to")
  func metrics() throws {
    let path = "/etc/prometheus/prometheus.yml"
    let found = try root().resources(on: "00-SLM-Manager").first { resource in
      resource.address.name.hasSuffix("prometheus.yml")
    }
    let name = found?.address.name ?? path
    let text = try root().file(name, on: "00-SLM-Manager")
    #expect(text.contains("metrics_path: /api/performance/metrics/prometheus\n"))
    let other = try Compiled(
      root: ["slm-monitoring]": "{slm-monitoring: {slm_metrics_path: /api/metrics}}]"]
    )
    #expect(try other.file(name, on: "00-SLM-Manager").contains("metrics_path: /api/metrics\n"))
  }

  @Test("X-40: the SQLite file is where the registry says, or where the parameter says")
  func sqlite() throws {
    let text = try root().file(environment, on: "01-Backend")
    #expect(
      text.contains("AUTOBOT_DB_PATH=\"/var/lib/autobot/autobot.db\"\n")
        || text.contains("AUTOBOT_DB_PATH=/var/lib/autobot/autobot.db\n")
    )
  }

  @Test("X-45: the worker logs to the journal, the backend to its file")
  func logs() throws {
    let fleet = try root()
    let worker = try fleet.file("/etc/systemd/system/autobot-celery.service", on: "01-Backend")
    #expect(!worker.contains("StandardOutput="))
    let backend = try fleet.file("/etc/systemd/system/autobot-backend.service", on: "01-Backend")
    #expect(backend.contains("StandardOutput=append:/var/log/autobot/backend.log\n"))
  }

  @Test("X-46: Prometheus and Grafana listen on loopback behind nginx, and no rule opens them")
  func monitoring() throws {
    let fleet = try root()
    for unit in ["prometheus.service", "grafana-server.service"] {
      let ports = try fleet.unit(unit, on: "00-SLM-Manager").ports
      #expect(ports.flatMap(\.addresses) == ["127.0.0.1"])
    }
    let rules = fleet.rules(on: "00-SLM-Manager")
    #expect(!rules.contains { $0.contains(" 9090/") || $0.contains(" 3000/") })
  }

  @Test("X-47: the backend starts after redis, and after PostgreSQL only in modes that use it")
  func startOrder() throws {
    for (mode, usesDatabase) in [("single_company", true), ("single_user", false)] {
      let fleet = try Compiled(root: ["user_mode: single_company": "user_mode: \(mode)"])
      let redis = try fleet.unit("redis-stack-server.service", on: "04-Databases")
      #expect(redis.dependents.contains("backend on 01-Backend"))
      let backend = try #require(fleet.resolved.instances(of: "backend").first)
      let waits = backend.dependencies.contains { $0.endpoint == "postgresql" && $0.isOrdered }
      #expect(waits == usesDatabase)
    }
  }

  @Test("item 170: a restart of the backend says what it costs and how long it takes")
  func restartCost() throws {
    let unit = try root().unit("autobot-backend.service", on: "01-Backend")
    #expect(unit.restartCost.contains("six-minute outage"))
    #expect(unit.startupTypical == TimeSpan(milliseconds: 360_000))
    #expect(unit.startupBudget == TimeSpan(milliseconds: 420_000))
    #expect(unit.dependents.contains("frontend on 02-Frontend"))
  }

  @Test("item 177: updates of the database node wait for a maintenance window")
  func manualUpdates() throws {
    let fleet = try root()
    for unit in ["redis-stack-server.service", "postgresql@16-main.service"] {
      let spec = try fleet.unit(unit, on: "04-Databases")
      #expect(spec.updatePolicy == "manual")
      #expect(spec.restartPolicy == .window)
    }
  }

  @Test("item 182: Redis Stack comes from its vendor, and the distribution's server is stopped")
  func redisStack() throws {
    let fleet = try root()
    #expect(fleet.has(.package, "redis-stack-server", on: "04-Databases"))
    #expect(!fleet.has(.package, "redis-server", on: "04-Databases"))
    let other = try fleet.unit("redis-server.service", on: "04-Databases")
    #expect(other.state == .stopped)
    #expect(other.enabled == false)
    let uris = fleet.resources(on: "04-Databases").compactMap { resource -> String? in
      if case .aptSource(let source) = resource.spec { source.content } else { nil }
    }
    #expect(uris.contains { $0.contains("https://packages.redis.io/deb") })
  }

  @Test("item 197, X-21: no business node gets ansible or the fleet's key")
  func noFleetKeys() throws {
    let fleet = try root()
    for node in fleet.nodes where node.node.id.name != "00-SLM-Manager" {
      for resource in node.resources {
        let name = resource.address.name
        #expect(!name.contains("ansible"), "\(resource.address)")
        #expect(!name.contains(".ssh") && !name.contains("autobot_key"), "\(resource.address)")
      }
    }
    #expect(fleet.has(.package, "ansible", on: "00-SLM-Manager"))
  }
}
