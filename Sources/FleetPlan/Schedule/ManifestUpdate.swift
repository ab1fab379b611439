internal import FleetModel
package import FleetResources

extension Manifest {
  /// Returns the record after an apply, from a fresh look at the node.
  ///
  /// `changes` are those of this node that were carried out, `resources` what is wanted there,
  /// `context` is that of `after` with the secrets known, `startups` maps the units that this apply
  /// started to milliseconds until healthy.
  package func updated(
    applying changes: [PlannedChange],
    resources: [Resource],
    before: ObservedNode,
    after: ObservedNode,
    context: CompareContext,
    startups: [String: Int]
  ) -> Manifest {
    var manifest = self
    let done = Dictionary(changes.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
    let wanted = Set(resources.map(\.manifestKey))
    for change in changes where change.action.isExecuted {
      let key = "\(change.address.kind.rawValue):\(change.address.name)"
      if !wanted.contains(key), !Self.isThere(key, after) { manifest.owned[key] = nil }
    }
    // What nobody wants and is not there is nobody's: whoever puts it there later owns it.
    for key in owned.keys where !wanted.contains(key) && Self.isGone(key, after) {
      manifest.owned[key] = nil
    }
    for resource in resources {
      let isDone = done[resource.address]?.action.isExecuted ?? false
      // What was there before and as wanted is not ours, except where an edit must be told apart.
      guard isDone || manifest.owned[resource.manifestKey] != nil else { continue }
      let isSettled: Bool
      switch resource.compare(after, context) {
      case .inSync, .pending: isSettled = true
      case .differs(let gap): isSettled = gap.actions == [.adopt]
      default: isSettled = false
      }
      if isSettled { manifest.owned[resource.manifestKey] = resource.manifestEntry(context) }
    }
    for resource in resources {
      guard case .unit(let unit) = resource.spec else { continue }
      let change = done[resource.address]
      manifest.record(unit, resource, change, before: before, after: after, context)
    }
    for (unit, milliseconds) in startups where milliseconds > 0 {
      manifest.startups[unit] = milliseconds
    }
    manifest.generation += 1
    return manifest
  }

  /// Whether the look found nothing in the place of an owned file, link or unit.
  private static func isGone(_ key: String, _ observed: ObservedNode) -> Bool {
    guard let colon = key.firstIndex(of: ":") else { return false }
    let name = String(key[key.index(after: colon)...])
    switch ResourceKind(rawValue: String(key[..<colon])) {
    case .file, .link, .dropIn: return observed.paths[name] == .absent
    case .unit: return observed.units[name] == .absent
    default: return false
    }
  }

  /// Whether what a step said it removed or ended is seen all the same; then it stays ours, and the next
  /// plan says so.
  private static func isThere(_ key: String, _ observed: ObservedNode) -> Bool {
    guard let colon = key.firstIndex(of: ":") else { return false }
    let name = String(key[key.index(after: colon)...])
    switch ResourceKind(rawValue: String(key[..<colon])) {
    case .file, .link, .dropIn: return observed.paths[name]?.known != nil
    case .unit:
      guard let unit = observed.units[name]?.known else { return false }
      return unit.isUp || unit.activeState == "activating" || unit.unitFileState == "enabled"
    default: return false
    }
  }

  /// Records what the process of a unit has loaded, where that is certain: it was started or
  /// reloaded just now, or it owes nothing.
  private mutating func record(
    _ unit: UnitSpec,
    _ resource: Resource,
    _ change: PlannedChange?,
    before: ObservedNode,
    after: ObservedNode,
    _ context: CompareContext
  ) {
    guard case .value(let seen) = after.units[unit.name] ?? .absent, seen.isUp,
      !seen.invocation.isEmpty
    else {
      loaded[unit.name] = nil
      return
    }
    let look = Look(resource, after, context)
    let digests = unit.loadedDigests(look)
    let actions = change?.actions ?? []
    let fresh = Loaded(invocation: seen.invocation, digests: digests)
    if actions.contains(.start) || actions.contains(.restart) {
      // The same process as before: whatever the step said, it was not restarted.
      let last = before.units[unit.name]?.known
      guard last?.isUp != true || last?.invocation != seen.invocation else { return }
      loaded[unit.name] = fresh
    } else if actions.contains(.reload) {
      // A restart that was held back stays owed: only what a reload reads is new.
      guard change?.remedy != nil else { return loaded[unit.name] = fresh }
      var old = loaded[unit.name]?.invocation == seen.invocation ? loaded[unit.name] : nil
      old = old ?? Loaded(invocation: seen.invocation, digests: [:])
      old?.digests.merge(unit.loadedDigests(look, onlyReloads: true)) { $1 }
      loaded[unit.name] = old
    } else if !owes(resource, after, context) {
      loaded[unit.name] = fresh
    } else if before.units[unit.name]?.known?.invocation == seen.invocation,
      !owes(resource, before, context),
      unit.loadedDigests(Look(resource, before, context)) == digests
    {
      // Only modes or owners were changed: the times moved, what was loaded did not.
      loaded[unit.name] = fresh
    }
  }

  /// Whether the process of a unit runs on something older than what was seen.
  private func owes(
    _ resource: Resource,
    _ observed: ObservedNode,
    _ context: CompareContext
  ) -> Bool {
    switch resource.compare(observed, context) {
    case .inSync: false
    case .differs(let gap): gap.isRestartDebt
    default: true
    }
  }
}
