internal import FleetModel
package import FleetResources

/// What is known across nodes: secrets and the CA, with who makes what is missing.
///
/// Made from the same inputs again after secrets and certificates were made, with fresh observations.
package struct FleetKnowledge: Sendable {
  /// State of every secret that some node owns.
  package private(set) var secrets: [SecretID: SecretState] = [:]
  /// Values of those that are known and long enough to be looked for in texts that are shown.
  private(set) var hidden: [[UInt8]] = []
  /// State of the CA.
  package private(set) var authority = AuthorityState.unknown(
    "the fleet has no certificate authority"
  )
  /// Common name of the CA.
  package private(set) var authorityName = ""

  /// Knows nothing yet.
  init() {}

  /// Collects what `nodes` say.
  package init(_ nodes: [NodeInput]) {
    for node in nodes {
      let said = NodeKnowledge(node)
      for (id, state) in said.secrets { secrets[id] = state }
      if let authority = said.authority { learn(authority) }
    }
    for state in secrets.values { hide(state) }
  }

  /// Takes what is known of a secret for good.
  mutating func learn(_ id: SecretID, _ state: SecretState) {
    secrets[id] = state
    hide(state)
  }

  /// Takes what is known of the CA for good.
  mutating func learn(_ authority: NodeKnowledge.Authority) {
    self.authority = authority.state
    authorityName = authority.name
  }

  private mutating func hide(_ state: SecretState) {
    guard case .known(let secret) = state else { return }
    // Short values would hide diffs by accident.
    let value = secret.reveal { $0 }
    if value.count >= 8 { hidden.append(value) }
  }

  /// Returns what a comparison on `node` needs, without the changes that a plan makes there.
  package func context(for node: NodeInput, options: PlanOptions) -> CompareContext {
    var context = CompareContext(desired: DesiredIndex(node.resources))
    context.secrets = secrets
    context.authority = authority
    context.authorityName = authorityName
    context.adopt = options.adopt.map { AddressPattern($0) }
    context.maintenance = Set(options.maintenance)
    context.purgesData = options.purgesData
    return context
  }
}

/// What one node says of the secrets that it owns, and of the CA if it is there.
struct NodeKnowledge: Sendable {
  /// The CA of the fleet.
  struct Authority: Sendable {
    let state: AuthorityState
    /// Common name.
    let name: String
  }

  private(set) var secrets: [(SecretID, SecretState)] = []
  private(set) var authority: Authority?

  init(_ node: NodeInput) {
    for resource in node.resources {
      switch resource.spec {
      case .secret(let spec): secrets.append((spec.id, Self.secret(spec, resource, node)))
      case .authority(let spec):
        authority = Authority(state: Self.authority(resource, node), name: spec.commonName)
      default: continue
      }
    }
  }

  private static func secret(
    _ spec: SecretSpec,
    _ resource: Resource,
    _ node: NodeInput
  ) -> SecretState {
    switch node.observation {
    case .unreachable: return .unknown("its owner \(node.id) is unreachable")
    case .observed(let observed):
      if let value = observed.secrets[spec.id] { return .known(value) }
      let context = CompareContext(desired: DesiredIndex([resource]))
      switch resource.compare(observed, context) {
      case .unknown(let why): return .unknown("on its owner \(node.id): \(why)")
      case .blocked(let why, _), .foreign(_, let why, _):
        return .unknown("on its owner \(node.id): \(why)")
      default: return .afterApply(resource.address)
      }
    }
  }

  private static func authority(_ resource: Resource, _ node: NodeInput) -> AuthorityState {
    switch node.observation {
    case .unreachable: return .unknown("its node \(node.id) is unreachable")
    case .observed(let observed):
      switch observed.authority {
      case .value(let pem): return .known(pem)
      case .absent: return .afterApply(resource.address)
      case .unknown(let why): return .unknown("on its node \(node.id): \(why)")
      }
    }
  }
}
