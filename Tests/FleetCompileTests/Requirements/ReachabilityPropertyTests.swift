import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetRender
import FleetResources
import Testing

/// Who can connect, found out from the resources alone: what units bind, what the firewall admits.
///
/// The validator must say the same, for random placements of all roles under all modes.
@Suite struct ReachabilityPropertyTests {
  @Test(arguments: 0..<80)
  func theValidatorAgreesWithTheResourcesThatAreWritten(seed: Int) throws {
    var dice = SplitMix(UInt64(seed))
    let world = World(&dice)
    let compiled = try Compiled(world.text)
    let network = Network(compiled, world)
    for consumer in compiled.resolved.instances {
      for dependency in consumer.dependencies {
        guard let endpoint = dependency.endpoint, dependency.isAvailable else { continue }
        var closed: [String] = []
        for provider in compiled.resolved.providers(of: dependency) {
          guard let port = provider.port(endpoint) else { continue }
          // Two roles on one port are refused already; the other one's rule would open it.
          if network.isContested(port.number, on: provider) { continue }
          let obstacle = compiled.resolved.obstacle(
            from: consumer.nodeIndex,
            to: port,
            at: provider
          )
          let connects = try network.connects(consumer, dependency, provider, endpoint)
          #expect(
            connects == (obstacle == nil),
            "\(consumer.address) -> \(provider.address) \(endpoint): \(String(describing: obstacle))\n\(world.text)"
          )
          if !connects { closed.append(provider.address) }
        }
        let reported = compiled.findings.contains { finding in
          finding.rule == .dependencyUnreachable && finding.address == consumer.address
            && finding.detail.contains("the endpoint `\(endpoint)` (")
            && finding.detail.contains("of `\(dependency.role)` on")
        }
        let isContested = compiled.resolved.providers(of: dependency).contains { provider in
          provider.port(endpoint).map { network.isContested($0.number, on: provider) } ?? false
        }
        if isContested { continue }
        #expect(reported == !closed.isEmpty, "\(consumer.address) \(endpoint) \(closed)")
      }
    }
  }

  @Test func theWorldsHoldEveryKindOfEdge() throws {
    var open = 0
    var obstacles: Set<Obstacle> = []
    for seed in 0..<60 {
      var dice = SplitMix(UInt64(seed))
      let resolved = try Compiled(World(&dice).text).resolved
      for consumer in resolved.instances {
        for dependency in consumer.dependencies {
          guard let endpoint = dependency.endpoint else { continue }
          for provider in resolved.providers(of: dependency) {
            guard let port = provider.port(endpoint) else { continue }
            let found = resolved.obstacle(from: consumer.nodeIndex, to: port, at: provider)
            if let found { obstacles.insert(found) } else { open += 1 }
          }
        }
      }
    }
    #expect(open > 1000)
    #expect(obstacles.count == 6)
  }
}

/// A random fleet and the addresses that its machines really have.
private struct World {
  struct Machine {
    let declared: String
    let wsl2: Bool
    let roles: [String]
    let ipv4: String
    let ipv6: String
  }

  private static let roles = [
    "slm-backend", "slm-frontend", "slm-database", "slm-monitoring", "backend", "celery",
    "frontend",
    "npu-worker", "tts-worker", "browser-service", "ai-stack", "chromadb", "autobot-llm-cpu",
    "autobot-llm-gpu", "redis",
  ]

  let machines: [Machine]
  let text: String

  init(_ dice: inout SplitMix) {
    let count = Int.random(in: 1...5, using: &dice)
    let network =
      [nil, "10.0.0.0/24", "10.0.0.0/24", "fd00::/64"].randomElement(using: &dice) ?? nil
    var placed: [[String]] = Array(repeating: [], count: count)
    for role in Self.roles where Int.random(in: 0..<8, using: &dice) > 0 {
      placed[Int.random(in: 0..<count, using: &dice)].append(role)
      // Some roles are on two machines.
      if Int.random(in: 0..<6, using: &dice) == 0 {
        let other = Int.random(in: 0..<count, using: &dice)
        if !placed[other].contains(role) { placed[other].append(role) }
      }
    }
    let isPlain = Bool.random(using: &dice)
    machines = (0..<count).map { index in
      let isInside = network != "fd00::/64"
      let kinds = [
        "10.0.0.\(index + 1)", "10.7.0.\(index + 1)", "fd00::\(index + 1)", "fd77::\(index + 1)",
        "n\(index).example", "127.0.0.\(index + 1)",
      ]
      let kind = isPlain ? 0 : Int.random(in: 0..<kinds.count, using: &dice)
      let isName = kind == 4
      return Machine(
        declared: kinds[kind],
        wsl2: Int.random(in: 0..<4, using: &dice) == 0,
        roles: placed[index],
        // What is not declared nobody knows, except that a name's address lies in the network.
        ipv4: kind < 2
          ? kinds[kind]
          : isName && network != nil && isInside ? "10.0.0.\(index + 100)" : "192.0.2.\(index + 1)",
        ipv6: kind == 2 || kind == 3
          ? kinds[kind] : isName && !isInside ? "fd00::\(index + 100)" : "2001:db8::\(index + 1)"
      )
    }
    let mode = ["single_user", "single_company", "provider"].randomElement(using: &dice) ?? ""
    let firewall = Int.random(in: 0..<4, using: &dice) == 0 ? "none" : "ufw"
    var lines = ["version: 1", "fleet: random"]
    if let network { lines.append("network: \"\(network)\"") }
    lines.append("settings: {user_mode: \(mode), firewall: \(firewall)}")
    lines.append("nodes:")
    for (index, machine) in machines.enumerated() {
      let roles = machine.roles.joined(separator: ", ")
      lines.append(
        "  n\(index): {address: \"\(machine.declared)\", wsl2: \(machine.wsl2), roles: [\(roles)]}"
      )
    }
    text = lines.joined(separator: "\n") + "\n"
  }
}

/// Connections over what is written on the machines.
private struct Network {
  let compiled: Compiled
  let world: World

  init(_ compiled: Compiled, _ world: World) {
    self.compiled = compiled
    self.world = world
  }

  /// Whether another role on the provider's machine claims the number too.
  func isContested(_ port: Int, on provider: RoleInstance) -> Bool {
    compiled.resolved.instances(on: provider.node.id).contains { other in
      other.role.name != provider.role.name && other.ports.contains { $0.number == port }
    }
  }

  /// Whether `consumer` reaches the address that its files name for `provider`.
  func connects(
    _ consumer: RoleInstance,
    _ dependency: ResolvedDependency,
    _ provider: RoleInstance,
    _ endpoint: String
  ) throws -> Bool {
    let (host, port) = try named(consumer, dependency, provider, endpoint)
    let from = consumer.nodeIndex
    let to = provider.nodeIndex
    let isLoopback = host.hasPrefix("127.") || host == "::1"
    if isLoopback { return from == to && listens(provider, on: "127.0.0.1", port) }
    if from == to {
      return !world.machines[from].wsl2 && listens(provider, on: host, port)
    }
    guard listens(provider, on: host, port) else { return false }
    // Debian resolves a machine's own name to 127.0.1.1.
    let isOwnName = provider.port(endpoint)?.bind.contains { $0.contains("example") } ?? false
    if isOwnName { return false }
    let resources = compiled.resources(on: "n\(to)")
    let isFiltered = resources.contains { resource in
      if case .firewall(let spec) = resource.spec, case .enabled = spec.kind { true } else { false }
    }
    let machine = world.machines[from]
    // A name is resolved to whatever family the consumer is known by.
    let isIPv6 =
      host.contains(":") || (host.contains("example") && prefersIPv6(machine))
    let source = isIPv6 ? machine.ipv6 : machine.ipv4
    guard admittedBySite(resources, host, port, source) else { return false }
    guard isFiltered else { return true }
    return compiled.rules(on: "n\(to)").contains { rule in
      let words = rule.split(separator: " ").map(String.init)
      return words.last == "\(port)/tcp" && admits(words[0], source)
    }
  }

  /// Whether nginx's site behind the port lets the source in, by its `allow` and `deny` lines.
  private func admittedBySite(
    _ resources: [Resource],
    _ host: String,
    _ port: Int,
    _ source: String
  ) -> Bool {
    let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    for resource in resources {
      guard case .file(let spec) = resource.spec, spec.path.contains("/sites-available/"),
        let text = spec.content.plainText
      else { continue }
      let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
      guard lines.contains("listen \(address);"), lines.contains("deny all;") else { continue }
      return lines.contains("allow \(source);")
    }
    return true
  }

  private func prefersIPv6(_ machine: World.Machine) -> Bool {
    machine.declared.contains(":") || (machine.declared.contains("example") && hasIPv6Network)
  }

  private var hasIPv6Network: Bool {
    compiled.resolved.fleet.network?.value.contains(":") ?? false
  }

  private func admits(_ rule: String, _ source: String) -> Bool {
    if rule == "any" || rule == source { return true }
    guard let range = AddressRange(rule), let address = HostAddress(source) else { return false }
    return range.contains(address) == true
  }

  /// Whether anything on the provider's machine listens there, by what its units must bind.
  private func listens(_ provider: RoleInstance, on host: String, _ port: Int) -> Bool {
    if host == "127.0.0.1" {
      // A unit's record holds the address for others only; loopback stands in the port itself.
      return compiled.resolved.instances(on: provider.node.id).contains { instance in
        instance.ports.contains { other in
          other.number == port && (other.bind.contains(host) || other.bind.contains("0.0.0.0"))
        }
      }
    }
    return compiled.resources(on: provider.node.id.name).contains { resource in
      guard case .unit(let unit) = resource.spec else { return false }
      return unit.ports.contains {
        $0.number == port && ($0.addresses.contains(host) || $0.addresses.contains("0.0.0.0"))
      }
    }
  }

  /// Host and port as the consumer's files get them.
  private func named(
    _ consumer: RoleInstance,
    _ dependency: ResolvedDependency,
    _ provider: RoleInstance,
    _ endpoint: String
  ) throws -> (String, Int) {
    let scope = compiled.resolved.scope(for: consumer)
    let root = dependency.isLocal ? "endpoints" : "targets"
    guard case .map(let roles) = scope[root], case .map(let ports) = roles[dependency.role] else {
      throw Compiled.Missing(what: dependency.role)
    }
    if case .map(let one) = ports[endpoint], case .string(let host) = one["host"],
      case .int(let port) = one["port"]
    {
      return (host, port)
    }
    guard case .list(let all) = ports[endpoint] else { throw Compiled.Missing(what: endpoint) }
    for case .map(let one) in all where one["node"] == .string(provider.node.id.name) {
      if case .string(let host) = one["host"], case .int(let port) = one["port"] {
        return (host, port)
      }
    }
    throw Compiled.Missing(what: "\(endpoint) on \(provider.node.id)")
  }
}

/// Numbers that are the same in every run.
private struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
