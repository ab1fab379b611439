internal import FleetDigest
internal import FleetModel
package import FleetResources

/// What the manifest says we own and nobody wants any more.
struct Orphans {
  /// The outcome.
  struct Found {
    var changes: [PlannedChange] = []
    /// What a removal means for units.
    var effects: [ResourceAddress: ChangeEffect] = [:]
    var kept: [String] = []
  }

  private let planner: NodePlanner
  private let manifest: Manifest?

  init(_ planner: NodePlanner) {
    self.planner = planner
    manifest = planner.observed.manifest.known
  }

  func found() -> Found {
    var found = Found()
    addRules(to: &found)
    guard let manifest else { return found }
    for (key, entry) in Orphans.entries(manifest, beside: planner.resources) {
      guard let address = Self.address(key, on: planner.input.id) else { continue }
      add(address, entry, to: &found)
    }
    return found
  }

  /// Entries that no wanted resource stands for, sorted by key.
  static func entries(
    _ manifest: Manifest,
    beside resources: [Resource]
  ) -> [(key: String, entry: Manifest.Entry)] {
    var wanted = Set(resources.map(\.manifestKey))
    for resource in resources {
      // The same path under another kind has only changed hands.
      guard let path = resource.spec.touchedPath else { continue }
      for kind in [ResourceKind.file, .dropIn, .link] { wanted.insert("\(kind.rawValue):\(path)") }
    }
    return manifest.owned.filter { !wanted.contains($0.key) }
      .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  static func address(_ key: String, on node: NodeID) -> ResourceAddress? {
    let parts = key.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let kind = ResourceKind(rawValue: String(parts[0])) else { return nil }
    return ResourceAddress(node, kind, String(parts[1]))
  }

  private func add(_ address: ResourceAddress, _ entry: Manifest.Entry, to found: inout Found) {
    if entry.data {
      if address.kind == .dir, planner.context.purgesData, addPurge(address, entry, to: &found) {
        return
      }
      found.kept.append("\(address.kind.rawValue):\(address.name)")
      return
    }
    switch address.kind {
    case .unit: addUnit(address, entry, to: &found)
    case .file, .dropIn, .link: addPath(address, address.name, entry, to: &found)
    case .aptSource: addPath(address, Self.sourcePath(address.name), entry, to: &found)
    case .dir: addFolder(address, entry, to: &found)
    case .source: addSource(address, entry, to: &found)
    case .package, .database, .secret, .archive:
      found.kept.append("\(address.kind.rawValue):\(address.name)")
    case .firewall where address.name == "enabled": addSwitch(address, entry, to: &found)
    case .group, .user, .certificate:
      if planner.input.isLeaving {
        found.kept.append("\(address.kind.rawValue):\(address.name)")
      }
    case .step, .sysctl, .firewall: break
    }
  }

  /// Data goes only where it was asked for, and never from under something that is still wanted.
  private func addPurge(
    _ address: ResourceAddress,
    _ entry: Manifest.Entry,
    to found: inout Found
  ) -> Bool {
    let isUsed = planner.resources.contains { resource in
      guard let path = resource.spec.placedPath else { return false }
      return path == address.name || path.hasPrefix(address.name + "/")
    }
    guard !isUsed, case .value(let seen) = planner.observed.paths[address.name] ?? .absent,
      seen.kind == .directory
    else { return false }
    var change = change(address, entry, [.delete])
    change.phase = .purge
    change.isReversible = false
    change.differences = [
      Difference("data", before: "present", after: "deleted with all that is in it")
    ]
    found.changes.append(change)
    return true
  }

  /// A firewall that we switched on is switched off before the way in is closed.
  private func addSwitch(
    _ address: ResourceAddress,
    _ entry: Manifest.Entry,
    to found: inout Found
  ) {
    guard case .value(let seen) = planner.observed.firewall, seen.active else { return }
    var change = change(address, entry, [.disable])
    change.phase = .firewall
    change.differences = [Difference("state", before: "active", after: "inactive")]
    found.changes.append(change)
  }

  static func sourcePath(_ name: String) -> String {
    name.hasPrefix("/") ? name : "/etc/apt/sources.list.d/\(name).sources"
  }

  private func addUnit(_ address: ResourceAddress, _ entry: Manifest.Entry, to found: inout Found) {
    guard let fact = planner.observed.units[address.name] else {
      return addUnknown(address, entry, "nobody looked at \(address.name)", to: &found)
    }
    switch fact {
    case .unknown(let why): addUnknown(address, entry, why, to: &found)
    case .absent: return
    case .value(let seen):
      let isUp = seen.isUp || seen.activeState == "activating"
      var actions: [ActionWord] = isUp ? [.stop] : []
      if seen.unitFileState == "enabled" { actions.append(.disable) }
      guard !actions.isEmpty else { return }
      var change = change(address, entry, actions)
      change.isInterrupting = isUp
      change.propagatesTo = seen.propagatesTo
      let before = isUp ? "started" : "enabled"
      change.differences = [Difference("state", before: before, after: "gone")]
      found.changes.append(change)
    }
  }

  private func addPath(
    _ address: ResourceAddress,
    _ path: String,
    _ entry: Manifest.Entry,
    to found: inout Found
  ) {
    guard let fact = planner.observed.paths[path] else {
      return addUnknown(address, entry, "nobody looked at \(path)", to: &found)
    }
    switch fact {
    case .unknown(let why): addUnknown(address, entry, why, to: &found)
    case .absent: return
    case .value(let seen):
      guard seen.kind == .file || seen.kind == .link else {
        return addUnknown(address, entry, "a folder has taken its place", to: &found)
      }
      var change = change(address, entry, [.delete])
      let state = seen.ownership.display
      change.differences = [Difference("state", before: state, after: "absent")]
      change.isUnitDefinition = path.hasPrefix("/etc/systemd/system/")
      if address.kind != .aptSource, seen.kind == .file, !entry.sha256.isEmpty,
        SHA256.hex(Array("file \(seen.sha256) \(state)".utf8)) != entry.sha256
      {
        change.reasons.append(.init("note that it was edited on the node since the last apply"))
      }
      found.effects[address] = entry.effect
      found.changes.append(change)
    }
  }

  private func addSource(
    _ address: ResourceAddress,
    _ entry: Manifest.Entry,
    to found: inout Found
  ) {
    let list = SourceRemoval.listPath(address.name)
    switch planner.observed.paths[list] {
    case nil: return addUnknown(address, entry, "nobody looked at \(list)", to: &found)
    case .unknown(let why): return addUnknown(address, entry, why, to: &found)
    case .absent, .value: break
    }
    guard let removal = SourceRemoval(target: address.name, observed: planner.observed) else {
      return
    }
    var change = change(address, entry, [.delete])
    let count = removal.paths.count == 1 ? "1 file" : "\(removal.paths.count) files"
    change.differences = [
      Difference("deleted", before: count, after: "gone; what we did not put there stays")
    ]
    found.changes.append(change)
  }

  /// Whether a folder is empty shows only when it goes; what is not empty stays.
  private func addFolder(
    _ address: ResourceAddress,
    _ entry: Manifest.Entry,
    to found: inout Found
  ) {
    guard let fact = planner.observed.paths[address.name] else {
      return addUnknown(address, entry, "nobody looked at \(address.name)", to: &found)
    }
    switch fact {
    case .unknown(let why): addUnknown(address, entry, why, to: &found)
    case .absent: return
    case .value(let seen):
      guard seen.kind == .directory else { return }
      var change = change(address, entry, [.delete])
      change.differences = [Difference("state", before: "present", after: "absent if empty")]
      found.changes.append(change)
    }
  }

  private func addUnknown(
    _ address: ResourceAddress,
    _ entry: Manifest.Entry,
    _ why: String,
    to found: inout Found
  ) {
    var change = change(address, entry, [.unknown])
    change.reasons.append(.init(why))
    found.changes.append(change)
  }

  private func change(
    _ address: ResourceAddress,
    _ entry: Manifest.Entry,
    _ actions: [ActionWord]
  ) -> PlannedChange {
    var change = PlannedChange(
      address,
      role: entry.role,
      actions: actions,
      label: .intent,
      phase: .retire
    )
    let isThere = planner.input.roles.contains(entry.role)
    change.reasons = [
      .init(
        isThere
          ? "the role \(entry.role) no longer wants it"
          : "the role \(entry.role) is no longer on this node"
      )
    ]
    return change
  }

  /// Whether nobody wants the firewall on any more that we switched on.
  private var goesOff: Bool {
    guard manifest?.owned["firewall:enabled"] != nil else { return false }
    return !planner.resources.contains { resource in
      guard case .firewall(let spec) = resource.spec, case .enabled = spec.kind else {
        return false
      }
      return true
    }
  }

  /// Firewall rules that carry our mark and that nobody wants; the way in stays while the firewall is on.
  private func addRules(to found: inout Found) {
    guard case .value(let seen) = planner.observed.firewall else { return }
    var wanted: Set<String> = []
    for resource in planner.resources {
      if case .firewall(let spec) = resource.spec {
        wanted.formUnion(spec.rules.map(FirewallSpec.body))
      }
    }
    let staysOn = seen.active && !goesOff
    for rule in seen.rules
    where rule.contains("# fleetctl:") && !wanted.contains(FirewallSpec.body(rule)) {
      if staysOn, rule.contains("# \(FirewallSpec.sshTag)") {
        found.kept.append("firewall:\(FirewallRuleName.name(of: rule))")
        continue
      }
      let address = ResourceAddress(planner.input.id, .firewall, FirewallRuleName.name(of: rule))
      let role = rule.split(separator: ":").dropFirst().first.map(String.init) ?? ""
      var change = PlannedChange(
        address,
        role: role,
        actions: [.delete],
        label: .intent,
        phase: .firewall
      )
      change.reasons = [.init("nothing in the fleet needs this rule any more")]
      change.differences = [Difference("rule", before: rule, after: "absent")]
      found.changes.append(change)
    }
  }
}

/// Names of firewall rules that only the node knows, without spaces and `#`.
enum FirewallRuleName {
  /// `allow,172.16.168.20,6379/tcp@fleetctl:redis:redis` of a rule in normal form.
  static func name(of rule: String) -> String {
    let halves = rule.split(separator: "#", maxSplits: 1)
    let words = (halves.first ?? "").split(separator: " ").joined(separator: ",")
    return words + "@" + (halves.count > 1 ? String(halves[1].drop { $0 == " " }) : "")
  }

  /// The rule in normal form of a name.
  static func rule(of name: String) -> String {
    let halves = name.split(separator: "@", maxSplits: 1)
    let words = (halves.first ?? "").split(separator: ",").joined(separator: " ")
    return words + " # " + (halves.count > 1 ? halves[1] : "")
  }
}

extension ProbeRequest {
  /// Returns what must be observed beside `covering(resources)` to remove what `manifest` owns and
  /// nobody wants; nil when there is no such thing.
  ///
  /// The first look at a node brings its manifest; only where roles were removed is a second needed.
  package static func orphans(of manifest: Manifest, beside resources: [Resource]) -> ProbeRequest?
  {
    var request = ProbeRequest()
    for (key, entry) in Orphans.entries(manifest, beside: resources) {
      let parts = key.split(separator: ":", maxSplits: 1).map(String.init)
      guard parts.count == 2, let kind = ResourceKind(rawValue: parts[0]),
        !entry.data || kind == .dir
      else { continue }
      switch kind {
      case .unit: request.units.append(parts[1])
      case .file, .dropIn, .link, .dir: request.paths.append(Path(parts[1]))
      case .source:
        request.paths.append(Path(parts[1]))
        request.paths.append(Path(SourceRemoval.listPath(parts[1]), wantsContent: true))
      case .aptSource: request.paths.append(Path(Orphans.sourcePath(parts[1])))
      case .firewall: request.firewall = true
      default: continue
      }
    }
    return request == ProbeRequest() ? nil : ProbeRequest().joined(with: request)
  }

  /// Returns the request for `resources` and for what `manifest`, as last read, owns beside them.
  package static func covering(_ resources: [Resource], manifest: Manifest?) -> ProbeRequest {
    let wanted = covering(resources).joined(with: origins(of: resources, manifest))
    guard let manifest, let more = orphans(of: manifest, beside: resources) else { return wanted }
    return wanted.joined(with: more)
  }
}

extension ObservedNode {
  /// Takes over what a second look found beside the first.
  package mutating func add(_ more: ObservedNode) {
    paths.merge(more.paths) { first, _ in first }
    units.merge(more.units) { first, _ in first }
    packageFiles.formUnion(more.packageFiles)
    ownPaths.formUnion(more.ownPaths)
    ownPackages.formUnion(more.ownPackages)
    if case .unknown = firewall { firewall = more.firewall }
  }
}
