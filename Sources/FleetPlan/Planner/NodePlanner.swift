internal import FleetDigest
internal import FleetModel
internal import FleetResources

/// Plans one node that answered.
struct NodePlanner {
  let fleet: String
  let input: NodeInput
  let observed: ObservedNode
  var context: CompareContext
  var verdicts: [ResourceAddress: Comparison] = [:]
  /// What is blocked only because it needs something that is, by that root.
  private(set) var waiting: [ResourceAddress: ResourceAddress] = [:]

  /// Resources in the order of their addresses: the plan does not depend on the order given.
  let resources: [Resource]
  /// What each needs, also by implication.
  private(set) var needs: [ResourceAddress: [ResourceAddress]]

  init(_ fleet: String, _ input: NodeInput, _ observed: ObservedNode, _ context: CompareContext) {
    self.fleet = fleet
    self.input = input
    self.observed = observed
    self.context = context
    resources = input.resources.sorted { $0.address < $1.address }
    let implied = ImpliedNeeds(resources)
    needs = Dictionary(
      resources.map { ($0.address, implied.needs(of: $0)) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  /// Returns the plan of the node, not yet ordered.
  mutating func draft() -> NodeDraft {
    var draft = NodeDraft(
      node: PlannedNode(id: input.id, address: input.address, roles: input.roles.sorted())
    )
    draft.node.system =
      observed.system.osID.isEmpty
      ? "" : "\(observed.system.osID) \(observed.system.osVersion)"
    if let (cause, remedy) = foreignRecord {
      draft.node.cause = cause
      draft.node.remedy = remedy
    }
    compareAll()
    let orphans = Orphans(self).found()
    for orphan in orphans.changes { noteOrphan(orphan, orphans) }
    compareUnits()
    compareDatabases()
    propagateBlocks()
    planBackups()
    let factory = ChangeFactory(planner: self)
    for resource in resources {
      factory.add(resource, verdicts[resource.address] ?? .inSync, to: &draft)
    }
    draft.requirements = needs
    draft.changes += orphans.changes
    draft.node.kept = orphans.kept
    for change in orphans.changes { draft.states[change.address] = change.actions.description }
    NodeNotes(planner: self).add(to: &draft)
    if draft.node.cause != nil { block(&draft) }
    return draft
  }

  /// Why the record on the node is not one of this node of this fleet.
  private var foreignRecord: (String, String)? {
    switch observed.manifest {
    case .absent: return nil
    case .unknown(let why) where observed.newerFormat != nil:
      return (
        "a newer fleetctl looks after it: \(why)",
        "Use a fleetctl at least as new as the one that was here last; this one touches nothing."
      )
    case .unknown(let why):
      return (
        "its record of what fleetctl owns could not be read: \(why)", "Mend or remove it there."
      )
    case .value(let manifest):
      if manifest.fleet == fleet, manifest.node == input.id.name { return nil }
      let owner = "node `\(manifest.node)` of fleet `\(manifest.fleet)`"
      return (
        "its record says that it is \(owner)",
        "Check the address in fleet.yaml; a cloned machine needs its own identity."
      )
    }
  }

  private func block(_ draft: inout NodeDraft) {
    for index in draft.changes.indices {
      draft.changes[index].action = .blocked
      draft.changes[index].actions = [.blocked]
      draft.changes[index].remedy = draft.node.remedy
    }
  }

  // MARK: comparing, in the order in which one kind's changes matter to the next

  private mutating func compareAll() {
    for resource in resources where resource.address.kind == .package {
      let verdict = compare(resource)
      if case .package(let spec) = resource.spec, verdict.gap != nil {
        context.planned.packages[spec.name] = resource.address
      }
    }
    for resource in resources where verdicts[resource.address] == nil {
      switch resource.spec {
      case .unit, .database, .databaseRole: continue
      default: compare(resource)
      }
    }
    propagateBlocks()
    for resource in resources {
      guard let gap = verdicts[resource.address]?.gap else { continue }
      note(resource, gap)
    }
  }

  @discardableResult
  private mutating func compare(_ resource: Resource) -> Comparison {
    let verdict = resource.compare(observed, context)
    verdicts[resource.address] = verdict
    return verdict
  }

  /// Notes what the change of a resource means for units.
  private mutating func note(_ resource: Resource, _ gap: Gap) {
    if let path = resource.spec.touchedPath { context.planned.touched.insert(path) }
    guard gap.changesContent else { return }
    if let path = resource.spec.touchedPath { context.planned.paths[path] = resource.address }
    let effect = resource.spec.effect
    for unit in effect.restart {
      context.planned.restarts[unit, default: []].append(resource.address)
    }
    for unit in effect.reload {
      context.planned.reloads[unit, default: []].append(resource.address)
    }
  }

  private mutating func noteOrphan(_ change: PlannedChange, _ orphans: Orphans.Found) {
    if change.actions.contains(.stop) { context.planned.stopping.insert(change.address.name) }
    guard change.action == .delete else { return }
    context.planned.touched.insert(change.address.name)
    let effect = orphans.effects[change.address] ?? ChangeEffect()
    for unit in effect.restart {
      context.planned.restarts[unit, default: []].append(change.address)
    }
    for unit in effect.reload { context.planned.reloads[unit, default: []].append(change.address) }
  }

  private mutating func compareUnits() {
    noteUpgrades()
    // Units that stop come first: they free ports.
    for wanted in [true, false] {
      for resource in resources {
        guard case .unit(let spec) = resource.spec, (spec.state == .stopped) == wanted else {
          continue
        }
        guard let gap = compare(resource).gap else { continue }
        if gap.actions.contains(.stop) { context.planned.stopping.insert(spec.name) }
        if gap.actions.contains(.start) || gap.actions.contains(.restart) {
          context.planned.starting.insert(spec.name)
        }
      }
    }
  }

  /// A process must notice a new version of a package of its role.
  private mutating func noteUpgrades() {
    let upgraded = resources.filter { resource in
      resource.address.kind == .package && verdicts[resource.address]?.gap?.actions == [.update]
    }
    guard !upgraded.isEmpty else { return }
    for resource in resources {
      guard case .unit(let spec) = resource.spec else { continue }
      for package in upgraded
      where package.role == resource.role || resource.requires.contains(package.address) {
        context.planned.restarts[spec.name, default: []].append(package.address)
      }
    }
  }

  private mutating func compareDatabases() {
    for resource in resources {
      switch resource.spec {
      case .database, .databaseRole: compare(resource)
      default: continue
      }
    }
  }

  private mutating func planBackups() {
    for due in BackupsFirst(self).due() {
      guard due.isPossible else {
        for address in due.before {
          verdicts[address] = .blocked(
            "its data cannot be copied first: unit:\(due.backup.name) is blocked",
            remedy: "Settle what blocks the backup."
          )
        }
        continue
      }
      var gap = Gap([.run])
      gap.because = due.because
      gap.needsDaemonReload = verdicts[due.backup]?.gap?.needsDaemonReload ?? false
      verdicts[due.backup] = .differs(gap)
      for address in due.before { needs[address, default: []].append(due.backup) }
    }
  }

  /// What needs something that is blocked is blocked too.
  private mutating func propagateBlocks() {
    var roots: [ResourceAddress: ResourceAddress?] = [:]
    for resource in resources where verdicts[resource.address]?.gap != nil {
      guard let found = blockedRoot(resource, &roots) else { continue }
      let root = waiting[found] ?? found
      waiting[resource.address] = root
      verdicts[resource.address] = .blocked(
        "it needs \(root.kind.rawValue):\(root.name), which is blocked",
        remedy: ""
      )
    }
  }

  /// Whether a source whose tree is not at hand is on the node from before: what needs it can go on.
  private func isDeployed(_ resource: Resource) -> Bool {
    guard case .source(let spec) = resource.spec, spec.files == nil else { return false }
    return observed.paths[spec.manifestPath]?.known != nil
  }

  private func blockedRoot(
    _ resource: Resource,
    _ roots: inout [ResourceAddress: ResourceAddress?]
  ) -> ResourceAddress? {
    if let known = roots[resource.address] { return known }
    roots[resource.address] = .some(nil)
    var found: ResourceAddress?
    for need in needs[resource.address] ?? [] {
      guard let needed = context.desired.byAddress[need] else { continue }
      if verdicts[need]?.isBlocked == true, !isDeployed(needed) { found = need }
      found = found ?? blockedRoot(needed, &roots)
      if found != nil { break }
    }
    roots[resource.address] = .some(found)
    return found
  }
}
