package import FleetModel
package import FleetResources

/// Everything a plan is made of.
package struct PlanInput: Sendable {
  /// Name of the fleet.
  package var fleet: String
  /// All nodes, in any order.
  package var nodes: [NodeInput]
  /// What to limit it to and what to allow.
  package var options: PlanOptions
  /// How many nodes of a role are changed at a time, by role.
  package var rollouts: [String: RolloutPolicy] = [:]

  /// Makes an input.
  package init(fleet: String, nodes: [NodeInput], options: PlanOptions = PlanOptions()) {
    self.fleet = fleet
    self.nodes = nodes
    self.options = options
  }
}

/// One node: what is wanted there and what was seen.
package struct NodeInput: Sendable {
  /// Id.
  package var id: NodeID
  /// Address as declared.
  package var address: String
  /// Roles on it.
  package var roles: [String]
  /// What is wanted, in any order; addresses differ.
  package var resources: [Resource]
  /// What was seen.
  package var observation: NodeObservation
  /// Labels as declared, for selectors.
  package var labels: [String: String] = [:]
  /// Groups as declared, for selectors.
  package var groups: [String] = []
  /// What must not be deleted or ended there.
  package var protections: [PlanProtection] = []
  /// Whether the node is to become nobody's: all that is ours goes.
  package var isLeaving = false
  /// Devices as declared, compared with those that were seen.
  package var devices: [Device] = []
  /// Whether roles that serve users run here: such a machine must not hold the keys of the fleet.
  package var servesUsers = false

  /// Makes a node.
  package init(
    id: NodeID,
    address: String,
    roles: [String],
    resources: [Resource],
    observation: NodeObservation
  ) {
    self.id = id
    self.address = address
    self.roles = roles
    self.resources = resources
    self.observation = observation
  }
}
