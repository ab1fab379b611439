import FleetConfig

/// Paths on a node that belong to fleetctl itself and not to a role.
package enum FleetPaths {
  /// Folder of what fleetctl hands to services.
  package static let folder = "/etc/fleetctl"
  /// Certificate of the fleet's CA, for everybody who verifies a peer.
  package static let authority = ResolvedFleet.authorityCertificate
  /// First line of rendered configuration.
  package static let header =
    "# Managed by fleetctl. Changes made here are overwritten by the next apply.\n"
}
