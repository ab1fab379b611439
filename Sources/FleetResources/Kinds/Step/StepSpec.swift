/// `step:`: commands with a probe.
package struct StepSpec: Sendable, Hashable {
  /// When it runs.
  package enum Phase: String, Sendable, Hashable {
    case build, migrate
  }

  /// Name, unique on the node: `backend.venv`.
  package var name: String
  /// Path that must exist for the step to count as done; empty for none.
  package var creates: String
  /// User to run as.
  package var user: String
  /// Working directory.
  package var directory: String
  /// Argument vectors, run in order.
  package var commands: [[String]]
  /// Environment, `KEY=VALUE`, sorted.
  package var environment: [String]
  /// Digest over everything that decides the result; equal to the stamp when nothing is to do.
  package var stamp: String
  /// Phase.
  package var phase: Phase
  /// Whether its effect can be undone by rollback.
  package var reversible: Bool
  /// What a run means for units.
  package var effect: ChangeEffect
  /// Deadline in seconds.
  package var timeoutSeconds: Int

  /// Makes a step.
  package init(
    name: String,
    creates: String,
    user: String,
    directory: String,
    commands: [[String]],
    environment: [String],
    stamp: String,
    phase: Phase,
    reversible: Bool,
    effect: ChangeEffect,
    timeoutSeconds: Int
  ) {
    self.name = name
    self.creates = creates
    self.user = user
    self.directory = directory
    self.commands = commands
    self.environment = environment
    self.stamp = stamp
    self.phase = phase
    self.reversible = reversible
    self.effect = effect
    self.timeoutSeconds = timeoutSeconds
  }

  /// Where the node keeps the stamp.
  package var stampPath: String { "/var/lib/fleetctl/steps/" + name }
}
