/// What the comparison of a resource takes from the context's secrets, their keepers and authority: values that other
/// nodes may hold.
package struct FleetReads: Sendable, Hashable {
  /// Secrets whose value or state counts.
  package var secrets: [SecretID] = []
  /// Whether the CA's certificate counts.
  package var authority = false

  /// Reads nothing.
  package init() {}
}

extension ResourceSpec {
  /// What a comparison of it reads; it must know of all that it is compared with.
  package var reads: FleetReads {
    var reads = FleetReads()
    switch self {
    case .file(let spec):
      reads.secrets = spec.content.secrets
      reads.authority = spec.content.holdsAuthority
    case .databaseRole(let spec): reads.secrets = [spec.password]
    // All nodes of a role have one value.
    case .secret(let spec): reads.secrets = [spec.id]
    case .certificate: reads.authority = true
    // These are compared with what their own node shows and with nothing else.
    case .aptSource, .package, .archive, .group, .user, .directory, .link, .absentPath, .sysctl,
      .authority, .source, .step, .database, .unit, .firewall:
      break
    }
    return reads
  }
}
