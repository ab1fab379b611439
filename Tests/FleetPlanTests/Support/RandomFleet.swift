import FleetModel
import FleetResources

/// Fleets of every kind of resource, made from a seed.
struct RandomFleet {
  private var numbers: SplitMix64

  init(seed: Int) {
    numbers = SplitMix64(seed: seed)
  }

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &numbers) < percent
  }

  /// A bare fleet of one to three nodes.
  mutating func fleet() -> SimulatedFleet {
    var fleet = SimulatedFleet()
    let ids = (1...Int.random(in: 1...3, using: &numbers)).map { Make.node("n\($0)") }
    for id in ids {
      var node = SimulatedNode()
      node.packageUnits = [
        "redis": ["redis.service"], "postgresql": ["postgresql@16-main.service"],
      ]
      node.packageFiles = ["redis": ["/etc/redis.conf", "/etc/web/default"]]
      fleet.nodes[id] = node
      fleet.roles[id] = ["web", "data"]
      fleet.wanted[id] = resources(id, ids)
    }
    return fleet
  }

  private mutating func resources(_ node: NodeID, _ all: [NodeID]) -> [Resource] {
    var found = basics(node)
    found += services(node, all)
    if chance(60) { found += databases(node) }
    if node == all[0] || chance(60) { found += certificates(node, all) }
    if chance(60) { found += builds(node) }
    if chance(60) { found += firewall(node) }
    return found
  }

  private mutating func basics(_ node: NodeID) -> [Resource] {
    [
      Make.resource(
        node,
        .aptSource,
        "redis",
        .aptSource(
          AptSourceSpec(
            path: "/etc/apt/sources.list.d/redis.sources",
            content: "Types: deb\n",
            keyPath: "/etc/apt/keyrings/redis.asc",
            keyURL: "https://example.org/key",
            preferences: chance(50) ? "Package: *\n" : nil
          )
        )
      ),
      Make.resource(node, .package, "redis", .package(PackageSpec(name: "redis"))),
      Make.resource(node, .group, "web", .group(GroupSpec(name: "web"))),
      Make.resource(
        node,
        .user,
        "web",
        .user(UserSpec(name: "web", group: "web", groups: ["video"]))
      ),
      Make.resource(
        node,
        .dir,
        "/etc/web",
        .directory(
          DirectorySpec(path: "/etc/web", ownership: Make.root, data: chance(50))
        )
      ),
      Make.resource(
        node,
        .sysctl,
        "vm.overcommit_memory",
        .sysctl(
          SysctlSpec(key: "vm.overcommit_memory", value: "1")
        )
      ),
      Make.resource(
        node,
        .link,
        "/etc/web/enabled",
        .link(
          LinkSpec(
            path: "/etc/web/enabled",
            target: "../web/site",
            effect: .init(reload: ["web.service"])
          )
        )
      ),
      Make.resource(
        node,
        .file,
        "/etc/web/default",
        .absentPath(
          AbsentPathSpec(path: "/etc/web/default", effect: .init(reload: ["web.service"]))
        )
      ),
    ]
  }

  private mutating func services(_ node: NodeID, _ all: [NodeID]) -> [Resource] {
    let id = SecretID(role: "data", name: "password_\(node)")
    let other = SecretID(role: "data", name: "password_\(all[0])")
    let shared = SecretID(role: "data", name: "shared")
    let package = ResourceAddress(node, .package, "redis")
    return [
      Make.resource(
        node,
        .secret,
        shared.description,
        .secret(
          SecretSpec(id: shared, file: "/etc/s.env", key: "S", length: 16, ownership: Make.root)
        ),
        role: "data"
      ),
      Make.resource(
        node,
        .secret,
        id.description,
        .secret(
          SecretSpec(
            id: id,
            file: "/etc/secrets.env",
            key: "PASSWORD",
            length: 48,
            ownership: Ownership(owner: "root", group: "root", mode: 0o640)
          )
        ),
        role: "data"
      ),
      Make.file(
        node,
        "/etc/redis.conf",
        FileContent([
          .text("port 6379\nrequirepass "), .secret(id), .text("\nmasterauth "), .secret(shared),
          .text("\n"),
        ]),
        role: "data",
        effect: .init(restart: ["redis.service"])
      ),
      Make.file(
        node,
        "/etc/web/web.env",
        FileContent([
          .text("REDIS_PASSWORD="), .secret(other), .text("\nMODE=\(chance(50) ? "a" : "b")\n"),
        ]),
        merges: true
      ),
      Make.file(node, "/etc/web/site", FileContent(text: "listen 443;\n")),
      Make.file(
        node,
        "/etc/systemd/system/web.service",
        FileContent(text: "[Service]\nExecStart=/bin/web\n")
      ),
      Make.unit(
        node,
        "web.service",
        restart: ["/etc/web/web.env"],
        reload: ["/etc/web/site"],
        requires: [ResourceAddress(node, .file, "/etc/systemd/system/web.service")],
        wave: 2
      ),
      Make.unit(node, "redis.service", role: "data", requires: [package], wave: 1),
    ]
  }

  private mutating func databases(_ node: NodeID) -> [Resource] {
    let unit = ResourceAddress(node, .unit, "postgresql@16-main.service")
    let id = SecretID(role: "data", name: "database_\(node)")
    return [
      Make.resource(node, .package, "postgresql", .package(PackageSpec(name: "postgresql"))),
      Make.resource(
        node,
        .secret,
        id.description,
        .secret(
          SecretSpec(id: id, file: "/etc/db.env", key: "DB", length: 48, ownership: Make.root)
        ),
        role: "data"
      ),
      Make.unit(
        node,
        unit.name,
        role: "data",
        requires: [ResourceAddress(node, .package, "postgresql")]
      ),
      Make.resource(
        node,
        .database,
        "role/app",
        .databaseRole(
          DatabaseRoleSpec(name: "app", password: id)
        ),
        role: "data",
        requires: [unit]
      ),
      Make.resource(
        node,
        .database,
        "app",
        .database(
          DatabaseSpec(name: "app", owner: "app")
        ),
        role: "data",
        requires: [unit]
      ),
    ]
  }

  private mutating func certificates(_ node: NodeID, _ all: [NodeID]) -> [Resource] {
    var found: [Resource] = []
    if node == all[0] {
      found.append(
        Make.resource(
          node,
          .certificate,
          "authority",
          .authority(
            AuthoritySpec(directory: "/etc/ca", commonName: "CA")
          )
        )
      )
    }
    found.append(
      Make.resource(
        node,
        .certificate,
        "web.node",
        .certificate(
          CertificateSpec(
            certPath: "/etc/web/tls.crt",
            keyPath: "/etc/web/tls.key",
            keyOwnership: Ownership(owner: "root", group: "web", mode: 0o640),
            commonName: node.name,
            names: ["DNS:\(node)", "IP:192.0.2.1"],
            authority: all[0],
            authorityDirectory: "/etc/ca",
            effect: .init(reload: ["web.service"])
          )
        )
      )
    )
    return found
  }

  private mutating func builds(_ node: NodeID) -> [Resource] {
    let source = SourceSpec(
      localPath: "/src",
      target: "/opt/web",
      ownership: Make.root,
      files: (0..<Int.random(in: 0...4, using: &numbers)).map {
        SourceFile(path: "f\($0)", sha256: String(repeating: "a", count: 64), executable: $0 == 0)
      },
      effect: .init(restart: ["web.service"])
    )
    let step = StepSpec(
      name: "web.venv",
      creates: "/opt/web/venv/bin/python",
      user: "web",
      directory: "/opt/web",
      commands: [["python3", "-m", "venv", "venv"]],
      environment: ["A=B"],
      stamp: "stamp-1",
      phase: chance(50) ? .build : .migrate,
      reversible: true,
      effect: .init(restart: ["web.service"]),
      timeoutSeconds: 60
    )
    let archive = ArchiveSpec(
      url: "https://example.org/a.tgz",
      sha256: "",
      target: "/opt/a",
      strip: 1,
      ownership: Make.root
    )
    return [
      Make.resource(node, .source, "/opt/web", .source(source)),
      Make.resource(
        node,
        .step,
        "web.venv",
        .step(step),
        requires: [
          ResourceAddress(node, .source, "/opt/web"), ResourceAddress(node, .file, "/etc/web/site"),
        ]
      ),
      Make.resource(node, .archive, "a", .archive(archive)),
    ]
  }

  private mutating func firewall(_ node: NodeID) -> [Resource] {
    [
      Make.resource(
        node,
        .firewall,
        "enabled",
        .firewall(
          FirewallSpec(kind: .enabled(sshPort: 22), tag: "fleetctl:enabled")
        )
      ),
      Make.resource(
        node,
        .firewall,
        "redis",
        .firewall(
          FirewallSpec(
            kind: .allow(source: "192.0.2.7", port: 6379, transport: "tcp"),
            tag: "fleetctl:redis:redis"
          )
        )
      ),
      Make.resource(
        node,
        .firewall,
        "lo",
        .firewall(
          FirewallSpec(kind: .allowInterface("lo"), tag: "fleetctl:lo")
        )
      ),
    ]
  }

  /// Some edits by hand on some nodes.
  mutating func disturb(_ fleet: inout SimulatedFleet) {
    for id in fleet.nodes.keys.sorted() {
      if chance(40) { fleet.nodes[id]?.edit("/etc/web/site", "listen 80;\n") }
      if chance(40) { fleet.nodes[id]?.edit("/etc/systemd/system/web.service", "[Service]\n") }
      if chance(40) { fleet.nodes[id]?.delete("/etc/redis.conf") }
      if chance(40) { fleet.nodes[id]?.chmod("/etc/web", 0o777) }
      if chance(40) { fleet.nodes[id]?.chmod("/etc/redis.conf", 0o666) }
      if chance(40) { fleet.nodes[id]?.systemctl("stop", "web.service") }
      if chance(40) { fleet.nodes[id]?.systemctl("restart", "redis.service") }
      if chance(40) { fleet.nodes[id]?.systemctl("reload", "web.service") }
      if chance(40) { fleet.nodes[id]?.systemctl("disable", "redis.service") }
      if chance(20) { fleet.nodes[id]?.reboot() }
      if chance(40) { fleet.nodes[id]?.edit("/etc/web/web.env", "OTHER=1\nMODE=hand\n") }
    }
  }
}
