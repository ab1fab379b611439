package import FleetModel
package import FleetPlan
import FleetResources

/// One apply over the fleet, stage by stage (docs/decisions/0001-shape-of-an-apply.md).
///
/// Nodes go through a stage side by side; a node that fails halts alone, the others go on.
package struct FleetRun: Sendable {
  let tasks: [NodeTask]
  let bystanders: [NodeInput]
  let fleet: String
  let options: PlanOptions
  let sources: any SourceReader
  let onFailure: FailurePolicy
  let rollouts: [PlannedRollout]
  let relays: [NodeID: any NodeWorker]
  /// Held by a node while a batch changes it, so that not more nodes are changed at once than asked for.
  let permits: Permits
  let isInterrupted: @Sendable () -> Bool
  let clock: RunClock
  let notify: @Sendable (ApplyEvent) -> Void

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - tasks: One a reachable node, also where nothing is to be done: it may own secrets or the CA.
  ///   - bystanders: The nodes that cannot be reached.
  ///   - fleet: Name of the fleet.
  ///   - options: Those of the approved plan.
  ///   - sources: Reads source trees.
  ///   - onFailure: What the other nodes do when one fails.
  ///   - rollouts: Those of the approved plan.
  ///   - relays: Nodes without a task through which others may be checked; they are only looked through.
  ///   - parallelism: How many nodes are changed at once, at least 1; nil for all that can be.
  ///   - isInterrupted: Whether to finish the step in progress and start nothing new.
  ///   - clock: The time.
  ///   - notify: Takes events, from any thread.
  package init(
    _ tasks: [NodeTask],
    bystanders: [NodeInput] = [],
    fleet: String,
    options: PlanOptions,
    sources: any SourceReader,
    onFailure: FailurePolicy = .continue,
    rollouts: [PlannedRollout] = [],
    relays: [NodeID: any NodeWorker] = [:],
    parallelism: Int? = nil,
    isInterrupted: @escaping @Sendable () -> Bool = { false },
    clock: RunClock = .system,
    notify: @escaping @Sendable (ApplyEvent) -> Void
  ) {
    self.tasks = tasks
    self.bystanders = bystanders
    self.fleet = fleet
    self.options = options
    self.sources = sources
    self.onFailure = onFailure
    self.rollouts = rollouts
    self.relays = relays
    permits = Permits(parallelism)
    self.isInterrupted = isInterrupted
    self.clock = clock
    self.notify = notify
  }

  /// Carries it out; results and last looks are in the order of the tasks.
  package func perform() async -> FleetOutcome {
    let began = clock.now()
    var nodes = tasks.map { NodeProgress($0) }
    nodes = await stage("prepare", nodes) { $0.prepare + $0.secrets + $0.certificates }
    nodes = await lookAgain(nodes)
    // What the first node of a role made is given to its others.
    nodes = await stage("secrets", nodes) { $0.secrets }
    nodes = await lookAgain(nodes)
    nodes = await sign(nodes)
    nodes = await stage("build", nodes) { $0.build }
    nodes = await lookAgain(nodes)
    nodes = await activate(nodes)
    nodes = await steady(nodes)
    nodes = await record(nodes)
    nodes = await restoreFailed(nodes)
    nodes = await confirm(nodes)
    // A node that could not be confirmed takes back the others only now: nobody could know before.
    nodes = await restoreFailed(nodes)
    // Data that goes for good, now that nothing takes the run back any more.
    nodes = await stage("purge", nodes) { $0.purge }
    nodes = await conclude(nodes)
    let elapsed = clock.now() - began
    let results = nodes.map { progress in
      var result = progress.result
      result.changed = Array(Set(result.changed)).sorted()
      result.milliseconds = Int(elapsed / .milliseconds(1))
      return result
    }
    let inputs = nodes.map { progress in
      var input = progress.task.input
      input.observation = .observed(progress.observed)
      return input
    }
    return FleetOutcome(results: results, inputs: inputs)
  }
}

/// What came of a run.
package struct FleetOutcome: Sendable {
  /// One a task.
  package let results: [NodeResult]
  /// The nodes as they were seen last.
  package let inputs: [NodeInput]
}
