package import FleetModel
package import FleetPlan
package import FleetResources

/// What taking back an earlier run does, as a plan like any other.
package enum RollbackPlan {
  /// Returns the plan over the nodes' reviews, and what moved since the run, one line each.
  ///
  /// What moved is not in the plan's hands: the caller refuses while there is any.
  package static func make(
    fleet: String,
    run: String,
    _ nodes: [(id: NodeID, address: String, roles: [String], review: RunReview)]
  ) -> (plan: Plan, moved: [String]) {
    var plan = Plan(
      fleet: fleet,
      options: PlanOptions(),
      nodes: [],
      changes: [],
      diffs: [:],
      notes: []
    )
    var moved: [String] = []
    for node in nodes.sorted(by: { $0.id < $1.id }) {
      plan.nodes.append(PlannedNode(id: node.id, address: node.address, roles: node.roles.sorted()))
      for item in node.review.items {
        let address = address(of: item, on: node.id)
        if item.hasMoved {
          moved.append("\(address): the run left it as `\(item.left)`, it is `\(item.now)`")
        }
        guard let change = change(item, address, run, &plan.diffs) else { continue }
        plan.changes.append(change)
      }
      for stays in node.review.stays {
        let text = "not taken back: \(stays)"
        plan.notes.append(PlanNote(severity: "info", node: node.id, text: text))
      }
    }
    plan.notes.sort()
    return (plan, moved)
  }

  /// The units that ran before the run and must run again.
  package static func running(_ review: RunReview) -> [String] {
    review.items.filter { $0.kind == "unit" && $0.before.split(separator: " ").contains("active") }
      .map(\.name)
  }

  /// Whether a thing is as it was before the run; folders that others filled meanwhile stay.
  package static func isBack(_ item: RunReview.Item) -> Bool {
    switch item.kind {
    case "path":
      return item.now == item.before || (item.before == "absent" && item.now.hasPrefix("dir "))
    case "unit":
      let before = item.before.split(separator: " ").first.map(String.init) ?? ""
      // A run that brings a unit writes its file first: `disabled` then is what has no file now.
      let isGone = before == "disabled" && ["", "not-found"].contains(item.now)
      return before == item.now || isGone || !["enabled", "disabled"].contains(before)
    case "sysctl": return item.now == item.before
    default: return true
    }
  }

  /// The record of what fleetctl owns after it: as before the run, and what does not come back.
  package static func manifest(
    before: Manifest?,
    now: Manifest,
    _ review: RunReview
  ) -> Manifest {
    var manifest = now
    manifest.owned = before?.owned ?? [:]
    let undone: Set<String> = ["file", "link", "drop-in", "dir", "unit", "sysctl", "firewall"]
    for (key, entry) in now.owned where manifest.owned[key] == nil {
      let kind = key.prefix { $0 != ":" }
      if !undone.contains(String(kind)) { manifest.owned[key] = entry }
    }
    manifest.loaded = before?.loaded ?? [:]
    // Their processes are new: what those have read is known from the next apply on.
    for item in review.items where item.kind == "unit" { manifest.loaded[item.name] = nil }
    manifest.generation = now.generation + 1
    return manifest
  }

  private static func address(of item: RunReview.Item, on node: NodeID) -> ResourceAddress {
    switch item.kind {
    case "unit": ResourceAddress(node, .unit, item.name)
    case "sysctl": ResourceAddress(node, .sysctl, item.name)
    case "firewall": ResourceAddress(node, .firewall, "rules")
    case "tree": ResourceAddress(node, .source, item.name)
    default:
      if item.before.hasPrefix("dir ") || item.before == "absent" && item.now.hasPrefix("dir ") {
        ResourceAddress(node, .dir, item.name)
      } else if item.before.hasPrefix("link ") || item.now.hasPrefix("link ") {
        ResourceAddress(node, .link, item.name)
      } else {
        ResourceAddress(node, .file, item.name)
      }
    }
  }

  private static func change(
    _ item: RunReview.Item,
    _ address: ResourceAddress,
    _ run: String,
    _ diffs: inout [String: [String]]
  ) -> PlannedChange? {
    var actions: [ActionWord]
    var differences: [Difference] = []
    switch item.kind {
    case "unit":
      actions = unitActions(item)
    case "firewall", "tree":
      actions = [.update]
    default:
      guard item.before != item.now else { return nil }
      actions = item.before == "absent" ? [.delete] : item.now == "absent" ? [.create] : [.update]
      differences = [Difference("state", before: short(item.now), after: short(item.before))]
    }
    guard !actions.isEmpty else { return nil }
    var change = PlannedChange(
      address,
      role: "",
      actions: actions,
      label: .rollback,
      phase: item.kind == "unit" ? .activate : .configure
    )
    change.reasons = [.init("run \(run) changed it")]
    change.differences = differences
    change.isInterrupting = actions.contains(.restart) || actions.contains(.stop)
    let isText = item.texts.before != nil || (item.before == "absent" && item.texts.now != nil)
    if isText,
      let lines = UnifiedDiff.lines(before: item.texts.now, after: item.texts.before),
      !lines.isEmpty
    {
      let id = "\(address)"
      diffs[id] = lines
      change.diff = id
    } else if address.kind == .file, actions != [.delete] {
      change.hidesContent = true
    }
    return change
  }

  /// From `enabled active restart`: how the unit was before, and what the run did to it.
  private static func unitActions(_ item: RunReview.Item) -> [ActionWord] {
    let words = item.before.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 3 else { return [] }
    var actions: [ActionWord] = []
    if words[0] == "enabled", item.now != "enabled" { actions.append(.enable) }
    if words[0] != "enabled", item.now == "enabled" { actions.append(.disable) }
    let isTouched = ["restart", "reload", "stop", "start"].contains(words[2])
    if words[1] == "active" {
      if words[2] == "stop" {
        actions.append(.start)
      } else if isTouched {
        actions.append(.restart)
      }
    } else if words[2] == "start" || words[2] == "restart" {
      actions.append(.stop)
    }
    return actions
  }

  /// Digests are cut to what tells them apart.
  private static func short(_ state: String) -> String {
    let words = state.split(separator: " ")
    guard words.first == "file", words.count == 5 else { return state }
    return "file \(words[1].prefix(12)) \(words[2...].joined(separator: " "))"
  }
}
