package import FleetConfig
package import FleetDiagnostics
package import FleetModel
import FleetRegistry
import FleetRender
package import FleetResources

/// The resources of one node.
package struct NodeResources: Sendable {
  /// The node.
  package let node: FleetNode
  /// Roles on it, automatic ones included, in the order of fleet.yaml.
  package let roles: [String]
  /// What it should be, sorted by address.
  package let resources: [Resource]
  /// Whether a role of the business layer is on it.
  package let servesUsers: Bool

  /// Makes a node's resources.
  package init(
    node: FleetNode,
    roles: [String],
    resources: [Resource],
    servesUsers: Bool = false
  ) {
    self.servesUsers = servesUsers
    self.node = node
    self.roles = roles
    self.resources = resources
  }
}

/// Turns the resolved fleet into the resources of each node: renders what can be rendered, leaves
/// holes for secrets.
///
/// Pure: equal input gives equal resources.
package struct FleetCompiler {
  private let fleet: ResolvedFleet
  private let registry: Registry
  private let sources: any SourceTrees
  private let waves: [Int]
  private let authority: (node: NodeID, directory: String)?
  private let secrets: [String: Value]

  /// Prepares what all nodes share.
  package init(_ fleet: ResolvedFleet, sources: any SourceTrees) {
    self.fleet = fleet
    registry = fleet.registry
    self.sources = sources
    var waves = Array(repeating: 0, count: fleet.instances.count)
    for (wave, instances) in fleet.orderedIndices.enumerated() {
      for instance in instances { waves[instance] = wave }
    }
    self.waves = waves
    authority = Self.findAuthority(fleet)
    secrets = Self.fleetSecrets(fleet)
  }

  /// Compiles every node, in the order of fleet.yaml.
  package func compile(into diagnostics: inout Diagnostics) -> [NodeResources] {
    var indices: [[Int]] = Array(repeating: [], count: fleet.fleet.nodes.count)
    for (index, instance) in fleet.instances.enumerated() {
      indices[instance.nodeIndex].append(index)
    }
    return fleet.fleet.nodes.enumerated().map { position, node in
      compile(node, indices[position], into: &diagnostics)
    }
  }

  private func compile(
    _ node: FleetNode,
    _ indices: [Int],
    into diagnostics: inout Diagnostics
  ) -> NodeResources {
    var builder = NodeBuilder(node: node.id)
    var components: [String: ComponentDemand] = [:]
    for index in indices {
      let instance = fleet.instances[index]
      var evaluator = Evaluator(scope: scope(index))
      for use in instance.role.uses where evaluator.applies(use.when) {
        guard let component = registry.component(use.component) else {
          diagnostics.add(
            Diagnostic(
              .unknownRole,
              "The role `\(instance.role.name)` uses a component `\(use.component)` that does not exist.",
              at: use.span
            )
          )
          continue
        }
        let values = evaluator.values(use.with)
        components[use.component, default: ComponentDemand(component)].add(
          values,
          by: index,
          wave: waves[index],
          at: use.span,
          into: &diagnostics
        )
      }
      diagnostics.add(contentsOf: evaluator.diagnostics)
    }
    var componentSteps: [Int: [ResourceAddress]] = [:]
    for name in components.keys.sorted() {
      guard let demand = components[name], let first = demand.users.first else { continue }
      var values = scope(first)
      values["with"] = .map(demand.values)
      let owner = Owner(role: name, wave: demand.wave)
      let steps = run(demand.component, owner, first, values, [], &builder, &diagnostics)
      for user in demand.users { componentSteps[user, default: []] += steps }
    }
    for index in indices {
      let instance = fleet.instances[index]
      let owner = Owner(role: instance.role.name, wave: waves[index])
      let earlier = componentSteps[index] ?? []
      _ = run(instance.role, owner, index, scope(index), earlier, &builder, &diagnostics)
    }
    if authority != nil, let span = indices.first.map({ fleet.instances[$0].role.span }) {
      builder.trustAuthority(at: span, into: &diagnostics)
    }
    attach(indices, components: components, to: &builder, into: &diagnostics)
    if fleet.fleet.settings.firewall == "ufw" {
      FirewallCompiler.compile(
        indices.map { fleet.instances[$0] },
        fleet: fleet,
        sshPort: node.ssh.port ?? fleet.fleet.ssh.port ?? 22,
        wsl2: node.wsl2,
        into: &builder,
        &diagnostics
      )
    }
    let roles = indices.map { fleet.instances[$0].role.name }
    return NodeResources(
      node: node,
      roles: roles,
      resources: builder.finished(),
      servesUsers: indices.contains { fleet.instances[$0].role.layer == .business }
    )
  }

  private func run(
    _ definition: Role,
    _ owner: Owner,
    _ index: Int,
    _ scope: Scope,
    _ earlierSteps: [ResourceAddress],
    _ builder: inout NodeBuilder,
    _ diagnostics: inout Diagnostics
  ) -> [ResourceAddress] {
    var compiler = ContentCompiler(
      definition: definition,
      owner: owner,
      instanceRole: fleet.instances[index].role.name,
      registry: registry,
      sources: sources,
      authority: authority,
      certificateNames: certificateNames(fleet.instances[index].node),
      evaluator: Evaluator(scope: scope),
      earlierSteps: earlierSteps,
      builder: builder
    )
    compiler.compile()
    builder = compiler.builder
    diagnostics.add(contentsOf: compiler.evaluator.diagnostics)
    return compiler.earlierSteps
  }

  /// Address, node id and host name are in every certificate (DESIGN section 9).
  private func certificateNames(_ node: FleetNode) -> [String] {
    let address = node.address.value
    let isLiteral = address.contains(":") || address.allSatisfy { $0.isNumber || $0 == "." }
    var names = [
      "DNS:\(node.id)", "DNS:\(node.id.name.lowercased())", "IP:127.0.0.1", "DNS:localhost",
    ]
    names.append(isLiteral ? "IP:\(address)" : "DNS:\(address)")
    return Array(Set(names)).sorted()
  }

  private func attach(
    _ indices: [Int],
    components: [String: ComponentDemand],
    to builder: inout NodeBuilder,
    into diagnostics: inout Diagnostics
  ) {
    for index in indices {
      let instance = fleet.instances[index]
      let attachments = UnitAttachments(fleet: fleet, index: index, wave: waves[index])
      let own = scope(index)
      var definitions = [(instance.role, own)]
      for name in components.keys.sorted() {
        guard let demand = components[name], demand.users.contains(index) else { continue }
        var extended = own
        extended["with"] = .map(demand.values)
        definitions.append((demand.component, extended))
      }
      attachments.attach(
        Evaluator(scope: own),
        instance,
        definitions: definitions,
        to: &builder,
        into: &diagnostics
      )
    }
  }

  /// The names in scope for one instance: what `FleetConfig` resolves, secrets and certificates.
  private func scope(_ index: Int) -> Scope {
    let instance = fleet.instances[index]
    var scope = fleet.scope(for: instance)
    var secrets = secrets
    for item in instance.role.content.secrets {
      secrets[item.name] = .secret(SecretRef(role: instance.role.name, name: item.name), as: .plain)
    }
    scope["secrets"] = .map(secrets)
    var evaluator = Evaluator(scope: scope)
    var certificates: [String: Value] = [:]
    for item in instance.role.content.certificates where evaluator.applies(item.when) {
      guard let cert = evaluator.path(item.cert), let key = evaluator.path(item.key) else {
        continue
      }
      certificates[item.name] = .map([
        "cert": .string(cert), "key": .string(key), "ca": .string(FleetPaths.authority),
      ])
    }
    scope["certificates"] = .map(certificates)
    return scope
  }

  private static func findAuthority(_ fleet: ResolvedFleet) -> (node: NodeID, directory: String)? {
    for instance in fleet.instances {
      guard let item = instance.role.content.authority else { continue }
      var evaluator = Evaluator(scope: fleet.scope(for: instance))
      guard evaluator.applies(item.when), let directory = evaluator.path(item.directory) else {
        continue
      }
      return (instance.node.id, directory)
    }
    return nil
  }

  /// `secrets['redis.redis_password']` for every secret of every role in the fleet.
  private static func fleetSecrets(_ fleet: ResolvedFleet) -> [String: Value] {
    var secrets: [String: Value] = [:]
    for instance in fleet.instances {
      for item in instance.role.content.secrets {
        let name = "\(instance.role.name).\(item.name)"
        secrets[name] = .secret(SecretRef(role: instance.role.name, name: item.name), as: .plain)
      }
    }
    return secrets
  }
}
