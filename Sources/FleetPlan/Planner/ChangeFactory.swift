internal import FleetDigest
internal import FleetModel
internal import FleetResources

/// Turns verdicts into changes: label, reasons, diff, outage.
struct ChangeFactory {
  private let observed: ObservedNode
  private let context: CompareContext
  private let verdicts: [ResourceAddress: Comparison]

  init(planner: NodePlanner) {
    observed = planner.observed
    context = planner.context
    verdicts = planner.verdicts
  }

  /// Adds the change of `resource`, or counts it as unchanged.
  func add(_ resource: Resource, _ verdict: Comparison, to draft: inout NodeDraft) {
    guard let change = change(resource, verdict, &draft) else {
      draft.node.unchanged += 1
      return
    }
    draft.changes.append(change)
    let before = resource.observedDigest(observed, context)
    draft.states[resource.address] = before + " " + resource.desiredDigest(context)
  }

  private func change(
    _ resource: Resource,
    _ verdict: Comparison,
    _ draft: inout NodeDraft
  ) -> PlannedChange? {
    switch verdict {
    case .inSync: return nil
    case .unknown(let why): return stopped(resource, .unknown, why, nil)
    case .blocked(let why, let remedy): return stopped(resource, .blocked, why, remedy)
    case .foreign(let gap, let why, let remedy):
      return foreign(resource, gap, why, remedy, &draft)
    case .pending(let why, let remedy):
      var change = stopped(resource, .blocked, why, remedy)
      change.label = .restartDebt
      return change
    case .differs(let gap): return change(resource, gap, &draft)
    case .knownAfterApply(let gap, let producer, let reason):
      var change = change(resource, gap, &draft)
      change.producer = producer
      change.reasons.append(.init("\(reason) (\(producer))"))
      return change
    }
  }

  private func stopped(
    _ resource: Resource,
    _ action: ActionWord,
    _ why: String,
    _ remedy: String?
  ) -> PlannedChange {
    var change = PlannedChange(
      resource.address,
      role: resource.role,
      actions: [action],
      label: label(resource, Gap([action])),
      phase: phase(resource, [action])
    )
    change.reasons = [.init(why, origin: resource.origin)]
    change.remedy = remedy.flatMap { $0.isEmpty ? nil : $0 }
    return change
  }

  /// Somebody else's thing: blocked, with everything that taking it over would change.
  private func foreign(
    _ resource: Resource,
    _ gap: Gap,
    _ why: String,
    _ remedy: String,
    _ draft: inout NodeDraft
  ) -> PlannedChange {
    var change = stopped(resource, .blocked, why, remedy)
    change.label = .adopt
    change.differences = gap.differences
    change.hidesContent = gap.hidesContent
    if let text = gap.text { addDiff(text, to: &change, &draft) }
    return change
  }

  private func change(_ resource: Resource, _ gap: Gap, _ draft: inout NodeDraft) -> PlannedChange {
    var change = PlannedChange(
      resource.address,
      role: resource.role,
      actions: gap.actions,
      label: label(resource, gap),
      phase: phase(resource, gap.actions)
    )
    change.reasons = reasons(resource, gap, change.label)
    change.differences = gap.differences
    change.hidesContent = gap.hidesContent
    change.wave = resource.wave
    change.requires = gap.causedBy
    if let pending = gap.pending {
      change.reasons.append(.init("note that \(pending)"))
      change.remedy =
        "Let the restart happen with `--maintenance "
        + "\(Look(resource, observed, context).maintenanceRole)`."
    }
    for path in gap.keeps {
      change.reasons.append(
        .init("note that the present one is kept as \(ForeignCopy.path(of: path))")
      )
    }
    describe(resource.spec, &change)
    if gap.needsDaemonReload { change.isUnitDefinition = true }
    if let text = gap.text { addDiff(text, to: &change, &draft) }
    return change
  }

  private func describe(_ spec: ResourceSpec, _ change: inout PlannedChange) {
    switch spec {
    case .file(let file): change.isUnitDefinition = file.isUnitDefinition
    // Masks, and unit files that must not be there.
    case .link(let link): change.isUnitDefinition = link.path.hasPrefix("/etc/systemd/system/")
    case .absentPath(let path):
      change.isUnitDefinition = path.path.hasPrefix("/etc/systemd/system/")
    case .step(let step): change.isReversible = step.reversible
    case .package, .aptSource, .group, .user: change.isReversible = false
    case .unit(let unit): describe(unit, &change)
    default: break
    }
  }

  private func describe(_ unit: UnitSpec, _ change: inout PlannedChange) {
    let seen = observed.units[unit.name]?.known
    guard change.actions.contains(.restart) || change.actions.contains(.stop) else { return }
    change.isInterrupting = true
    change.propagatesTo = seen?.propagatesTo.sorted() ?? []
    change.dependents = unit.dependents
    change.cost = unit.restartCost
    if change.actions.contains(.restart) {
      change.outageSeconds = unit.startupSeconds(seen, observed.manifest.known)
    }
  }

  private func addDiff(_ text: TextChange, to change: inout PlannedChange, _ draft: inout NodeDraft)
  {
    draft.texts.append(NodeDraft.Text(address: change.address, change: text))
    guard let lines = UnifiedDiff.lines(before: text.before, after: text.after), !lines.isEmpty
    else {
      return
    }
    let id = String(SHA256.hex(Array(lines.joined(separator: "\n").utf8)).prefix(16))
    draft.diffs[id] = lines
    change.diff = id
  }

  // MARK: label and reasons

  private func label(_ resource: Resource, _ gap: Gap) -> ChangeLabel {
    if gap.actions == [.adopt] || gap.isTakeover { return .adopt }
    if gap.isRestartDebt, gap.differences.isEmpty || gap.actions == [.update] {
      return .restartDebt
    }
    if gap.differences.isEmpty, let cause = gap.causedBy.first {
      return label(ofCauses: gap, cause)
    }
    let seen = resource.observedDigest(observed, context)
    guard let entry = Look(resource, observed, context).owned else {
      return isAdoption(resource) ? .adopt : .intent
    }
    if entry.sha256.isEmpty || seen.isEmpty { return .intent }
    return seen == entry.sha256 ? .intent : .drift
  }

  /// A restart is intent if any of its causes is.
  private func label(ofCauses gap: Gap, _ first: ResourceAddress) -> ChangeLabel {
    let labels = gap.causedBy.compactMap { cause -> ChangeLabel? in
      guard let resource = context.desired.byAddress[cause], let gap = verdicts[cause]?.gap else {
        return nil
      }
      return label(resource, gap)
    }
    if labels.contains(.intent) || labels.isEmpty { return .intent }
    return labels.contains(.drift) ? .drift : labels[0]
  }

  /// Whether something that nobody recorded is there already.
  private func isAdoption(_ resource: Resource) -> Bool {
    let paths: [String]
    switch resource.spec {
    case .file(let spec): paths = [spec.path]
    case .link(let spec): paths = [spec.path]
    case .directory(let spec): paths = [spec.path]
    case .aptSource(let spec): paths = [spec.path]
    case .certificate(let spec): paths = [spec.certPath]
    default: return false
    }
    return paths.contains { observed.paths[$0]?.known != nil }
  }

  private func reasons(
    _ resource: Resource,
    _ gap: Gap,
    _ label: ChangeLabel
  ) -> [PlannedChange.Reason] {
    if !gap.because.isEmpty, gap.differences.isEmpty {
      return gap.because.map { .init($0, origin: resource.origin) }
    }
    let text =
      switch label {
      case .adopt:
        gap.actions == [.adopt]
          ? "it is here already, as wanted, and is recorded as ours" : "it was here before fleetctl"
      case .drift: driftText(gap)
      case .restartDebt: "systemd has not read it since it changed"
      case .rollback: "an earlier run is taken back"
      case .registry: "this fleetctl renders it otherwise"
      case .intent: intentText(resource, gap)
      }
    return [.init(text, origin: resource.origin)]
      + gap.because.map { .init($0, origin: resource.origin) }
  }

  private func driftText(_ gap: Gap) -> String {
    switch gap.actions.first {
    case .create: "it was removed on the node since the last apply"
    case .start: "it was stopped on the node since the last apply"
    case .stop: "it was started on the node since the last apply"
    default: "it was changed on the node since the last apply"
    }
  }

  private func intentText(_ resource: Resource, _ gap: Gap) -> String {
    let isOwned = Look(resource, observed, context).owned != nil
    switch gap.actions.first {
    case .delete: return "the role \(resource.role) wants it gone"
    case .stop, .disable: return "the role \(resource.role) wants it off"
    case .run: return isOwned ? "its inputs changed" : "the role \(resource.role) needs it"
    default:
      return isOwned
        ? "the role \(resource.role) wants it otherwise than at the last apply"
        : "the role \(resource.role) wants it"
    }
  }

  // MARK: phase

  private func phase(_ resource: Resource, _ actions: [ActionWord]) -> PlanPhase {
    switch resource.spec {
    case .aptSource: return .packageSources
    case .package: return .packages
    case .group, .user: return .accounts
    case .directory: return .directories
    case .archive: return .archives
    case .secret: return .secrets
    case .certificate, .authority: return .certificates
    case .source: return .sources
    case .step(let step): return step.phase == .build ? .build : .activate
    case .file, .link, .absentPath, .sysctl: return .configure
    case .database, .databaseRole: return .activate
    case .unit: return actions.allSatisfy { $0 == .stop || $0 == .disable } ? .retire : .activate
    case .firewall: return .firewall
    }
  }
}
