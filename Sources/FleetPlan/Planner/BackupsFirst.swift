internal import FleetModel
internal import FleetResources

/// The copies that are made before data is put at risk: by a restart in a maintenance window, by a
/// take-over, by a change of databases or a migration.
struct BackupsFirst {
  /// One copy, what it is for, and what waits for it.
  struct Due {
    var backup: ResourceAddress
    var because: [String] = []
    var before: [ResourceAddress] = []
    /// Whether it can be made.
    var isPossible = true
  }

  private let planner: NodePlanner

  init(_ planner: NodePlanner) {
    self.planner = planner
  }

  /// All that are due, by address of the unit that makes them.
  func due() -> [Due] {
    planner.resources.compactMap { resource in
      guard case .unit(let spec) = resource.spec, !spec.backups.isEmpty else { return nil }
      var due = Due(backup: resource.address)
      due.isPossible = planner.verdicts[resource.address]?.isBlocked != true
      for backup in spec.backups.sorted() where isRunning(backup.unit) { add(backup, to: &due) }
      due.before = Set(due.before).subtracting([resource.address]).sorted()
      return due.before.isEmpty ? nil : due
    }
  }

  /// What does not run has nothing that could be copied.
  private func isRunning(_ unit: String) -> Bool {
    planner.observed.units[unit]?.known?.isUp ?? false
  }

  private func add(_ backup: UnitSpec.Backup, to due: inout Due) {
    for resource in planner.resources {
      guard let gap = planner.verdicts[resource.address]?.gap else { continue }
      let why: String
      switch resource.spec {
      case .unit(let spec) where spec.name == backup.unit:
        let actions = gap.actions.filter { $0 == .restart || $0 == .stop }
        guard let action = actions.first,
          planner.context.maintenance.contains(backup.role) || isTakeover(gap)
        else { continue }
        why = "\(spec.name) is about to \(action.rawValue), and its data is copied first"
      case .database, .databaseRole:
        guard backup.unit.hasPrefix("postgresql"), gap.actions != [.adopt] else { continue }
        why =
          "database \(resource.address.name) is about to change, and all of them are copied first"
      case .step(let step) where step.phase == .migrate:
        guard backup.unit.hasPrefix("postgresql"), usesDatabases(resource) else { continue }
        why = "\(step.name) migrates the database, and all of them are copied first"
      default: continue
      }
      due.because.append(why)
      due.before.append(resource.address)
    }
  }

  private func usesDatabases(_ resource: Resource) -> Bool {
    planner.needs[resource.address]?.contains { $0.kind == .database } ?? false
  }

  private func isTakeover(_ gap: Gap) -> Bool {
    gap.isTakeover
      || gap.causedBy.contains { planner.verdicts[$0]?.gap?.isTakeover ?? false }
  }
}
