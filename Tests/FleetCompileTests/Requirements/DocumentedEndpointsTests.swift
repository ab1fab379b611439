import FleetCompile
import FleetModel
import FleetResources
import FleetTestSupport
import Testing

/// What listens where and who is told: items 6, 155, 191, 199, X-10, X-14, X-15, X-43.
@Suite struct DocumentedEndpointsTests {
  @Test("item 6: nginx comes by itself where a role has a port behind it, and nowhere else")
  func item6()
    throws
  {
    let fleet = try CompiledFleet()
    let with = fleet.nodes.filter { node in
      node.resources.contains { $0.address.name == "nginx.service" }
    }.map(\.node.id.name)
    #expect(
      with == [
        "00-SLM-Manager", "01-Backend", "02-Frontend", "npu-worker", "03-AI-Stack",
        "browser-automation", "05-LLM-CPU",
      ]
    )
  }

  @Test("item 155: a unit knows who depends on it, on every node") func item155() throws {
    let fleet = try CompiledFleet()
    let node = try #require(fleet.nodes.first { $0.node.id.name == "04-Databases" })
    let dependents = node.resources.compactMap { resource -> [String]? in
      guard case .unit(let unit) = resource.spec, unit.name == "redis-stack-server.service" else {
        return nil
      }
      return unit.dependents
    }.joined()
    #expect(
      Set(dependents).isSuperset(of: [
        "backend on 01-Backend", "celery on 01-Backend", "ai-stack on 03-AI-Stack",
      ])
    )
  }

  @Test("items 191, 199: no node but the manager's gets Ansible, and the backend no SSH material")
  func item199() throws {
    let fleet = try CompiledFleet()
    for node in fleet.nodes where node.node.id.name != "00-SLM-Manager" {
      #expect(!node.resources.contains { $0.address.name == "ansible" }, "\(node.node.id)")
    }
    let lines = try fleet.lines("/etc/autobot/autobot-backend.env", on: "01-Backend")
    #expect(lines.contains("AUTOBOT_SLM_HOST=172.16.168.19"))
    for line in lines {
      let word = line.lowercased()
      #expect(
        !word.contains("ssh") && !word.contains("ansible") && !word.contains("id_"),
        "\(line)"
      )
    }
  }

  @Test(
    "X-10: the manager's PostgreSQL listens on loopback, and on its address for a backend apart"
  )
  func x10() throws {
    let together = try CompiledFleet()
    let path = "/etc/postgresql/16/main/conf.d/60-fleetctl.conf"
    #expect(
      try together.lines(path, on: "00-SLM-Manager").contains("listen_addresses = '127.0.0.1'")
    )
    #expect(try together.allowed(5432, on: "00-SLM-Manager") == [])
    let apart = try CompiledFleet([
      "[slm-backend, slm-frontend, slm-database, slm-monitoring]":
        "[slm-backend, slm-frontend, slm-monitoring]",
      "06-Node-27:\n    address: 172.16.168.27\n    reserved: true":
        "06-Node-27:\n    address: 172.16.168.27\n    roles: [slm-database]",
    ])
    #expect(
      try apart.lines(path, on: "06-Node-27").contains(
        "listen_addresses = '127.0.0.1,172.16.168.27'"
      )
    )
    #expect(try apart.allowed(5432, on: "06-Node-27") == ["172.16.168.19"])
    #expect(
      try apart.lines("/etc/autobot/slm-backend.env", on: "00-SLM-Manager").contains {
        $0.contains("172.16.168.27")
      }
    )
  }

  @Test("X-14: nginx listens on the node's address, never on all, and the application on loopback")
  func x14() throws {
    let fleet = try CompiledFleet()
    for (node, address, file, port) in [
      ("03-AI-Stack", "172.16.168.24", "autobot-ai-stack.conf", 8080),
      ("npu-worker", "172.16.168.22", "autobot-npu-worker.conf", 8081),
      ("npu-worker", "172.16.168.22", "autobot-tts-worker.conf", 8082),
      ("browser-automation", "172.16.168.25", "autobot-browser.conf", 3000),
      ("03-AI-Stack", "172.16.168.24", "autobot-chromadb.conf", 8000),
    ] {
      let lines = try fleet.lines("/etc/nginx/sites-available/\(file)", on: node)
      let listens = lines.filter { $0.contains("listen ") }.map { $0.drop { $0 == " " } }
      #expect(listens == ["listen \(address):\(port);"], "\(file)")
    }
    let unit = try fleet.lines("/etc/systemd/system/autobot-ai-stack.service", on: "03-AI-Stack")
    let start = try #require(unit.first { $0.hasPrefix("ExecStart=") })
    #expect(start.contains("127.0.0.1"))
    #expect(!start.contains("0.0.0.0"))
  }

  @Test("X-15: monitoring on a node of its own is told to the frontend and admits it alone")
  func x15()
    throws
  {
    let fleet = try CompiledFleet([
      "[slm-backend, slm-frontend, slm-database, slm-monitoring]":
        "[slm-backend, slm-frontend, slm-database]",
      "06-Node-27:\n    address: 172.16.168.27\n    reserved: true":
        "06-Node-27:\n    address: 172.16.168.27\n    roles: [slm-monitoring]",
    ])
    let site = try fleet.lines(
      "/etc/nginx/sites-available/autobot-slm.conf",
      on: "00-SLM-Manager"
    )
    #expect(site.contains { $0.hasSuffix("proxy_pass http://172.16.168.27:3000;") })
    #expect(site.contains { $0.hasSuffix("proxy_pass http://172.16.168.27:9090;") })
    #expect(try fleet.allowed(3000, on: "06-Node-27") == ["172.16.168.19"])
    #expect(try fleet.allowed(9090, on: "06-Node-27") == ["172.16.168.19"])
    let grafana = try fleet.lines("/etc/grafana/grafana.ini", on: "06-Node-27")
    #expect(grafana.contains("http_addr = 172.16.168.27"))
    let together = try CompiledFleet()
    #expect(
      try together.lines("/etc/grafana/grafana.ini", on: "00-SLM-Manager")
        .contains("http_addr = 127.0.0.1")
    )
    #expect(try together.allowed(3000, on: "00-SLM-Manager") == [])
  }

  @Test("X-43: the manager's frontend talks to 127.0.0.1:8000, or over HTTPS when apart") func x43()
    throws
  {
    let together = try CompiledFleet()
    let site = "/etc/nginx/sites-available/autobot-slm.conf"
    #expect(
      try together.lines(site, on: "00-SLM-Manager").contains {
        $0.hasSuffix("server 127.0.0.1:8000;")
      }
    )
    let apart = try CompiledFleet([
      "[slm-backend, slm-frontend, slm-database, slm-monitoring]":
        "[slm-backend, slm-database, slm-monitoring]",
      "06-Node-27:\n    address: 172.16.168.27\n    reserved: true":
        "06-Node-27:\n    address: 172.16.168.27\n    roles: [slm-frontend]",
    ])
    let lines = try apart.lines(site, on: "06-Node-27")
    #expect(lines.contains { $0.hasSuffix("server 172.16.168.19:443;") })
    #expect(lines.contains { $0.hasSuffix("proxy_pass https://autobot_slm_backend;") })
    #expect(!lines.contains { $0.contains(":8000") })
    #expect(try apart.allowed(8000, on: "00-SLM-Manager") == [])
  }

  @Test("a fleet of IPv6 addresses: in every URL and before every port they stand in brackets")
  func bracketsAroundIPv6() throws {
    let fleet = try CompiledFleet(["172.16.168.": "fd00::"])
    var seen = 0
    for node in fleet.nodes {
      for path in try fleet.names(.file, on: node.node.id.name) {
        guard case .file? = node.resources.first(where: { $0.address.name == path })?.spec else {
          continue
        }
        for line in try fleet.lines(path, on: node.node.id.name) {
          for part in line.split(separator: "fd00::", omittingEmptySubsequences: false).dropFirst()
          {
            seen += 1
            let next = part.drop { $0.isNumber }.first
            #expect(next != ":", "\(path) on \(node.node.id): \(line)")
          }
          #expect(!line.contains("//fd00::") && !line.contains("@fd00::"), "\(path): \(line)")
        }
      }
    }
    #expect(seen > 80)
  }
}
