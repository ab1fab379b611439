import FleetCompile
import FleetModel
import FleetRegistry
import FleetResources
import FleetTestSupport
import Testing

/// Whose unit, file and account is which: item 16, X-01, X-02, X-03, X-35, X-36, X-44.
@Suite struct DocumentedUnitsTests {
  @Test("item 16: headless and headed browser exclude each other, and only one is brought")
  func item16()
    throws
  {
    for (headed, fleet) in [
      (false, try CompiledFleet()),
      (true, try CompiledFleet(["[browser-service]": "[{browser-service: {headed: true}}]"])),
    ] {
      let units = try fleet.names(.unit, on: "browser-automation")
      #expect(units.contains("autobot-playwright.service"))
      #expect(!units.contains("browser-playwright.service"))
      #expect(units.contains("autobot-vnc.service") == headed)
      let unit = try fleet.lines(
        "/etc/systemd/system/autobot-playwright.service",
        on: "browser-automation"
      )
      #expect(unit.contains("Conflicts=browser-playwright.service"))
    }
  }

  @Test("X-01: the databases' units are the packages' own; the other names are aliases, not units")
  func x01() throws {
    let units = try CompiledFleet().names(.unit, on: "04-Databases")
    #expect(units.contains("redis-stack-server.service"))
    #expect(units.contains("postgresql@16-main.service"))
    #expect(!units.contains { $0.hasPrefix("autobot-database-") })
    #expect(
      Registry.builtIn().0.role("redis")?.aliases == [
        "autobot-database-redis.service", "autobot-database-postgres.service",
      ]
    )
  }

  @Test("X-02: the users' database is autobot/autobot on .23, and its name can be set") func x02()
    throws
  {
    let fleet = try CompiledFleet()
    let databases = try fleet.names(.database, on: "04-Databases")
    #expect(databases.contains("autobot"))
    #expect(!databases.contains("autobot_users"))
    #expect(try fleet.names(.database, on: "00-SLM-Manager").contains("autobot_users"))
    let named = try CompiledFleet([
      "[redis]": "[{redis: {database_name: autobot_users, database_owner: autobot_users}}]"
    ])
    let own = try named.names(.database, on: "04-Databases")
    #expect(own.contains("autobot_users"))
    #expect(!own.contains("autobot"))
  }

  @Test("X-03: credentials of PostgreSQL and the password of redis stand in the documented files")
  func x03() throws {
    let fleet = try CompiledFleet()
    func secrets(_ node: String) throws -> [String] {
      let found = try #require(fleet.nodes.first { $0.node.id.name == node })
      return found.resources.compactMap { resource -> String? in
        guard case .secret(let spec) = resource.spec, spec.file.contains("/d") else { return nil }
        return "\(spec.key) \(spec.file)"
      }.sorted()
    }
    #expect(
      try secrets("04-Databases") == [
        "AUTOBOT_DB_PASSWORD /etc/autobot/db-credentials.env",
        "REDIS_PASSWORD /etc/autobot/database-secrets.env",
      ]
    )
    #expect(
      try secrets("00-SLM-Manager") == ["SLM_DB_PASSWORD /etc/autobot/db-credentials.env"]
    )
  }

  @Test("X-35: the unit of celery is the role celery's, beside the backend or apart from it")
  func x35()
    throws
  {
    let together = try CompiledFleet()
    func owner(_ fleet: CompiledFleet, _ node: String) -> String? {
      fleet.nodes.first { $0.node.id.name == node }?.resources.first {
        $0.address.kind == .unit && $0.address.name == "autobot-celery.service"
      }?.role
    }
    #expect(owner(together, "01-Backend") == "celery")
    let apart = try CompiledFleet([
      "[backend, celery, autobot-llm-gpu]": "[backend, autobot-llm-gpu]",
      "06-Node-27:\n    address: 172.16.168.27\n    reserved: true":
        "06-Node-27:\n    address: 172.16.168.27\n    roles: [celery]",
    ])
    #expect(owner(apart, "01-Backend") == nil)
    #expect(owner(apart, "06-Node-27") == "celery")
    // Item 58: code and environment come along.
    #expect(try apart.names(.source, on: "06-Node-27").contains("/opt/autobot/autobot-backend"))
  }

  @Test("X-36: the agent's code is the documented folder of the manager's source") func x36() throws
  {
    let fleet = try CompiledFleet()
    for node in fleet.nodes {
      let sources = node.resources.compactMap { resource -> String? in
        guard case .source(let spec) = resource.spec else { return nil }
        return spec.target.contains("slm-agent") ? "\(spec.localPath) \(spec.target)" : nil
      }
      #expect(
        sources == ["autobot-slm-backend/slm/agent /opt/autobot/autobot-slm-agent/slm/agent"],
        "\(node.node.id)"
      )
    }
  }

  @Test("X-44: the backend runs as autobot, reads its environment, and its env file is root's")
  func x44() throws {
    let fleet = try CompiledFleet()
    let unit = try fleet.lines("/etc/systemd/system/autobot-backend.service", on: "01-Backend")
    #expect(unit.contains("User=autobot"))
    #expect(unit.contains("EnvironmentFile=/etc/autobot/autobot-backend.env"))
    #expect(unit.contains("ProtectHome=read-only"), "conda stands in the home folder")
    let file = try fleet.file("/etc/autobot/autobot-backend.env", on: "01-Backend")
    #expect(file.ownership.display == "0640 root:autobot-backend")
    #expect(try fleet.names(.group, on: "01-Backend").contains("autobot-backend"))
  }
}
