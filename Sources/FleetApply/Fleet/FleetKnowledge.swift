import FleetModel
import FleetResources

/// What nodes learn of each other during an apply: secrets and the CA's certificate.
struct FleetKnowledge: Sendable {
  private(set) var secrets: [SecretID: SecretState] = [:]
  private(set) var authority: AuthorityState = .unknown("the fleet has no certificate authority")

  /// Gathers it from the newest look at every node.
  init(_ nodes: [NodeProgress]) {
    for progress in nodes {
      for resource in progress.task.resources {
        switch resource.spec {
        case .secret(let spec):
          secrets[spec.id] =
            progress.observed.secrets[spec.id].map { .known($0) } ?? .afterApply(resource.address)
        case .authority:
          authority =
            progress.observed.authority.known.map { .known($0) } ?? .afterApply(resource.address)
        default: continue
        }
      }
    }
  }

  /// The context in which a node's resources are compared.
  func context(for resources: [Resource]) -> CompareContext {
    var context = CompareContext(desired: DesiredIndex(resources))
    context.secrets = secrets
    context.authority = authority
    return context
  }
}
