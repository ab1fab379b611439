package import FleetDiagnostics
package import FleetModel
package import FleetRegistry

/// Proves a fleet before any machine is touched: decodes, resolves and applies every rule.
package enum FleetValidator {
  /// Returns the resolved fleet, or nil when a finding is an error.
  ///
  /// All findings of one run are added to `diagnostics`, without those that are waived, with the
  /// severity that `strict` and `overrides` give them (`SeverityPolicy`). Needs neither network nor the
  /// files that the fleet names.
  package static func validate(
    source: SourceText,
    registry: Registry,
    strict: Bool,
    overrides: [RuleOverride] = [],
    into diagnostics: inout Diagnostics,
    include: IncludeReader = FleetDecoder.noOtherFiles
  ) -> ResolvedFleet? {
    var found = Diagnostics()
    guard let fleet = FleetDecoder.decode(source, into: &found, include: include) else {
      let policy = SeverityPolicy(strict: strict, overrides: overrides)
      diagnostics.add(contentsOf: policy.applied(to: found))
      return nil
    }
    let resolved = validate(
      fleet,
      registry: registry,
      strict: strict,
      overrides: overrides,
      into: &found
    )
    diagnostics.add(contentsOf: found)
    return resolved
  }

  /// Does the same with a fleet that is decoded already; `found` holds the decoder's findings.
  package static func validate(
    _ fleet: Fleet,
    registry: Registry,
    strict: Bool,
    overrides: [RuleOverride] = [],
    into found: inout Diagnostics
  ) -> ResolvedFleet? {
    let decoded = found.all.count
    let resolved = FleetResolver.resolve(fleet, registry: registry, into: &found)
    if let resolved { check(resolved, into: &found) }
    found = AmbiguousScalar.withoutErrors(found)
    found = PartialFleet.withoutConsequences(found, decoded: decoded, of: fleet)
    found = GroupPlaces.explained(found, in: fleet)
    found = Waivers.applied(to: found, of: fleet)
    found = PartialFleet.withoutUnusedWaivers(found, of: fleet)
    found = SeverityPolicy(strict: strict, overrides: overrides).applied(to: found)
    return found.hasErrors ? nil : resolved
  }

  /// Applies every rule to a resolved fleet (FLT3xxx and FLT4xxx).
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    let meant = UnknownRole.check(resolved, into: &diagnostics)
    DuplicateAddress.check(resolved, into: &diagnostics)
    RoleRepeated.check(resolved, into: &diagnostics)
    RoleNotReplicable.check(resolved, into: &diagnostics)
    ReservedNode.check(resolved, into: &diagnostics)
    UnknownNode.check(resolved, into: &diagnostics)
    ProtectedRole.check(resolved, into: &diagnostics)
    ProtectUnmatched.check(resolved, into: &diagnostics)
    RelayCycle.check(resolved, into: &diagnostics)
    RequiredRoleMissing.check(resolved, meant: meant, into: &diagnostics)
    PortCollision.check(resolved, into: &diagnostics)
    ClaimCollision.check(resolved, into: &diagnostics)
    DependencyMissing.check(resolved, meant: meant, into: &diagnostics)
    DependencyCycle.check(resolved, into: &diagnostics)
    DependencyUnreachable.check(resolved, into: &diagnostics)
    HealthRelay.check(resolved, into: &diagnostics)
    ExposureWidened.check(resolved, into: &diagnostics)
    LayerMixing.check(resolved, into: &diagnostics)
    PlacementForbidden.check(resolved, into: &diagnostics)
    PlacementUnusual.check(resolved, into: &diagnostics)
    SharedDatabaseHazard.check(resolved, into: &diagnostics)
    UnpinnedVersion.check(resolved, into: &diagnostics)
    HardwareRules.check(resolved, into: &diagnostics)
    DeviceUnpinned.check(resolved, into: &diagnostics)
    let sizes = ModelSizes(resolved.fleet.settings)
    VideoMemory.check(resolved, sizes, into: &diagnostics)
    NodeMemory.check(resolved, sizes, into: &diagnostics)
    ModelClass.check(resolved, sizes, into: &diagnostics)
    diagnostics.add(contentsOf: sizes.diagnostics)
  }
}
