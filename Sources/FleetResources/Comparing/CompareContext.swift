package import FleetModel

/// What is known about a secret before anything is applied.
package enum SecretState: Sendable, Hashable {
  /// Read from its owner.
  case known(Secret)
  /// Made during this apply by this resource.
  case afterApply(ResourceAddress)
  /// Its owner could not be asked, and why.
  case unknown(String)
}

/// What is known about the fleet's CA before anything is applied.
package enum AuthorityState: Sendable, Hashable {
  /// The PEM of its certificate.
  case known(String)
  /// Made during this apply by this resource.
  case afterApply(ResourceAddress)
  /// Its node could not be asked, or the fleet has none; says which.
  case unknown(String)
}

/// Changes that this plan makes on the node, as far as units must know of them.
package struct PlannedChanges: Sendable, Hashable {
  /// Paths whose content changes, by the resource that changes it.
  package var paths: [String: ResourceAddress] = [:]
  /// Paths that are changed in any way, also only in mode or owner.
  package var touched: Set<String> = []
  /// Units to restart, by the resources whose effect it is.
  package var restarts: [String: [ResourceAddress]] = [:]
  /// Units to reload, by the resources whose effect it is.
  package var reloads: [String: [ResourceAddress]] = [:]
  /// Packages that are installed.
  package var packages: [String: ResourceAddress] = [:]
  /// Units that are started or restarted.
  package var starting: Set<String> = []
  /// Units that are stopped, orphans too.
  package var stopping: Set<String> = []

  /// Makes an empty set of changes.
  package init() {}
}

/// The wanted resources of one node, found by what they are about.
package struct DesiredIndex: Sendable {
  /// All, in the order given.
  package let resources: [Resource]
  /// Address to resource.
  package let byAddress: [ResourceAddress: Resource]
  /// File, drop-in or link resources by path.
  package let byPath: [String: Resource]
  /// Paths whose change a unit must notice, by unit; `true`: a reload is enough.
  package let evidence: [String: [String: Bool]]
  /// Unit files and drop-ins of ours.
  package let definitions: [String]

  /// Indexes `resources`.
  package init(_ resources: [Resource]) {
    self.resources = resources
    byAddress = Dictionary(
      resources.map { ($0.address, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    var byPath: [String: Resource] = [:]
    var evidence: [String: [String: Bool]] = [:]
    var definitions: [String] = []
    for resource in resources {
      if let path = resource.spec.path { byPath[path] = resource }
      if case .file(let file) = resource.spec, file.isUnitDefinition {
        definitions.append(file.path)
      }
      guard let path = resource.spec.evidencePath else { continue }
      let effect = resource.spec.effect
      for unit in effect.reload where evidence[unit]?[path] == nil {
        evidence[unit, default: [:]][path] = true
      }
      for unit in effect.restart { evidence[unit, default: [:]][path] = false }
    }
    self.byPath = byPath
    self.evidence = evidence
    self.definitions = definitions.sorted()
  }

  /// Whether `unit` is ours and no longer wants `port`: it is restarted first.
  func givesUp(_ port: UnitSpec.BoundPort, unit: String) -> Bool {
    for resource in resources {
      guard case .unit(let spec) = resource.spec, spec.name == unit else { continue }
      return !spec.ports.contains { $0.number == port.number && $0.transport == port.transport }
    }
    return false
  }
}

/// Everything beside the observation that a comparison needs.
package struct CompareContext: Sendable {
  /// Secrets of the whole fleet.
  package var secrets: [SecretID: SecretState] = [:]
  /// The one resource whose value of a secret counts; other nodes of the role are given that value.
  package var secretKeepers: [SecretID: ResourceAddress] = [:]
  /// Values of those that are known and long enough to be looked for in texts that are shown.
  package var hidden: [[UInt8]] = []
  /// The fleet's CA.
  package var authority: AuthorityState = .unknown("the fleet has no certificate authority")
  /// Common name of the fleet's CA.
  package var authorityName = ""
  /// What is wanted on this node.
  package var desired: DesiredIndex
  /// What this plan changes on this node; empty in the first pass and after apply.
  package var planned = PlannedChanges()
  /// Addresses that may be taken over (`--adopt`).
  package var adopt: [AddressPattern] = []
  /// Roles whose guarded restarts may happen now (`--maintenance`).
  package var maintenance: Set<String> = []
  /// Whether data folders that nobody wants any more go too (`--purge-data`).
  package var purgesData = false
  /// Paths that were absent when this run began: what is there now came with a package of this run.
  package var absentBefore: Set<String> = []

  /// Makes a context for the resources of one node.
  package init(desired: DesiredIndex) {
    self.desired = desired
  }

  /// The PEM of the CA's certificate, if it is known.
  package var authorityPEM: String? {
    if case .known(let pem) = authority { pem } else { nil }
  }
}
