package import FleetModel

/// One thing on one node that is observed, compared and converged.
package struct Resource: Sendable, Hashable {
  /// Where it is and of which kind.
  package let address: ResourceAddress
  /// The role (or component) that wants it.
  package let role: String
  /// What it should be.
  package let spec: ResourceSpec
  /// What must be converged before it, on this node or another.
  package let requires: [ResourceAddress]
  /// Activation wave across the fleet, 0 first.
  ///
  /// Providers come before their consumers.
  package let wave: Int
  /// Who asked for it, for people: `fleet.yaml:41:7` or `roles/redis/role.yaml:12:3`.
  package let origin: String

  /// Makes a resource.
  package init(
    _ address: ResourceAddress,
    role: String,
    spec: ResourceSpec,
    requires: [ResourceAddress] = [],
    wave: Int = 0,
    origin: String
  ) {
    self.address = address
    self.role = role
    self.spec = spec
    self.requires = requires
    self.wave = wave
    self.origin = origin
  }
}

/// What a resource should be, by kind.
package enum ResourceSpec: Sendable, Hashable {
  case aptSource(AptSourceSpec)
  case package(PackageSpec)
  case archive(ArchiveSpec)
  case group(GroupSpec)
  case user(UserSpec)
  case directory(DirectorySpec)
  /// Files and drop-ins.
  case file(FileSpec)
  case link(LinkSpec)
  /// Path that must not exist (orphans, a package's default site).
  case absentPath(AbsentPathSpec)
  case sysctl(SysctlSpec)
  case secret(SecretSpec)
  case certificate(CertificateSpec)
  case authority(AuthoritySpec)
  case source(SourceSpec)
  case step(StepSpec)
  case databaseRole(DatabaseRoleSpec)
  case database(DatabaseSpec)
  case unit(UnitSpec)
  case firewall(FirewallSpec)
}
