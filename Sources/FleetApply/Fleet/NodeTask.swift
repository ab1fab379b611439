package import FleetModel
package import FleetResources

/// One node's part of an apply: what was approved, and who does it.
package struct NodeTask: Sendable {
  /// The node.
  package let node: NodeID
  /// Roles on the node; what belongs to none of them belongs to a component that they build on.
  package let roles: Set<String>
  /// Everything that should be there, sorted by address.
  package let resources: [Resource]
  /// Addresses whose change was approved; nothing else is touched.
  package let approved: Set<ResourceAddress>
  /// Operations for what the manifest owns and nobody wants any more, in the order to run them:
  /// services are stopped before what they need goes.
  package let removals: [NodeOperation]
  /// What the node looked like under the lock.
  package let observed: ObservedNode
  /// The hands.
  package let worker: any NodeWorker

  /// Makes a task.
  package init(
    node: NodeID,
    roles: [String],
    resources: [Resource],
    approved: Set<ResourceAddress>,
    removals: [NodeOperation],
    observed: ObservedNode,
    worker: any NodeWorker
  ) {
    self.node = node
    self.roles = Set(roles)
    self.resources = resources
    self.approved = approved
    self.removals = removals
    self.observed = observed
    self.worker = worker
  }
}

/// What became of one node.
package struct NodeResult: Sendable {
  /// Outcome, worst first in `ExitStatus`.
  package enum Outcome: String, Sendable {
    case unchanged, changed, failed, unreachable
    case rolledBack = "rolled back"
    /// It cannot be said what was done.
    case unknown
  }

  /// One address that did not get there.
  package struct Shortfall: Sendable, Hashable {
    /// The address.
    package let address: String
    /// Why: the failure, or what it waited for.
    package let why: String

    /// Makes one.
    package init(address: String, why: String) {
      self.address = address
      self.why = why
    }
  }

  /// The node.
  package let node: NodeID
  /// Outcome.
  package var outcome: Outcome
  /// Addresses that were changed, sorted.
  package var changed: [String] = []
  /// Addresses that failed.
  package var failed: [Shortfall] = []
  /// Addresses that were not tried, with their blocker.
  package var skipped: [Shortfall] = []
  /// Milliseconds from the first stage to the last.
  package var milliseconds = 0

  /// Makes a result that says nothing happened yet.
  package init(node: NodeID, outcome: Outcome = .unchanged) {
    self.node = node
    self.outcome = outcome
  }
}

/// What happens during an apply, for progress.
package enum ApplyEvent: Sendable {
  /// A stage begins on some nodes.
  case stage(String, nodes: Int)
  /// A node finished a stage's batch.
  case batch(node: NodeID, stage: String, operations: Int, milliseconds: Int)
  /// An operation failed.
  case failed(node: NodeID, address: String, why: String)
  /// A check is waiting for a service to come up.
  case waiting(node: NodeID, unit: String, secondsLeft: Int, status: String)
}
