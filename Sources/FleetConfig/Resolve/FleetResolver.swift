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
    var resolved = ResolvedFleet(fleet: fleet, registry: registry)
    var placing = RolePlacing(fleet: fleet, registry: registry)
    placing.place(into: &resolved)
    diagnostics.add(contentsOf: placing.profiles.diagnostics)
    let providers = ProviderIndex(resolved)
    let consumers = DependencyResolution.resolve(&resolved, providers)
    PortResolution.resolve(&resolved, consumers: consumers)
    DeviceResolution.resolve(&resolved)
    OrderResolution.resolve(&resolved)
    return resolved
  }
}
