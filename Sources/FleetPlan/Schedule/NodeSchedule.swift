package import FleetModel
internal import FleetResources

/// The changes of one node in the parts in which apply carries them out.
///
/// A part is finished on all nodes before the next begins; waves of `activate` likewise. Only
/// executed changes are in it.
package struct NodeSchedule: Sendable, Hashable {
  /// One wave of activation.
  package struct Wave: Sendable, Hashable {
    /// Number, the same across the fleet.
    package var number: Int
    /// Its changes, in order.
    package var changes: [PlannedChange]
  }

  /// Node.
  package var node: NodeID
  /// Additive things before secrets: package sources, packages, accounts, folders, archives.
  package var prepare: [PlannedChange] = []
  /// Secrets to generate.
  package var secrets: [PlannedChange] = []
  /// The authority, then certificates.
  package var certificates: [PlannedChange] = []
  /// Sources, files that builds need, build steps.
  package var build: [PlannedChange] = []
  /// Stops and deletions; frees ports.
  package var retire: [PlannedChange] = []
  /// Files, drop-ins, links, kernel settings.
  package var configure: [PlannedChange] = []
  /// Whether systemd must read its units again after `configure`.
  package var daemonReload = false
  /// Units that were deleted and whose failures systemd should forget after that.
  package var forgotten: [String] = []
  /// Units, databases and migrations.
  package var activate: [Wave] = []
  /// Firewall rules; the way in for SSH first.
  package var firewall: [PlannedChange] = []
  /// Data folders that go, after the run was confirmed: nothing brings them back.
  package var purge: [PlannedChange] = []

  /// Makes the schedule of `node` from its changes in plan order.
  package init(node: NodeID, changes: [PlannedChange]) {
    self.node = node
    for change in changes where change.action.isExecuted {
      if change.isUnitDefinition { daemonReload = true }
      switch change.phase {
      case .packageSources, .packages, .accounts, .directories, .archives: prepare.append(change)
      case .secrets: secrets.append(change)
      case .certificates: certificates.append(change)
      case .sources, .build: build.append(change)
      case .retire: retire.append(change)
      case .configure: configure.append(change)
      case .firewall: firewall.append(change)
      case .purge: purge.append(change)
      case .activate:
        if activate.last?.number != change.wave {
          activate.append(Wave(number: change.wave, changes: []))
        }
        activate[activate.count - 1].changes.append(change)
      }
    }
    forgotten = retire.filter { $0.address.kind == .unit && $0.actions.contains(.stop) }
      .map(\.address.name).sorted()
  }

  /// All its changes in order.
  package var changes: [PlannedChange] {
    prepare + secrets + certificates + build + retire + configure
      + activate.flatMap(\.changes) + firewall + purge
  }
}

extension Plan {
  /// Returns the schedule of one node; empty for nodes without changes.
  package func schedule(for node: NodeID) -> NodeSchedule {
    NodeSchedule(node: node, changes: changes(of: node))
  }

  /// The numbers of all waves, ascending.
  package var waves: [Int] {
    Set(changes.filter { $0.phase == .activate && $0.action.isExecuted }.map(\.wave)).sorted()
  }
}
