package import FleetModel
package import FleetResources

/// One change of one resource.
package struct PlannedChange: Sendable, Hashable {
  /// Why, with the place that asks for it.
  package struct Reason: Sendable, Hashable {
    /// A clause that goes after "because".
    package var text: String
    /// `fleet.yaml:41:7` or `roles/redis/role.yaml:12:3`; empty when nobody wrote it.
    package var origin: String

    /// Makes a reason.
    package init(_ text: String, origin: String = "") {
      self.text = text
      self.origin = origin
    }
  }

  /// What is changed.
  package var address: ResourceAddress
  /// The role that wants it, or wanted it.
  package var role: String
  /// The one word for it.
  package var action: ActionWord
  /// All actions in order; several only for units.
  package var actions: [ActionWord]
  /// Why, in one word.
  package var label: ChangeLabel
  /// Why, in clauses.
  package var reasons: [Reason] = []
  /// What differs.
  package var differences: [Difference] = []
  /// Id of its diff in the plan.
  package var diff: String?
  /// Content changes but is never shown: it holds secrets.
  package var hidesContent = false
  /// What to do about a `blocked` one.
  package var remedy: String?
  /// What must be made first, where the value is known only then.
  package var producer: ResourceAddress?
  /// Part of apply in which it runs.
  package var phase: PlanPhase
  /// Wave across the fleet; counts in the phase `activate` only.
  package var wave = 0
  /// Whether a service is interrupted.
  package var isInterrupting = false
  /// How long, in whole seconds, never 0; nil when not known.
  package var outageSeconds: Int?
  /// What the interruption costs in the role's words.
  package var cost = ""
  /// Roles elsewhere that depend on it: `celery on 01-Backend`.
  package var dependents: [String] = []
  /// Units of the node that systemd restarts with it.
  package var propagatesTo: [String] = []
  /// Changes of this plan that must be done before it, sorted.
  package var requires: [ResourceAddress] = []
  /// A unit file or drop-in: systemd must read its units again.
  package var isUnitDefinition = false
  /// Whether rollback can undo it.
  package var isReversible = true

  /// Makes a change; set what else is known.
  package init(
    _ address: ResourceAddress,
    role: String,
    actions: [ActionWord],
    label: ChangeLabel,
    phase: PlanPhase
  ) {
    self.address = address
    self.role = role
    self.actions = actions
    self.label = label
    self.phase = phase
    action = Self.strongest(actions)
  }

  /// The word that tells most about a list of actions.
  private static func strongest(_ actions: [ActionWord]) -> ActionWord {
    let order: [ActionWord] = [.restart, .start, .stop, .reload, .enable, .disable]
    return order.first { actions.contains($0) } ?? actions.first ?? .noOp
  }
}

/// The parts of an apply on one node, in order.
///
/// Each is finished on all nodes before the next begins.
package enum PlanPhase: String, Sendable, Hashable, CaseIterable, Comparable {
  case packageSources = "package-sources"
  case packages, accounts, directories, archives, secrets, certificates, sources, build
  /// What goes: stops, disabled units, deleted files. Frees ports before others claim them.
  case retire
  /// Files, drop-ins, links, kernel settings; then systemd reads its units again.
  case configure
  /// Units, databases and migrations, wave after wave.
  case activate
  case firewall
  /// Data that goes for good; only after the run was confirmed.
  case purge

  /// Orders as apply goes through them.
  package static func < (left: Self, right: Self) -> Bool { left.position < right.position }

  private var position: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// Whether it is additive and cannot be undone exactly.
  package var isPreparation: Bool { self < .retire }
}
