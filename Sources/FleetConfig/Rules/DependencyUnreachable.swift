internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Finds needs whose provider exists but cannot be connected to.
///
/// *What it does*: looks for the endpoint among the ports that the provider's parameters switch on, then
/// follows the edge from the consumer's address through the provider's firewall, as it will be written,
/// to what the port binds.
/// *Why it matters*: the consumer would knock at a closed door for ever.
/// *Example*: `backend` needs PostgreSQL of `redis`, which has `postgresql: false`; a consumer whose
/// `address` is a host name, which no rule of ufw can admit.
/// *Instead*: switch the endpoint on, or the consumer's use of it off; write IP addresses.
enum DependencyUnreachable {
  /// Reports a need whose provider does not offer the endpoint: an error if it is hard.
  static func report(
    _ role: String,
    _ dependency: ResolvedDependency,
    _ instance: RoleInstance,
    _ resolved: ResolvedFleet,
    into diagnostics: inout Diagnostics
  ) {
    let providers = resolved.instances(of: role)
    // Broken parameters are reported; that the port is unknown follows from them.
    guard let provider = providers.first, let endpoint = dependency.endpoint,
      !providers.contains(where: { $0.profile.isBroken })
    else { return }
    let exists = provider.role.port(endpoint) != nil
    let why =
      exists
      ? "has its port `\(endpoint)` switched off by its parameters or the fleet's settings. Switch it "
        + "on, or switch off what needs it"
      : "has no port of that name. Correct `needs` of `\(instance.profile.role.name)`"
    let switches = provider.switches(of: endpoint)
    let places = switches.compactMap { ParameterEdit.span($0, of: provider, in: resolved) }
    diagnostics.add(
      Diagnostic(
        .dependencyUnreachable,
        "`\(instance.profile.role.name)` on `\(instance.node.id)` \(dependency.verb) the endpoint "
          + "`\(endpoint)` of `\(role)`, but `\(role)` on `\(provider.node.id)` \(why)."
          + dependency.consequence(provider.role),
        at: instance.place,
        related: [RelatedSpan("`\(role)` is here", at: provider.place)]
          + places.map { RelatedSpan("it is switched off here", at: $0) },
        address: instance.address,
        path: "/nodes/\(instance.node.id)/roles",
        suggestions: switches.map {
          ParameterEdit.suggestion($0, "true", of: provider, in: resolved)
        },
        severity: dependency.isHard ? nil : .warning
      )
    )
  }

  /// Reports every edge that cannot connect, and soft needs whose provider does not offer the endpoint.
  ///
  /// Hard needs of that kind are reported by `DependencyMissing`.
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    var doors: [String: [Int]] = [:]
    // See `obstacle`: between literals of one family there is none but a machine's own address.
    let mayFail = !resolved.reach.isUniform || resolved.reach.hasWSL2
    let suspects = resolved.instances { profile in
      resolved.lacksProvider[profile.number] || (mayFail && !profile.needs.isEmpty)
    }
    for instance in suspects {
      for dependency in instance.dependencies {
        guard let endpoint = dependency.endpoint else { continue }
        guard dependency.isAvailable else {
          let present = dependency.need.roles.first { resolved.indicesByRole[$0] != nil }
          // A soft need of an optional port says "if there is one".
          if !dependency.isHard, let present, !resolved.isOptional(endpoint, of: present) {
            report(present, dependency, instance, resolved, into: &diagnostics)
          }
          continue
        }
        let candidates = providers(of: dependency, endpoint, instance, resolved, &doors)
        var seen: Set<Obstacle> = []
        for provider in candidates.map({ resolved.instances[$0] }) {
          guard let port = provider.port(endpoint),
            let obstacle = resolved.obstacle(from: instance.nodeIndex, to: port, at: provider),
            seen.insert(obstacle).inserted
          else { continue }
          diagnostics.add(finding(obstacle, dependency, instance, port, provider, resolved))
        }
      }
    }
  }

  /// The providers to look at: of many whose addresses and ports are of one kind the first stands for
  /// all, and the one on the consumer's own node for itself.
  private static func providers(
    of dependency: ResolvedDependency,
    _ endpoint: String,
    _ instance: RoleInstance,
    _ resolved: ResolvedFleet,
    _ known: inout [String: [Int]]
  ) -> [Int] {
    let providers = dependency.providers
    if providers.count == 1 { return providers }
    let own = resolved.nodeRanges[instance.nodeIndex].filter { providers.containsSorted($0) }
    let key = "\(dependency.role)/\(endpoint)"
    if let doors = known[key] { return own + doors.filter { !own.contains($0) } }
    var kinds: [Door: Int] = [:]
    var doors: [Int] = []
    for index in providers {
      let provider = resolved.instances[index]
      guard let port = provider.port(endpoint) else { continue }
      let door = Door(
        reach: resolved.reach.nodes[provider.nodeIndex],
        scope: port.scope,
        isExposed: port.isExposed
      )
      // Two of a kind: one of them may be on the consumer's own node.
      kinds[door, default: 0] += 1
      if kinds[door, default: 0] <= 2 { doors.append(index) }
    }
    known[key] = doors
    return own + doors.filter { !own.contains($0) }
  }

  private struct Door: Hashable {
    let reach: NodeReach
    let scope: Port.Scope
    let isExposed: Bool
  }

  private static func finding(
    _ obstacle: Obstacle,
    _ dependency: ResolvedDependency,
    _ instance: RoleInstance,
    _ port: ResolvedPort,
    _ provider: RoleInstance,
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    let role = provider.profile.role.name
    let node = instance.node
    return Diagnostic(
      .dependencyUnreachable,
      "`\(instance.profile.role.name)` on `\(node.id)` \(dependency.verb) the endpoint `\(port.name)` "
        + "(\(port.number)) of `\(role)` on `\(provider.node.id)`, but cannot connect: "
        + obstacle.words(from: node, to: provider.node) + dependency.consequence(provider.role),
      at: instance.place,
      related: [
        RelatedSpan("`\(role)` is here", at: provider.place),
        RelatedSpan("address of `\(provider.node.id)`", at: provider.node.address.span),
        RelatedSpan("address of `\(node.id)`", at: node.address.span),
      ].filter { $0.span != nil },
      address: instance.address,
      path: "/nodes/\(node.id)/roles",
      severity: dependency.isHard ? nil : .warning
    )
  }
}

extension ResolvedFleet {
  fileprivate func isOptional(_ endpoint: String, of role: String) -> Bool {
    registry.role(role)?.ports.contains { $0.name == endpoint && $0.optional } ?? false
  }
}

extension Obstacle {
  /// What stands in the way and what to do, as sentences after a colon.
  func words(from consumer: FleetNode, to provider: FleetNode) -> String {
    let here = consumer.address.value
    let there = provider.address.value
    switch self {
    case .providerIsEverybody:
      return
        "the address `\(there)` leads every machine to itself. Give `\(provider.id)` the address "
        + "under which the other nodes find it."
    case .providerHasNoAddress:
      return "the proxy listens at the node's own address beside the application on loopback, and "
        + "`\(there)` is a host name, which a machine mostly resolves to loopback for itself. Give "
        + "`\(provider.id)` an IP address."
    case .consumerIsEverybody:
      return
        "`\(provider.id)` admits this port's consumers by their addresses, and `\(here)` leads "
        + "every machine to itself. Give `\(consumer.id)` the address that it connects from."
    case .consumerHasNoAddress:
      return "`\(provider.id)` admits this port's consumers by their addresses, and `\(here)` is a "
        + "host name, which no rule of ufw or nginx can hold. Give `\(consumer.id)` an IP address."
    case .otherFamily:
      return "`\(there)` and `\(here)` are of different IP versions, so the connection comes from "
        + "another address than the one that `\(provider.id)` admits. Give both nodes addresses of one "
        + "version."
    case .ownAddress:
      return
        "it would use the node's own address `\(there)`, which a WSL2 machine cannot reach. Move "
        + "one of the two to another node."
    }
  }
}

extension ResolvedDependency {
  fileprivate var verb: String { isHard ? "needs" : "would use" }

  /// For a soft need, what is lost without it.
  fileprivate func consequence(_ provider: Role) -> String {
    guard !isHard, let loss = provider.degradedWithout else { return "" }
    return " Without it: \(loss.prefix(1).lowercased() + loss.dropFirst())"
  }
}

extension RoleInstance {
  /// Parameters that are `false` and must be `true` for the port to be there.
  fileprivate func switches(of endpoint: String) -> [String] {
    for port in profile.role.ports where port.name == endpoint {
      let parts = port.when?.text.components(separatedBy: " and ") ?? []
      let off = parts.compactMap { part -> String? in
        let word = part.filter { $0 != " " }
        guard word.hasPrefix("params.") else { return nil }
        let name = String(word.dropFirst("params.".count))
        return parameters[name] == .bool(false) ? name : nil
      }
      if !off.isEmpty { return off }
    }
    return []
  }
}

extension String {
  /// The parts between occurrences of `separator`.
  fileprivate func components(separatedBy separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
