internal import FleetModel

/// Compares one unit: run state, start at boot, and what its process has loaded (DESIGN section 7).
struct UnitComparison {
  let spec: UnitSpec
  let seen: ObservedUnit
  let look: Look

  init(_ spec: UnitSpec, _ seen: ObservedUnit, _ look: Look) {
    self.spec = spec
    self.seen = seen
    self.look = look
  }

  private var wantsIt: Bool { spec.state == .started || spec.enabled == true }

  /// The verdict.
  var verdict: Comparison {
    if let obstacle { return obstacle }
    var gap = Gap([])
    compareBoot(&gap)
    switch spec.state {
    case .started: compareStarted(&gap)
    case .stopped: compareStopped(&gap)
    case .untouched: break
    }
    let begins = gap.actions.contains(.start) || gap.actions.contains(.restart)
    if begins, let holder = foreignHolder {
      return .blocked(
        holder,
        remedy: "Stop it on the node, or give `\(look.resource.role)` another port in fleet.yaml."
      )
    }
    if gap.actions.isEmpty, gap.pending == nil { compareDefinition(&gap) }
    if !gap.actions.isEmpty {
      gap.needsDaemonReload = gap.needsDaemonReload || !load.unread.isEmpty
      if gap.actions.contains(.stop), look.owned == nil {
        return look.takeover("it runs, and fleetctl did not start it", gap)
      }
      return .differs(gap)
    }
    guard let pending = gap.pending else { return isNewToUs ? .differs(Gap([.adopt])) : .inSync }
    return .pending(pending, remedy: "Let it happen with `--maintenance \(look.maintenanceRole)`.")
  }

  /// Whether it runs as it should by a file that is ours, and no record says that it goes when its role
  /// goes.
  private var isNewToUs: Bool {
    guard wantsIt, seen.isUp || spec.state != .started, look.owned == nil else { return false }
    return look.context.desired.byPath["/etc/systemd/system/" + spec.name] != nil
  }

  private var obstacle: Comparison? {
    guard wantsIt else { return nil }
    if seen.isMasked {
      return .blocked(
        "the unit is masked on the node",
        remedy:
          "If nobody meant to keep it off: `systemctl unmask \(spec.name)` there, then plan again."
      )
    }
    if seen.loadState == "not-found", !hasBringer {
      return .blocked(
        "the node has no such unit, and nothing in this plan brings it",
        remedy: "Check the unit's name in the role, or add the package that brings it."
      )
    }
    let refused = seen.loadState == "bad-setting" || seen.loadState == "error"
    if refused, !definitions.contains(where: { look.context.planned.touched.contains($0) }) {
      return .blocked(
        "systemd refuses its definition (\(seen.loadState))",
        remedy: "See `systemctl status \(spec.name)` on the node."
      )
    }
    return nil
  }

  /// Whether a unit that is not there yet will be: by a file of ours or of a package.
  private var hasBringer: Bool {
    !look.context.planned.packages.isEmpty || !definitions.isEmpty
      || look.path("/etc/systemd/system/" + spec.name).known != nil
  }

  private func compareBoot(_ gap: inout Gap) {
    guard let wanted = spec.enabled, !seen.meets(enabled: wanted) else { return }
    let state = seen.unitFileState.isEmpty ? "not there" : seen.unitFileState
    gap.actions.append(wanted ? .enable : .disable)
    gap.differences.append(
      Difference("enabled", before: state, after: wanted ? "enabled" : "disabled")
    )
  }

  private func compareStarted(_ gap: inout Gap) {
    guard seen.isUp else {
      gap.actions.append(.start)
      gap.differences.append(Difference("state", before: seen.words, after: "started"))
      return
    }
    let loaded = load.findings()
    var due = loaded.filter { !$0.reload }
    if !due.isEmpty, let policy = heldBack {
      let because = due.map(\.text).joined(separator: "; ")
      gap.pending = "\(policy); restart pending because \(because)"
      due = []
    }
    let word: ActionWord = due.isEmpty ? .reload : .restart
    if due.isEmpty { due = loaded.filter(\.reload) }
    guard !due.isEmpty else { return }
    gap.because = due.map(\.text)
    gap.causedBy = Set(due.compactMap(\.cause)).sorted()
    gap.isRestartDebt = gap.causedBy.isEmpty
    gap.actions.append(word)
  }

  private func compareStopped(_ gap: inout Gap) {
    guard seen.isUp || seen.activeState == "activating" || seen.activeState == "deactivating" else {
      return
    }
    gap.actions.append(.stop)
    gap.differences.append(Difference("state", before: seen.words, after: "stopped"))
  }

  private var load: UnitLoad {
    UnitLoad(spec: spec, seen: seen, look: look, definitions: definitions)
  }

  /// The policy that keeps a restart back, in words.
  private var heldBack: String? {
    if look.context.maintenance.contains(look.resource.role) || isCoveredByMaintenance {
      return nil
    }
    if spec.restartPolicy != .auto { return "restarts are \(spec.restartPolicy.rawValue)" }
    return spec.updatePolicy == "auto" ? nil : "updates are \(spec.updatePolicy)"
  }

  /// Whether a role in its maintenance window has a backup of what this unit serves (a component's unit
  /// is of no role of its own).
  private var isCoveredByMaintenance: Bool {
    look.backups(of: spec.name).contains { look.context.maintenance.contains($0.role) }
  }

  /// A unit that nobody restarts still has to be read again by systemd.
  private func compareDefinition(_ gap: inout Gap) {
    guard !(spec.state == .started && seen.isUp), let path = load.unread.first else { return }
    gap.actions = [.update]
    gap.differences = [
      Difference("definition", before: "as systemd read it before", after: "as in \(path)")
    ]
    gap.isRestartDebt = true
  }

  /// Our unit file and drop-ins of this unit.
  private var definitions: [String] {
    look.context.desired.definitions.filter {
      UnitName(spec.name).isDefined(by: $0) || seen.dropInPaths.contains($0)
        || seen.fragmentPath == $0
    }
  }

  /// Who holds a port that the unit wants, if it is somebody else who stays.
  private var foreignHolder: String? {
    guard case .value(let listeners) = look.observed.listeners else { return nil }
    for port in spec.ports {
      for listener in listeners where port.meets(listener) {
        if UnitName(listener.unit).isRelated(to: UnitName(spec.name)) { continue }
        if look.context.planned.stopping.contains(listener.unit) { continue }
        if look.context.desired.givesUp(port, unit: listener.unit) { continue }
        let process = listener.process.isEmpty ? "a process" : listener.process
        let holder = listener.unit.isEmpty ? process : "\(process) of \(listener.unit)"
        return "port \(port.number)/\(port.transport) is held by \(holder) on \(listener.address)"
      }
    }
    return nil
  }
}

extension UnitSpec.BoundPort {
  /// Whether both cannot be bound at the same time.
  func meets(_ listener: Listener) -> Bool {
    guard number == listener.port, transport == listener.transport else { return false }
    return addresses.contains { address in
      let wide = ["0.0.0.0", "::", "*"]
      return address == listener.address || wide.contains(address)
        || wide.contains(listener.address)
    }
  }
}
