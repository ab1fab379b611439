internal import FleetModel
package import FleetResources

/// What is known across nodes: secrets and the CA, with who makes what is missing.
///
/// Made from the same inputs again after secrets and certificates were made, with fresh observations.
package struct FleetKnowledge: Sendable {
  /// State of every secret that some node owns.
  package private(set) var secrets: [SecretID: SecretState] = [:]
  /// Where the value of each secret comes from that is known or will be made.
  private var keepers: [SecretID: ResourceAddress] = [:]
  private var hidden: [[UInt8]] = []
  /// State of the CA.
  package private(set) var authority = AuthorityState.unknown(
    "the fleet has no certificate authority"
  )
  /// Common name of the CA.
  package private(set) var authorityName = ""

  /// Collects what `nodes` say.
  package init(_ nodes: [NodeInput]) {
    var holders: [SecretID: [SecretHolder]] = [:]
    for node in nodes {
      for resource in node.resources {
        switch resource.spec {
        case .secret(let spec):
          let state = Self.secret(spec, resource, node)
          holders[spec.id, default: []].append(SecretHolder(resource, node, state))
        case .authority(let spec):
          authority = Self.authority(resource, node)
          authorityName = spec.commonName
        default: continue
        }
      }
    }
    for (id, holders) in holders { settle(id, holders.sorted { $0.address < $1.address }) }
    for case .known(let secret) in holders.values.joined().map(\.state) {
      // Short values would hide diffs by accident.
      let value = secret.reveal { $0 }
      if value.count >= 8 { hidden.append(value) }
    }
  }

  /// All nodes of a role have one value of a secret: the one that a node has already, one of ours
  /// first; else the first node makes it, once nobody is left who may have one.
  private mutating func settle(_ id: SecretID, _ holders: [SecretHolder]) {
    let having = holders.filter(\.hasValue)
    let keeper =
      having.first { $0.isOurs } ?? having.first
      ?? holders.first { if case .unknown = $0.state { true } else { false } } ?? holders.first
    guard let keeper else { return }
    secrets[id] = keeper.state
    keepers[id] = keeper.address
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

  /// Returns what a comparison on `node` needs, without the changes that a plan makes there.
  package func context(for node: NodeInput, options: PlanOptions) -> CompareContext {
    var context = CompareContext(desired: DesiredIndex(node.resources))
    context.secrets = secrets
    context.secretKeepers = keepers
    context.hidden = hidden
    context.authority = authority
    context.authorityName = authorityName
    context.adopt = options.adopt.map { AddressPattern($0) }
    context.maintenance = Set(options.maintenance)
    context.purgesData = options.purgesData
    return context
  }
}

/// A node that has, or is to have, a secret.
private struct SecretHolder {
  let address: ResourceAddress
  let state: SecretState
  /// Whether the node's record has it.
  let isOurs: Bool

  init(_ resource: Resource, _ node: NodeInput, _ state: SecretState) {
    address = resource.address
    self.state = state
    isOurs = node.observation.node?.manifest.known?.owned[resource.manifestKey] != nil
  }

  var hasValue: Bool {
    if case .known = state { true } else { false }
  }
}
