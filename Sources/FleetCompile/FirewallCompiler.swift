import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetResources

/// Computes a node's UFW rules from the dependency edges that end there, so that no port is open wider
/// than its consumers need.
enum FirewallCompiler {
  /// One rule before it is a resource.
  struct Rule: Hashable {
    let source: String
    let port: Int
    let transport: String
    let tag: String
  }

  /// Adds package, rules and the switch to `builder`.
  static func compile(
    _ instances: [RoleInstance],
    fleet: ResolvedFleet,
    sshPort: Int,
    wsl2: Bool,
    into builder: inout NodeBuilder,
    _ diagnostics: inout Diagnostics
  ) {
    guard let first = instances.first else { return }
    let span = first.role.span
    let owner = Owner(role: "firewall", wave: 0)
    func add(_ name: String, _ kind: FirewallSpec.Kind, _ tag: String) {
      let spec = ResourceSpec.firewall(FirewallSpec(kind: kind, tag: tag))
      builder.add(.firewall, name, spec, by: owner, at: span, into: &diagnostics)
    }
    builder.add(
      .package,
      "ufw",
      .package(PackageSpec(name: "ufw")),
      by: owner,
      at: span,
      into: &diagnostics
    )
    add("ssh", .allow(source: "", port: sshPort, transport: "tcp"), "fleetctl:ssh:\(sshPort)")
    if wsl2 {
      // WSL2 with mirrored networking routes 127.0.0.1 over `loopback0`; without this rule nginx
      // cannot reach the application behind it.
      add("loopback0", .allowInterface("loopback0"), "fleetctl:wsl2:loopback0")
    }
    for rule in rules(of: instances, fleet: fleet).sorted(by: order) {
      let from = rule.source.isEmpty ? "anywhere" : rule.source
      add(
        "\(rule.tag.dropFirst("fleetctl:".count))/\(rule.transport)/\(from)",
        .allow(source: rule.source, port: rule.port, transport: rule.transport),
        rule.tag
      )
    }
    add("enabled", .enabled(sshPort: sshPort), "fleetctl:enabled")
  }

  private static func order(_ left: Rule, _ right: Rule) -> Bool {
    (left.port, left.transport, left.source) < (right.port, right.transport, right.source)
  }

  private static func rules(of instances: [RoleInstance], fleet: ResolvedFleet) -> Set<Rule> {
    var rules: Set<Rule> = []
    for instance in instances {
      for port in instance.ports {
        let tag = "fleetctl:\(instance.role.name):\(port.number)"
        func allow(_ source: String) {
          rules.insert(
            Rule(source: source, port: port.number, transport: port.transport.rawValue, tag: tag)
          )
        }
        if port.scope == .public { allow("") }
        guard port.isExposed, port.scope != .public else { continue }
        // `network:` is what exposure to the fleet means; a widened loopback port admits its consumers.
        if port.scope == .fleet, let network = fleet.fleet.network {
          allow(network.value)
          continue
        }
        fleet.consumerAddresses(of: port, at: instance).forEach(allow)
        // Whoever checks this node's health from elsewhere must reach what it checks.
        if let relay = fleet.healthRelay(for: instance.node.id) { allow(relay.address.value) }
      }
    }
    return rules
  }
}
