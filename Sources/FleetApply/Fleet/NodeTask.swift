package import FleetModel
package import FleetPlan
package import FleetResources

/// One node's part of an apply: what was approved, and who does it.
package struct NodeTask: Sendable {
  /// The node: its roles and everything that should be there.
  package let input: NodeInput
  /// The approved changes in the order to carry them out; nothing else is touched.
  package let schedule: NodeSchedule
  /// What the node looked like under the lock.
  package let observed: ObservedNode
  /// The hands.
  package let worker: any NodeWorker

  /// The node's id.
  package var node: NodeID { input.id }
  /// Everything that should be there.
  package var resources: [Resource] { input.resources }

  /// Makes a task.
  package init(
    _ input: NodeInput,
    schedule: NodeSchedule,
    observed: ObservedNode,
    worker: any NodeWorker
  ) {
    self.input = input
    self.schedule = schedule
    self.observed = observed
    self.worker = worker
  }
}

/// What became of one node.
package struct NodeResult: Sendable {
  /// Outcome, worst first in `ExitStatus`.
  package enum Outcome: String, Sendable {
    case unchanged, changed, failed, unreachable
    /// The rehearsal found something; nothing that runs was touched.
    case refused
    /// A run before this one left it taking no changes until somebody looks; nothing was done there.
    case frozen
    case rolledBack = "rolled back"
    /// It was otherwise than under the lock when the first batch was to begin; nothing was done.
    case moved
    /// Something that it needs is on a node that was left out; nothing was done there.
    case skipped
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
  /// Checks that are only wanted and did not pass.
  package var warnings: [Shortfall] = []
  /// Milliseconds from the first stage to the last.
  package var milliseconds = 0

  /// Makes a result that says nothing happened yet.
  package init(node: NodeID, outcome: Outcome = .unchanged) {
    self.node = node
    self.outcome = outcome
  }
}
