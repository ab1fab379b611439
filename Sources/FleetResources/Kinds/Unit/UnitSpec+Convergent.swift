package import FleetModel

extension UnitSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.units.append(name)
    // Somebody's own unit file over the package's is worth knowing.
    request.paths.append(ProbeRequest.Path("/etc/systemd/system/" + name))
    for consumed in consumes { request.paths.append(ProbeRequest.Path(consumed.path)) }
  }

  func compare(_ look: Look) -> Comparison {
    switch look.observed.units[name] ?? .unknown("nobody looked at \(name)") {
    case .unknown(let why): .unknown(why)
    case .absent: UnitComparison(self, ObservedUnit(), look).verdict
    case .value(let seen): UnitComparison(self, seen, look).verdict
    }
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard let gap = compare(look).gap else { return [] }
    return operations(gap.actions, for: look.address)
  }

  /// Returns the steps that carry out `actions` in their order.
  package func operations(_ actions: [ActionWord], for address: ResourceAddress) -> [NodeOperation]
  {
    Self.operations(actions, unit: name, for: address)
  }

  /// Returns the steps that carry out `actions` on a unit that is perhaps no longer wanted.
  package static func operations(
    _ actions: [ActionWord],
    unit: String,
    for address: ResourceAddress
  ) -> [NodeOperation] {
    actions.flatMap { action -> [NodeOperation] in
      switch action {
      case .update: [NodeOperation(.daemonReload, [], for: address)]
      // A unit that failed too often refuses to start until that is forgotten.
      case .start, .restart:
        [
          NodeOperation(.unit, ["reset-failed", unit], for: address),
          NodeOperation(.unit, [action.rawValue, unit], for: address),
        ]
      // A unit that runs once: its start waits for its end.
      case .run:
        [
          NodeOperation(.unit, ["reset-failed", unit], for: address),
          NodeOperation(.unit, ["start", unit], for: address),
        ]
      case .stop, .enable, .disable, .reload:
        [NodeOperation(.unit, [action.rawValue, unit], for: address)]
      default: []
      }
    }
  }

  /// Returns the step that waits until the unit is up and holds its ports, and its command checks.
  ///
  /// The other checks run from the operator's side. With `onlyRuns` nothing is asked of its ports: a
  /// restart that is held back would bind them.
  package func healthOperations(
    for address: ResourceAddress,
    onlyRuns: Bool = false
  ) -> [NodeOperation] {
    guard state == .started else { return [] }
    let bound = (onlyRuns ? [] : ports).flatMap { port in
      port.addresses.map { "\(port.transport) \($0) \(port.number)" }
    }
    let budget = String(max(1, startupBudget.seconds))
    let wait = NodeOperation(
      .waitUnit,
      [name, budget, "2", bound.joined(separator: ",")],
      for: address
    )
    let commands = checks.compactMap { check -> NodeOperation? in
      guard case .command(let user, let words, let text) = check.kind else { return nil }
      return NodeOperation(.checkCommand, [user, budget, text] + words, for: address)
    }
    return [wait] + commands
  }

  /// How long a start takes, in whole seconds and never 0; nil when nothing is known.
  package func startupSeconds(_ seen: ObservedUnit?, _ manifest: Manifest?) -> Int? {
    let history = (seen?.startupHistory ?? []).filter { $0 > 0 }.sorted()
    if !history.isEmpty { return max(1, (history[history.count / 2] + 999_999) / 1_000_000) }
    if let recorded = manifest?.startups[name], recorded > 0 {
      return max(1, (recorded + 999) / 1000)
    }
    return startupTypical.map { max(1, $0.seconds) }
  }

  func desiredState(_ context: CompareContext) -> String? {
    "\(enabled.map { $0 ? "enabled" : "disabled" } ?? "any") \(state.rawValue)"
  }

  func observedState(_ look: Look) -> String? {
    let seen: ObservedUnit
    switch look.observed.units[name] ?? .unknown("") {
    case .unknown: return nil
    case .absent: seen = ObservedUnit()
    case .value(let value): seen = value
    }
    let boot = enabled.map { wanted in
      seen.meets(enabled: wanted)
        ? (wanted ? "enabled" : "disabled") : (wanted ? "disabled" : "enabled")
    }
    let run = state == .untouched ? "untouched" : seen.isUp ? "started" : "stopped"
    return "\(boot ?? "any") \(run)"
  }
}

extension ObservedUnit {
  /// Whether it runs or is on its way up; a crash loop between two tries is neither.
  package var isUp: Bool {
    switch activeState {
    case "active", "reloading", "refreshing": true
    case "activating": subState != "auto-restart" && subState != "auto-restart-queued"
    default: false
    }
  }

  /// Whether it is masked, for good or until the next boot.
  var isMasked: Bool { loadState == "masked" || unitFileState.hasPrefix("masked") }

  /// Whether enabling (or disabling) it would change nothing.
  ///
  /// Static, generated and indirect units
  /// cannot be enabled or disabled at all.
  func meets(enabled wanted: Bool) -> Bool {
    switch unitFileState {
    case "enabled", "alias": wanted
    case "enabled-runtime", "static", "indirect", "generated", "transient": true
    default: !wanted
    }
  }

  /// When its process began with what it reads at its start, in microseconds; 0 when not known.
  var startedAt: Int { processStarted > 0 ? processStarted : activeEntered }

  /// State in words: `failed (exit-code)`, `inactive`, `activating (auto-restart)`.
  var words: String {
    if loadState == "not-found", activeState == "inactive" { return "not there" }
    if activeState == "failed" { return "failed (\(result))" }
    return subState.isEmpty || subState == "dead" ? activeState : "\(activeState) (\(subState))"
  }
}
