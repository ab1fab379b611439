import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources
import Testing

@Suite struct PlannerTests {
  @Test func anUnreachableNodeIsShownAndTheOthersArePlanned() throws {
    var random = RandomFleet(seed: 3)
    var fleet = random.fleet()
    let lost = Make.node("n9")
    fleet.nodes[lost] = SimulatedNode()
    fleet.silent = [lost]
    let plan = try fleet.plan()
    let node = try #require(plan.nodes.first { $0.id == lost })
    #expect(node.failedStep == "connect")
    #expect(node.cause == "timed out after 5 s")
    #expect(plan.changes.allSatisfy { $0.address.node != lost })
    #expect(plan.hasChanges)
    #expect(plan.summary.unreachableNodes == 1)
    #expect(plan.nodeDigest(lost) == nil)
  }

  @Test func aSecretOfAnUnreachableOwnerIsUnknownNotNew() throws {
    let (owner, user) = (Make.node("a"), Make.node("b"))
    let id = SecretID(role: "redis", name: "password")
    var fleet = SimulatedFleet()
    fleet.nodes = [owner: SimulatedNode(), user: SimulatedNode()]
    fleet.wanted[owner] = [
      Make.resource(
        owner,
        .secret,
        id.description,
        .secret(SecretSpec(id: id, file: "/etc/s.env", key: "P", length: 8, ownership: Make.root))
      )
    ]
    fleet.wanted[user] = [
      Make.file(user, "/etc/app.env", FileContent([.text("P="), .secret(id), .text("\n")]))
    ]
    fleet.silent = [owner]
    let plan = try fleet.plan()
    #expect(OneNode.lines(plan) == ["unknown file:/etc/app.env [intent]"])
    fleet.silent = []
    let full = try fleet.plan()
    let file = try #require(full.changes.first { $0.address.node == user })
    #expect(file.action == .create)
    #expect(file.producer == ResourceAddress(owner, .secret, id.description))
    #expect(file.hidesContent)
  }

  @Test func whatNeedsSomethingBlockedIsBlocked() throws {
    var node = try OneNode()
    let source = SourceSpec(
      localPath: "/src",
      target: "/opt/web",
      ownership: Make.root,
      files: nil,
      missing: "there is no folder /src"
    )
    let step = StepSpec(
      name: "web.build",
      creates: "",
      user: "root",
      directory: "/opt/web",
      commands: [["make"]],
      environment: [],
      stamp: "s",
      phase: .build,
      reversible: true,
      effect: .init(restart: ["other.service"]),
      timeoutSeconds: 1
    )
    node.want(Make.resource(node.id, .source, "/opt/web", .source(source)))
    node.want(Make.resource(node.id, .step, "web.build", .step(step)))
    node.want(
      Make.file(node.id, "/etc/systemd/system/other.service", FileContent(text: "[Unit]\n"))
    )
    node.want(Make.unit(node.id, "other.service"))
    #expect(
      try node.planned() == [
        "blocked source:/opt/web [intent]", "blocked step:web.build [intent]",
        "create file:/etc/systemd/system/other.service [intent]",
        "blocked unit:other.service [intent]",
      ]
    )
  }

  @Test func aPortHeldBySomebodyElseBlocksTheStart() throws {
    var node = try OneNode()
    node.systemctl("stop", "redis.service")
    node.want(
      Make.unit(node.id, "redis.service", role: "redis") {
        $0.ports = [
          .init(addresses: ["127.0.0.1"], number: 6379, transport: "tcp", scope: "loopback")
        ]
      }
    )
    let holder = Listener(
      transport: "tcp",
      address: "0.0.0.0",
      port: 6379,
      unit: "redis-server.service",
      process: "redis-server"
    )
    func plan(_ listener: Listener) throws -> Plan {
      node.fleet.look()
      var input = try #require(node.fleet.inputs.first)
      var observed = try #require(input.observation.node)
      observed.listeners = .value([listener])
      input.observation = .observed(observed)
      return try Planner.plan(PlanInput(fleet: "test", nodes: [input]))
    }
    let blocked = try #require(try plan(holder).changes.first)
    #expect(blocked.action == .blocked)
    #expect(
      blocked.reasons.first?.text
        == "port 6379/tcp is held by redis-server of redis-server.service on 0.0.0.0"
    )
    var elsewhere = holder
    elsewhere.address = "192.0.2.1"
    #expect(try plan(elsewhere).changes.first?.action == .start)
    var own = holder
    own.unit = "redis.service"
    #expect(try plan(own).changes.first?.action == .start)
  }

  @Test func aWiderListenerIsAFindingNotAChange() throws {
    var node = try OneNode()
    node.want(
      Make.unit(node.id, "redis.service", role: "redis") {
        $0.ports = [
          .init(addresses: ["127.0.0.1"], number: 6379, transport: "tcp", scope: "loopback")
        ]
      }
    )
    node.fleet.look()
    var input = try #require(node.fleet.inputs.first)
    var observed = try #require(input.observation.node)
    observed.listeners = .value([
      Listener(transport: "tcp", address: "::", port: 6379, unit: "redis.service", process: "redis")
    ])
    input.observation = .observed(observed)
    let plan = try Planner.plan(PlanInput(fleet: "test", nodes: [input]))
    #expect(plan.changes.isEmpty)
    #expect(plan.notes.count == 1)
    #expect(plan.notes.first?.text.contains("wider than declared") == true)
  }

  @Test func aRecordOfAnotherNodeStopsEverythingThere() throws {
    var node = try OneNode()
    var manifest = try #require(node.fleet.nodes[node.id]?.seen.manifest.known)
    manifest.node = "twin"
    node.fleet.nodes[node.id]?.setManifest(manifest)
    node.edit(OneNode.conf, "port 1\n")
    let plan = try node.fleet.plan()
    #expect(plan.nodes.first?.cause == "its record says that it is node `twin` of fleet `test`")
    #expect(!plan.hasChanges)
    #expect(plan.changes.allSatisfy { $0.action == .blocked })
  }

  @Test func aMaskedUnitIsNotUnmasked() throws {
    var node = try OneNode()
    node.fleet.look()
    var input = try #require(node.fleet.inputs.first)
    var observed = try #require(input.observation.node)
    var unit = ObservedUnit()
    unit.loadState = "masked"
    unit.unitFileState = "masked"
    observed.units["web.service"] = .value(unit)
    var link = ObservedPath(kind: .link, ownership: Make.root)
    link.target = "/dev/null"
    observed.paths[OneNode.webUnit] = .value(link)
    input.observation = .observed(observed)
    let plan = try Planner.plan(PlanInput(fleet: "test", nodes: [input]))
    #expect(
      OneNode.lines(plan) == [
        "blocked file:\(OneNode.webUnit) [drift]", "blocked unit:web.service [drift]",
      ]
    )
  }

  // MARK: targets

  @Test func aTargetLimitsThePlanAndSaysSo() throws {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 1\n")
    node.edit(OneNode.site, "listen 1;\n")
    node.fleet.options.targets = ["*/file:/etc/nginx/*"]
    let plan = try node.fleet.plan()
    #expect(plan.changes.map(\.address.name) == [OneNode.site])
    #expect(
      plan.notes.map(\.text) == ["limited by -target: 2 further changes are not in this plan"]
    )
    node.fleet.options.targets = ["node.n1/role.redis"]
    #expect(try node.planned() == ["update file:/etc/redis.conf [drift]"])
    node.fleet.options.targets = ["node.n*"]
    #expect(try node.planned().count == 3)
  }

  @Test func aSelectorLimitsThePlanAndSaysSo() throws {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 1\n")
    node.edit(OneNode.site, "listen 1;\n")
    node.fleet.options.selectors = ["role=redis"]
    let plan = try node.fleet.plan()
    #expect(plan.changes.map(\.address.name) == [OneNode.conf])
    #expect(plan.notes.map(\.text) == ["limited by -l: 2 further changes are not in this plan"])
    // With a target both must hold, as must two selectors.
    node.fleet.options.targets = ["*/file:/etc/nginx/*"]
    #expect(try node.planned() == [])
    node.fleet.options.selectors = ["role!=redis", "node=n*"]
    #expect(try node.planned() == ["update file:/etc/nginx/site [drift]"])
    node.fleet.options.selectors = ["zone=a"]
    #expect(try node.planned() == [])
  }

  @Test func aSelectorSeesLabelsAndGroups() throws {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 1\n")
    node.fleet.look()
    func changes(_ selector: String) throws -> Int {
      var inputs = node.fleet.inputs
      inputs[0].labels = ["zone": "a"]
      inputs[0].groups = ["edge"]
      var options = PlanOptions()
      options.selectors = [selector]
      return try Planner.plan(PlanInput(fleet: "f", nodes: inputs, options: options)).changes.count
    }
    #expect(try changes("zone=a") > 0)
    #expect(try changes("zone=b") == 0)
    #expect(try changes("group=edge") > 0)
    #expect(try changes("!group") == 0)
  }

  @Test func aTargetThatNamesAUnitBringsWhatItNeeds() throws {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 1\n")
    node.systemctl("restart", "redis.service")
    node.fleet.options.targets = ["*/unit:redis.service"]
    #expect(try node.planned().count == 2)
  }

  @Test func aTargetThatMatchesNothingNamesTheNearest() throws {
    var node = try OneNode()
    node.fleet.options.targets = ["node.n1/unit:redsi.service"]
    do {
      _ = try node.fleet.plan()
      Issue.record("the target must be refused")
    } catch {
      let finding = try #require(error.diagnostics.all.first)
      #expect(finding.rule.slug == "target-unmatched")
      #expect(finding.detail.contains("Did you mean `node.n1/unit:redis.service`?"))
    }
  }

  // MARK: order and schedule

  @Test func preparationComesFirstAndTheFirewallLast() throws {
    var random = RandomFleet(seed: 5)
    var fleet = random.fleet()
    let plan = try fleet.plan()
    for node in plan.nodes {
      let changes = plan.changes(of: node.id)
      #expect(changes.map(\.phase) == changes.map(\.phase).sorted())
      #expect(changes.map(\.address) == plan.schedule(for: node.id).changes.map(\.address))
      let position = Dictionary(uniqueKeysWithValues: changes.enumerated().map { ($1.address, $0) })
      for change in changes {
        for need in change.requires {
          guard let other = position[need], changes[other].phase == change.phase else { continue }
          #expect(other < position[change.address] ?? 0, "\(need) before \(change.address)")
        }
      }
    }
  }

  @Test func everyWayInIsOpenBeforeTheFirewallIsEnabled() throws {
    let id = Make.node("n1")
    func rule(_ name: String, _ kind: FirewallSpec.Kind) -> Resource {
      Make.resource(
        id,
        .firewall,
        name,
        .firewall(FirewallSpec(kind: kind, tag: "fleetctl:\(name)"))
      )
    }
    var fleet = SimulatedFleet()
    fleet.nodes[id] = SimulatedNode()
    fleet.wanted[id] = [
      rule("enabled", .enabled(sshPort: 22)),
      rule("ssh", .allow(source: "", port: 22, transport: "tcp")),
      rule("web", .allow(source: "", port: 443, transport: "tcp")),
    ]
    let plan = try fleet.plan()
    #expect(plan.changes.map(\.address.name) == ["ssh", "web", "enabled"])
    try fleet.apply(plan)
    guard case .value(let state) = fleet.nodes[id]?.seen.firewall else {
      Issue.record("no firewall")
      return
    }
    #expect(state.rules == ["allow any 22/tcp # fleetctl:ssh", "allow any 443/tcp # fleetctl:web"])
    #expect(try fleet.plan().changes.isEmpty)
    fleet.wanted[id]?.removeLast()
    #expect(
      OneNode.lines(try fleet.plan()) == ["delete firewall:allow,any,443/tcp@fleetctl:web [intent]"]
    )
    try fleet.apply(try fleet.plan())
    #expect(try fleet.plan().changes.isEmpty)
  }

  @Test func databasesComeAfterTheirServerAndMigrationsAfterThem() throws {
    var random = RandomFleet(seed: 1)
    for seed in 0..<20 {
      random = RandomFleet(seed: seed)
      var fleet = random.fleet()
      let plan = try fleet.plan()
      for node in plan.nodes {
        let names = plan.changes(of: node.id).map {
          "\($0.address.kind.rawValue):\($0.address.name)"
        }
        guard let server = names.firstIndex(of: "unit:postgresql@16-main.service"),
          let role = names.firstIndex(of: "database:role/app"),
          let database = names.firstIndex(of: "database:app")
        else { continue }
        #expect(server < role)
        #expect(role < database)
      }
    }
  }

  @Test func stepsRunInTheOrderOfTheirRole() throws {
    let id = Make.node("n1")
    func step(_ name: String, _ line: Int) -> Resource {
      Resource(
        ResourceAddress(id, .step, name),
        role: "web",
        spec: .step(
          StepSpec(
            name: name,
            creates: "",
            user: "root",
            directory: "/opt",
            commands: [["true"]],
            environment: [],
            stamp: name,
            phase: .build,
            reversible: true,
            effect: ChangeEffect(),
            timeoutSeconds: 1
          )
        ),
        origin: "roles/web/role.yaml:\(line):5"
      )
    }
    var fleet = SimulatedFleet()
    fleet.nodes[id] = SimulatedNode()
    fleet.wanted[id] = [step("web.build", 30), step("web.deps", 20), step("web.venv", 10)]
    #expect(try fleet.plan().changes.map(\.address.name) == ["web.venv", "web.deps", "web.build"])
  }

  @Test func theCheckIndexMovesWithTheNodeAndOnlyThen() throws {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 1\n")
    let first = try node.fleet.plan().nodeDigest(node.id)
    #expect(try node.fleet.plan().nodeDigest(node.id) == first)
    node.edit(OneNode.conf, "port 2\n")
    #expect(try node.fleet.plan().nodeDigest(node.id) != first)
  }
}
