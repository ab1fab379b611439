package import FleetModel
internal import FleetResources

/// What would be done to the fleet, complete enough to be shown without anything else (DESIGN 7).
package struct Plan: Sendable, Hashable {
  /// Name of the fleet.
  package var fleet: String
  /// What it was limited to and allowed to do.
  package var options: PlanOptions
  /// All nodes, by id.
  package var nodes: [PlannedNode]
  /// All changes, by node, then in the order in which apply goes through them.
  package var changes: [PlannedChange]
  /// Diffs by id; equal ones stand here once.
  package var diffs: [String: [String]]
  /// Findings, sorted.
  package var notes: [PlanNote]
  /// Roles whose nodes are changed in batches, by name.
  package var rollouts: [PlannedRollout] = []

  /// Makes a plan of its parts.
  package init(
    fleet: String,
    options: PlanOptions,
    nodes: [PlannedNode],
    changes: [PlannedChange],
    diffs: [String: [String]],
    notes: [PlanNote]
  ) {
    self.fleet = fleet
    self.options = options
    self.nodes = nodes
    self.changes = changes
    self.diffs = diffs
    self.notes = notes
  }

  /// Changes of the node `id`, in order.
  package func changes(of id: NodeID) -> [PlannedChange] {
    // They stand in the order of the nodes.
    var (low, high) = (0, changes.count)
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].address.node < id { low = middle + 1 } else { high = middle }
    }
    return Array(changes[low...].prefix { $0.address.node == id })
  }

  /// Whether apply would do anything.
  package var hasChanges: Bool { changes.contains { $0.action.isExecuted } }

  /// The check-index of a node: equal as long as nothing that the plan depends on has moved there.
  ///
  /// Nil for nodes that are not in the plan or did not answer.
  package func nodeDigest(_ id: NodeID) -> String? {
    nodes.first { $0.id == id && $0.isReachable }?.digest
  }
}

/// What a plan was limited to and allowed to do.
package struct PlanOptions: Sendable, Hashable {
  /// `-target` patterns, as written.
  package var targets: [String] = []
  /// `-l` selectors, as written; all must hold.
  package var selectors: [String] = []
  /// `--adopt` patterns, as written.
  package var adopt: [String] = []
  /// `--maintenance` roles.
  package var maintenance: [String] = []
  /// `--takeover`: only what is taken over, with what that needs.
  package var takeover = false
  /// `--purge-data`: data folders that nobody wants any more go too.
  package var purgesData = false

  /// Makes the usual options: everything, nothing taken over, nothing held back released.
  package init() {}
}

/// One node as the plan found it.
package struct PlannedNode: Sendable, Hashable {
  /// Id.
  package var id: NodeID
  /// Address as declared.
  package var address: String
  /// Roles on it, sorted.
  package var roles: [String]
  /// Labels as declared.
  package var labels: [String: String] = [:]
  /// Step at which the connection failed; nil when the node answered.
  package var failedStep: String?
  /// Why the node is not planned: unreachable, or its record is not ours.
  package var cause: String?
  /// What to do about it.
  package var remedy: String?
  /// OS as seen, `debian 12`; empty when not known.
  package var system: String
  /// Check-index; empty when the node did not answer.
  package var digest: String
  /// Digest of the machine's own id (machine-id(5) wants it kept to itself); empty when not known.
  package var machine = ""
  /// Generation of the node's record; nil when it has none.
  package var generation: Int?
  /// Processes that the plan means to stop or start anew: unit to invocation id.
  ///
  /// Only of units that are up and were not restarted by systemd itself: one that crashes has another
  /// each time, and the plan that mends it must not go stale by that.
  package var invocations: [String: String] = [:]
  /// Resources without a change.
  package var unchanged: Int
  /// Things of roles that went which stay: data folders, databases, packages; `kind:name`, sorted.
  package var kept: [String]
  /// What apt would install beside the packages of the plan, sorted.
  package var packageClosure: [String]

  /// Makes a node without findings.
  package init(id: NodeID, address: String, roles: [String]) {
    self.id = id
    self.address = address
    self.roles = roles
    system = ""
    digest = ""
    unchanged = 0
    kept = []
    packageClosure = []
  }

  /// Whether the node answered.
  package var isReachable: Bool { failedStep == nil }
}

/// Why a change is in the plan, in one word.
package enum ChangeLabel: String, Sendable, Hashable, CaseIterable {
  /// fleet.yaml or a role asks for something else than at the last apply.
  case intent
  /// A newer fleetctl renders it otherwise.
  case registry
  /// The node moved.
  case drift
  /// It was there before fleetctl.
  case adopt
  /// A process runs on older content than its files have.
  case restartDebt = "restart-debt"
  /// An earlier run is taken back.
  case rollback
}

/// A finding of the plan that is no change.
package struct PlanNote: Sendable, Hashable, Comparable {
  /// `warning` or `info`.
  package var severity: String
  /// Node it is about; nil for the fleet.
  package var node: NodeID?
  /// Address it is about, if any.
  package var address: String?
  /// One or more sentences.
  package var text: String

  /// Makes a note.
  package init(severity: String, node: NodeID?, address: String? = nil, text: String) {
    self.severity = severity
    self.node = node
    self.address = address
    self.text = text
  }

  /// Orders by node, address, text.
  package static func < (left: Self, right: Self) -> Bool {
    (left.node?.name ?? "", left.address ?? "", left.text)
      < (right.node?.name ?? "", right.address ?? "", right.text)
  }
}
