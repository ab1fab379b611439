package import FleetModel

/// A `unit:`, the state of a service and what it consumes.
///
/// Its file, if ours, is a `file:` of its own.
package struct UnitSpec: Sendable, Hashable {
  /// Wanted run state.
  package enum State: String, Sendable, Hashable {
    case started, stopped
    /// Whatever it is: only the file matters (services that a timer starts).
    case untouched
  }

  /// How a restart may happen.
  package enum RestartPolicy: String, Sendable, Hashable {
    case auto, manual, window
  }

  /// A path whose change it must notice.
  package struct Consumed: Sendable, Hashable, Comparable {
    /// Path on the node.
    package var path: String
    /// Whether a reload is enough.
    package var reload: Bool

    /// Makes one.
    package init(path: String, reload: Bool) {
      self.path = path
      self.reload = reload
    }

    /// Orders by path, restarts first.
    package static func < (left: Self, right: Self) -> Bool {
      (left.path, left.reload ? 1 : 0) < (right.path, right.reload ? 1 : 0)
    }
  }

  /// A port that the unit must have bound when healthy.
  package struct BoundPort: Sendable, Hashable {
    /// Addresses it must listen on.
    package var addresses: [String]
    /// Port.
    package var number: Int
    /// `tcp` or `udp`.
    package var transport: String
    /// Whether other machines may reach it (else a wider bind is a finding).
    package var scope: String

    /// Makes one.
    package init(addresses: [String], number: Int, transport: String, scope: String) {
      self.addresses = addresses
      self.number = number
      self.transport = transport
      self.scope = scope
    }
  }

  /// Data that a run of the unit copies.
  package struct Backup: Sendable, Hashable, Comparable {
    /// Unit that serves the data; one of PostgreSQL stands for its databases.
    package var unit: String
    /// Role that asks for it.
    package var role: String

    /// Makes one.
    package init(unit: String, role: String) {
      self.unit = unit
      self.role = role
    }

    /// Orders by unit.
    package static func < (left: Self, right: Self) -> Bool {
      (left.unit, left.role) < (right.unit, right.role)
    }
  }

  /// Full name, `redis-stack-server.service`.
  package var name: String
  /// Whether it is enabled at boot; nil: left alone.
  package var enabled: Bool?
  /// Wanted state.
  package var state: State
  /// What it consumes, sorted.
  package var consumes: [Consumed]
  /// Ports it must hold.
  package var ports: [BoundPort]
  /// Restart policy.
  package var restartPolicy: RestartPolicy
  /// What a restart costs, in the role's words; empty when nothing special.
  package var restartCost: String
  /// How long a start usually takes, from the role; nil if unknown.
  package var startupTypical: TimeSpan?
  /// How long a start may take, where a role says so.
  package var declaredBudget: TimeSpan?
  /// How long it is watched once it is healthy: a crash in that time is a failed start.
  package var soak: TimeSpan
  /// Roles elsewhere that depend on it: `celery on 01-Backend`, sorted.
  package var dependents: [String]
  /// Checks that must pass when it is up.
  package var checks: [HealthCheckSpec]
  /// `auto` or `manual`.
  package var updatePolicy: String
  /// What a run of it makes a copy of; empty for all units but backups.
  package var backups: [Backup]

  /// Makes a unit; set what differs from the defaults.
  package init(name: String, enabled: Bool?, state: State) {
    self.name = name
    self.enabled = enabled
    self.state = state
    consumes = []
    ports = []
    restartPolicy = .auto
    restartCost = ""
    startupTypical = nil
    declaredBudget = nil
    soak = TimeSpan(milliseconds: 5000)
    dependents = []
    checks = []
    updatePolicy = "auto"
    backups = []
  }

  /// How long a start may take: a minute where no role says so.
  package var startupBudget: TimeSpan { declaredBudget ?? TimeSpan(milliseconds: 60_000) }

  /// Allows a start as long as `budget`, too: the longest that a role asks for counts.
  package mutating func allow(budget: TimeSpan) {
    declaredBudget = max(declaredBudget ?? budget, budget)
  }
}
