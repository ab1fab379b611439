package import FleetDiagnostics
package import FleetModel
package import FleetRegistry

/// Puts the roles of the registry on the nodes of the fleet and computes what follows from it.
package enum FleetResolver {
  /// Returns the resolved fleet, reporting parameters and expressions that have no value.
  ///
  /// Roles that the registry does not know and repeated ones are passed over in silence: rules report
  /// them. Nil is reserved for a fleet that cannot be resolved at all; today there is none.
  package static func resolve(
    _ fleet: Fleet,
    registry: Registry,
    into diagnostics: inout Diagnostics
  ) -> ResolvedFleet? {
    var placing = RolePlacing(fleet: fleet, registry: registry)
    let placement = placing.place()
    diagnostics.add(contentsOf: placing.profiles.diagnostics)
    let dependencies = DependencyResolution(placement)
    let claims = DeviceResolution.claims(fleet, placement)
    let resolution = Resolution(
      fleet: fleet,
      reach: FleetReach(fleet),
      placement: placement,
      dependencies: dependencies,
      devices: DeviceResolution.devices(of: claims, fleet, placement)
    )
    return ResolvedFleet(resolution, registry: registry, deviceClaims: claims)
  }
}
