import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetRender
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
    let all = rules(of: instances, fleet: fleet)
      .union(stated(by: instances, fleet: fleet, &diagnostics))
    for rule in all.sorted(by: order) {
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
    (left.port, left.transport, left.source, left.tag)
      < (right.port, right.transport, right.source, right.tag)
  }

  private static func rules(of instances: [RoleInstance], fleet: ResolvedFleet) -> Set<Rule> {
    var rules: Set<Rule> = []
    for instance in instances {
      for port in instance.ports {
        let tag = "fleetctl:\(instance.role.name):\(port.number)"
        for source in fleet.admitted(to: port, at: instance) {
          rules.insert(
            Rule(source: source, port: port.number, transport: port.transport.rawValue, tag: tag)
          )
        }
      }
    }
    return rules
  }

  /// The rules that roles state themselves (`firewall:`), beside those of their ports.
  private static func stated(
    by instances: [RoleInstance],
    fleet: ResolvedFleet,
    _ diagnostics: inout Diagnostics
  ) -> Set<Rule> {
    var rules: Set<Rule> = []
    for instance in instances where !instance.role.content.firewall.isEmpty {
      var evaluator = Evaluator(scope: fleet.scope(for: instance))
      for item in instance.role.content.firewall where evaluator.applies(item.when) {
        guard let port = evaluator.port(item.port) else { continue }
        let sources = item.from.isEmpty ? [""] : evaluator.strings(item.from)
        for source in sources where evaluator.isSource(source, at: item.span) {
          rules.insert(
            Rule(
              source: source,
              port: port,
              transport: item.transport.rawValue,
              tag: "fleetctl:\(instance.role.name):\(port)"
            )
          )
        }
      }
      diagnostics.add(contentsOf: evaluator.diagnostics)
    }
    return rules
  }
}

extension Evaluator {
  /// A port's number; nil after a finding.
  fileprivate mutating func port(_ text: TemplateText) -> Int? {
    guard let number = text.int(scope, into: &diagnostics) else { return nil }
    guard (1...65535).contains(number) else {
      diagnostics.add(
        Diagnostic(
          .parameterInvalid,
          "The port is \(number); it must be 1 to 65535.",
          at: text.span
        )
      )
      return nil
    }
    return number
  }

  /// Whether ufw(8) takes a source: an address or a network, never a name.
  fileprivate mutating func isSource(_ text: String, at span: SourceSpan) -> Bool {
    if text.isEmpty || AddressRange(text) != nil { return true }
    if let address = HostAddress(text), !address.isName { return true }
    diagnostics.add(
      Diagnostic(
        .parameterInvalid,
        "`\(text)` cannot be admitted by a firewall rule: write an IP address or a network such as "
          + "`10.0.0.0/8`.",
        at: span
      )
    )
    return false
  }
}
