package import FleetModel
internal import FleetRegistry

extension ResolvedFleet {
  /// How the nodes of each role are changed, for the roles that say so here or in the registry.
  package var rollouts: [String: RolloutPolicy] {
    var policies: [String: RolloutPolicy] = [:]
    for role in registry.sortedRoles where indicesByRole[role.name] != nil {
      let given = fleet.rollouts[role.name]?.value
      guard given != nil || role.rollout != nil else { continue }
      policies[role.name] = (given ?? RolloutPolicy()).over(role.rollout)
    }
    return policies
  }
}
