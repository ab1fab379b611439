internal import FleetDigest
internal import FleetModel

extension ResourceSpec {
  var convergent: any Convergent {
    switch self {
    case .aptSource(let spec): spec
    case .package(let spec): spec
    case .archive(let spec): spec
    case .group(let spec): spec
    case .user(let spec): spec
    case .directory(let spec): spec
    case .file(let spec): spec
    case .link(let spec): spec
    case .absentPath(let spec): spec
    case .sysctl(let spec): spec
    case .secret(let spec): spec
    case .certificate(let spec): spec
    case .authority(let spec): spec
    case .source(let spec): spec
    case .step(let spec): spec
    case .databaseRole(let spec): spec
    case .database(let spec): spec
    case .unit(let spec): spec
    case .firewall(let spec): spec
    }
  }

  /// What a change of it means for units.
  package var effect: ChangeEffect {
    switch self {
    case .file(let spec): spec.effect
    case .link(let spec): spec.effect
    case .absentPath(let spec): spec.effect
    case .certificate(let spec): spec.effect
    case .source(let spec): spec.effect
    case .step(let spec): spec.effect
    default: ChangeEffect()
    }
  }

  /// The one path that the resource is, for files and links.
  package var path: String? {
    switch self {
    case .file(let spec): spec.path
    case .link(let spec): spec.path
    default: nil
    }
  }

  /// The path whose change time tells that the resource changed.
  package var evidencePath: String? {
    switch self {
    case .file(let spec): spec.path
    case .link(let spec): spec.path
    case .certificate(let spec): spec.certPath
    case .source(let spec): spec.manifestPath
    case .step(let spec): spec.stampPath
    default: nil
    }
  }

  /// The path that its change touches.
  package var touchedPath: String? {
    switch self {
    case .absentPath(let spec): spec.path
    case .secret(let spec): spec.file
    case .archive(let spec): spec.stampPath
    default: evidencePath
    }
  }

  /// Whether it is data that outlives its role.
  package var isData: Bool {
    switch self {
    case .directory(let spec): spec.data
    // A file that others write too is not ours to delete.
    case .file(let spec): spec.mergesKeys
    case .secret, .authority, .database, .databaseRole: true
    default: false
    }
  }
}

extension Resource {
  /// Compares the resource with what was seen of its node.
  package func compare(_ observed: ObservedNode, _ context: CompareContext) -> Comparison {
    spec.convergent.compare(Look(self, observed, context))
  }

  /// Returns the steps that close the gap as it is seen now.
  ///
  /// Called at plan time for nothing but tests; apply calls it again after secrets and certificates
  /// exist, with a fresh observation. Units need their planned actions instead:
  /// `UnitSpec.operations(_:for:)`.
  package func operations(_ observed: ObservedNode, _ context: CompareContext) -> [NodeOperation] {
    spec.convergent.operations(Look(self, observed, context))
  }

  /// Digest of the wanted state, as it goes into the manifest; empty while a part is not known.
  package func desiredDigest(_ context: CompareContext) -> String {
    spec.convergent.desiredState(context).map { SHA256.hex(Array($0.utf8)) } ?? ""
  }

  /// Digest of the seen state in the same form; empty when not known.
  package func observedDigest(_ observed: ObservedNode, _ context: CompareContext) -> String {
    spec.convergent.observedState(Look(self, observed, context)).map { SHA256.hex(Array($0.utf8)) }
      ?? ""
  }

  /// The entry that the manifest gets once the resource is converged.
  package func manifestEntry(_ context: CompareContext) -> Manifest.Entry {
    Manifest.Entry(
      role: role,
      sha256: desiredDigest(context),
      data: spec.isData,
      effect: spec.effect
    )
  }

  /// `kind:name`, the key in the manifest.
  package var manifestKey: String { "\(address.kind.rawValue):\(address.name)" }
}

extension ProbeRequest {
  /// Returns the request that observes all of `resources`: sorted, each thing once.
  package static func covering(_ resources: [Resource]) -> ProbeRequest {
    var request = ProbeRequest()
    for resource in resources { resource.spec.convergent.request(into: &request) }
    request.tidy()
    return request
  }

  /// Returns the request for what both ask, sorted, each thing once.
  package func joined(with other: ProbeRequest) -> ProbeRequest {
    var joined = self
    joined.paths += other.paths
    joined.units += other.units
    joined.packages += other.packages
    joined.users += other.users
    joined.groups += other.groups
    joined.sysctls += other.sysctls
    joined.secrets += other.secrets
    joined.certificates += other.certificates
    joined.authorityDirectory = authorityDirectory ?? other.authorityDirectory
    joined.postgres = postgres || other.postgres
    joined.firewall = firewall || other.firewall
    joined.packageFiles += other.packageFiles
    joined.past = past || other.past
    joined.tidy()
    return joined
  }

  /// Sorts everything and merges what is asked twice.
  mutating func tidy() {
    var merged: [String: Path] = [:]
    for path in paths {
      guard var known = merged[path.path] else {
        merged[path.path] = path
        continue
      }
      known.wantsContent = known.wantsContent || path.wantsContent
      // Two expectations cannot both be met: ask for the content unconditionally.
      if let first = known.expectedSHA256, let second = path.expectedSHA256, first != second {
        known.wantsContent = true
      }
      known.expectedSHA256 = known.expectedSHA256 ?? path.expectedSHA256
      merged[path.path] = known
    }
    paths = merged.values.sorted { $0.path < $1.path }
    units = Set(units).sorted()
    packages = Set(packages).sorted()
    users = Set(users).sorted()
    groups = Set(groups).sorted()
    sysctls = Set(sysctls).sorted()
    packageFiles = Set(packageFiles).sorted()
    secrets = Set(secrets).sorted { ($0.id, $0.file, $0.key) < ($1.id, $1.file, $1.key) }
    certificates = Set(certificates).sorted {
      ($0.certPath, $0.keyPath) < ($1.certPath, $1.keyPath)
    }
  }
}
