package import FleetModel

/// What happens during an apply, for progress.
package enum ApplyEvent: Sendable {
  /// A stage begins on some nodes.
  case stage(String, nodes: Int)
  /// A stage is over on all of its nodes, on so many of which something failed in it.
  case stageEnded(String, nodes: Int, failed: Int, milliseconds: Int)
  /// A node is handed the batch with the first step of these addresses.
  case began(node: NodeID, stage: String, addresses: [String])
  /// A node finished a stage's batch.
  case batch(node: NodeID, stage: String, operations: Int, milliseconds: Int)
  /// An operation failed.
  case failed(node: NodeID, address: String, why: String)
  /// A batch of rollouts begins: its number from 1, whether it holds canaries.
  case rollout(Int, roles: [String], nodes: [NodeID], Bool)
  /// No further node of a rollout has its turn.
  case rolloutStopped(role: String, nodes: [NodeID], why: String)
  /// A check begins.
  case checking(Check)
  /// A check is waiting for a service to come up.
  case waiting(node: NodeID, unit: String, secondsLeft: Int, status: String)
  /// A check passed, or did not and why.
  case checked(Check, milliseconds: Int, error: String?)
  /// A node is told to take back what this run did there, and why.
  case takingBack(node: NodeID, why: String)
  /// What this run did on a node is taken back, or not and why; `byItself` where nobody told it to.
  case tookBack(node: NodeID, byItself: Bool, milliseconds: Int?, error: String?)

  /// One check of one resource.
  package struct Check: Sendable, Hashable {
    /// The node.
    package let node: NodeID
    /// What is checked.
    package let address: String
    /// What kind of look it is: `http :8080/health`, `tcp :6379`, `soak`, `wait-unit`, `check-command`, `check-file`.
    package let name: String
    /// Whether the address fails with it.
    package let isRequired: Bool

    /// Names a check.
    package init(node: NodeID, address: String, name: String, isRequired: Bool = true) {
      self.node = node
      self.address = address
      self.name = name
      self.isRequired = isRequired
    }
  }
}
