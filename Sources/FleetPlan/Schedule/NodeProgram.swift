internal import FleetModel
package import FleetResources

/// Turns changes of a plan into steps for the node, against what is seen there now.
///
/// Made again after each part of an apply whose results later parts need (secrets, certificates,
/// packages), with a fresh observation and a fresh context: the steps carry digests of what they
/// replace.
package struct NodeProgram: Sendable {
  private let resources: [ResourceAddress: Resource]
  private let observed: ObservedNode
  private let context: CompareContext

  /// Makes a program for the wanted `resources` of a node.
  package init(_ resources: [Resource], observed: ObservedNode, context: CompareContext) {
    self.resources = Dictionary(
      resources.map { ($0.address, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    self.observed = observed
    self.context = context
  }

  /// Returns the steps of `changes`, in their order.
  ///
  /// Package sources are followed by one `apt-update`, all packages go into one `apt-install`.
  /// Sources and the later steps of certificates are not here: they need files of the operator and
  /// answers of other nodes (`SourceSpec.syncing`, `CertificateSpec.signing`).
  package func operations(_ changes: [PlannedChange]) -> [NodeOperation] {
    var operations: [NodeOperation] = []
    var packages: [NodeOperation] = []
    for change in changes where change.action.isExecuted {
      let steps = self.operations(change)
      if change.address.kind == .package {
        packages += steps
        continue
      }
      if change.phase > .packages { flush(&packages, into: &operations, changes) }
      operations += steps
    }
    flush(&packages, into: &operations, changes)
    return operations
  }

  private func flush(
    _ packages: inout [NodeOperation],
    into operations: inout [NodeOperation],
    _ changes: [PlannedChange]
  ) {
    guard let first = packages.first else { return }
    let names = packages.flatMap(\.arguments)
    operations.append(NodeOperation(.aptUpdate, [], for: first.address))
    operations.append(NodeOperation(.aptInstall, names, for: first.address))
    packages = []
  }

  /// Returns the steps of one change; empty when nothing is left to do.
  package func operations(_ change: PlannedChange) -> [NodeOperation] {
    guard let resource = resources[change.address] else { return removal(change) }
    if case .unit(let unit) = resource.spec {
      // The daemon-reload of the schedule is that of an `update`.
      return unit.operations(change.actions.filter { $0 != .update }, for: change.address)
    }
    var context = context
    // The plan saw nothing there: what is there now came with a package of this run.
    if change.action == .create, let path = resource.spec.path { context.absentBefore.insert(path) }
    return resource.operations(observed, context)
  }

  private func removal(_ change: PlannedChange) -> [NodeOperation] {
    let address = change.address
    switch address.kind {
    case .unit: return UnitSpec.operations(change.actions, unit: address.name, for: address)
    case .file, .dropIn, .link: return [NodeOperation(.remove, [address.name], for: address)]
    case .source:
      let removal = SourceRemoval(target: address.name, observed: observed)
      return removal.map { [$0.operation(for: address)] } ?? []
    case .dir where change.phase == .purge:
      return [NodeOperation(.purge, [address.name], for: address)]
    case .dir: return [NodeOperation(.removeDirectory, [address.name], for: address)]
    case .aptSource:
      return [NodeOperation(.remove, [Orphans.sourcePath(address.name)], for: address)]
    case .firewall where change.actions == [.disable]:
      return [NodeOperation(.firewall, ["--force", "disable"], for: address)]
    case .firewall:
      let rule = FirewallRuleName.rule(of: address.name)
      return [FirewallSpec.operation(rule, deleting: true, address)]
    default: return []
    }
  }

  /// Returns the steps between `configure` and the first wave.
  package func reloading(_ schedule: NodeSchedule) -> [NodeOperation] {
    let reload = schedule.daemonReload ? [NodeOperation(.daemonReload, [], for: nil)] : []
    return reload + schedule.forgotten.map { NodeOperation(.unit, ["reset-failed", $0], for: nil) }
  }

  /// Returns the steps that wait until the units that `changes` started are healthy.
  package func health(_ changes: [PlannedChange]) -> [NodeOperation] {
    changes.flatMap { change -> [NodeOperation] in
      guard case .unit(let unit) = resources[change.address]?.spec,
        change.actions.contains(where: { [.start, .restart, .reload].contains($0) })
      else { return [] }
      let isHeldBack = change.actions == [.reload] && change.remedy != nil
      return unit.healthOperations(for: change.address, onlyRuns: isHeldBack)
    }
  }
}
