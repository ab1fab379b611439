package import FleetModel
internal import FleetResources

/// How the nodes of one role are changed: in batches, the canaries first (docs/rollout.md).
package struct PlannedRollout: Sendable, Hashable {
  /// A node on which the role does not run as it should.
  package struct Down: Sendable, Hashable {
    /// The node.
    package var node: NodeID
    /// What is wrong there.
    package var why: String

    /// Notes a node.
    package init(node: NodeID, why: String) {
      self.node = node
      self.why = why
    }
  }

  /// Role.
  package var role: String
  /// How many nodes carry it.
  package var carriers: Int
  /// Those of them that the plan changes while they run, in the order of their turns.
  package var nodes: [NodeID]
  /// At most so many side by side.
  package var batch: Int
  /// So many of the first go before all others.
  package var canary: Int
  /// At most so many may be down at once; nil for no limit but the batch.
  package var maxUnavailable: Int?
  /// More failed nodes than this, and no further batch is begun.
  package var maxFailures: Int
  /// What is down already, by node.
  package var down: [Down]

  /// Makes the rollout of `role` over `nodes`; everything else is as careful as can be.
  package init(role: String, carriers: Int, nodes: [NodeID]) {
    self.role = role
    self.carriers = carriers
    self.nodes = nodes
    batch = 1
    canary = 0
    maxFailures = 0
    down = []
  }

  /// Makes the rollout that `policy` asks for.
  package init(
    role: String,
    carriers: Int,
    nodes: [NodeID],
    down: [Down],
    _ policy: RolloutPolicy
  ) {
    self.init(role: role, carriers: carriers, nodes: nodes)
    batch = policy.batch?.count(of: carriers, roundingUp: true) ?? 1
    canary = min(policy.canary ?? 0, nodes.count)
    maxUnavailable = policy.maxUnavailable?.count(of: carriers, roundingUp: false)
    maxFailures = policy.maxFailures ?? 0
    self.down = down
  }
}

extension PlannedChange {
  /// Whether it changes what runs: these wait for the turn of their node.
  package var isActivation: Bool { action.isExecuted && !phase.isPreparation }
}
