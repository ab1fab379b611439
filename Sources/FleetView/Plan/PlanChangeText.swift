internal import FleetDiagnostics
internal import FleetModel
internal import FleetPlan
internal import FleetResources

/// The lines of one change.
struct PlanChangeText {
  /// Lines of a diff that are shown unasked.
  static let mostDiffLines = 100
  private let change: PlannedChange
  private let plan: Plan
  private let options: PlanHuman.Options
  private let ink: PlanInk
  private let outage: PlanOutage

  init(
    _ change: PlannedChange,
    _ plan: Plan,
    _ options: PlanHuman.Options,
    _ ink: PlanInk,
    _ outage: PlanOutage
  ) {
    self.change = change
    self.plan = plan
    self.options = options
    self.ink = ink
    self.outage = outage
  }

  /// The lines; `shown` remembers on which node each diff was shown.
  func lines(_ shown: inout [String: NodeID]) -> [String] {
    var lines = ["  \(ink.mark(symbol)) \(headline)"]
    for difference in differences { lines.append("      " + difference) }
    lines += diff(&shown).map { "      " + $0 }
    if !isPlainCreation { lines += because.map { "      " + $0 } }
    lines += impact.map { "      " + $0 }
    if let remedy = change.remedy {
      lines += displayable(remedy, keepingNewlines: true).split(separator: "\n").map {
        "      " + $0
      }
    }
    return lines
  }

  private var symbol: String {
    switch change.action {
    case .create: "+"
    case .update: "~"
    case .delete: "-"
    case .adopt: "±"
    case .blocked: "x"
    case .unknown: "?"
    case .noOp: " "
    case .restart, .reload, .enable, .disable, .start, .stop, .run: "!"
    }
  }

  private var headline: String {
    let words = change.actions.map(\.rawValue).joined(separator: ", ")
    let name = displayable(change.address.name)
    var text: String
    switch (change.action, change.address.kind) {
    case (.blocked, _), (.unknown, _), (.adopt, _):
      text = "\(words) \(change.address.kind.rawValue) \(name)"
    case (_, .unit): text = "\(words) \(name)"
    case (.run, _): text = "run \(name)"
    default: text = "\(change.address.kind.rawValue) \(name)"
    }
    if let rights = createdAs, !rights.isEmpty { text += "  \(displayable(rights))" }
    if change.label != .intent, change.action != .adopt { text += "  [\(change.label.rawValue)]" }
    if isPlainCreation, let reason = change.reasons.first {
      text += ink.faint("  (\(displayable(reason.origin.isEmpty ? change.role : reason.origin)))")
    }
    return text
  }

  /// What is made, where one word says it.
  private var createdAs: String? {
    if isNewUnit { return "" }
    guard change.action == .create, let difference = change.differences.first,
      change.differences.count == 1, difference.before == "absent"
    else { return nil }
    return difference.after
  }

  /// A unit that comes with this plan: that it is neither enabled nor started needs no saying.
  private var isNewUnit: Bool {
    change.address.kind == .unit && change.action == .start && !change.differences.isEmpty
      && change.differences.allSatisfy { $0.before == "not there" }
  }

  /// A new thing that a role wants: the reason needs no line of its own.
  private var isPlainCreation: Bool {
    (change.action == .create || isNewUnit) && change.label == .intent && change.reasons.count == 1
      && createdAs != nil
  }

  private var differences: [String] {
    if createdAs != nil { return hidden }
    let shown = change.differences.filter { difference in
      if change.action == .delete, difference.after == "absent" { return false }
      return difference.attribute != "content" || change.diff == nil && !change.hidesContent
    }
    return shown.map { difference in
      let (before, after) = (displayable(difference.before), displayable(difference.after))
      return "\(displayable(difference.attribute)): \(before) -> \(after)"
    } + hidden
  }

  private var hidden: [String] {
    guard change.hidesContent else { return [] }
    let word = change.action == .create ? "content not shown" : "content changed"
    return ["\(word) (hidden: holds secrets)"]
  }

  private func diff(_ shown: inout [String: NodeID]) -> [String] {
    guard let id = change.diff, let lines = plan.diffs[id] else { return [] }
    if change.action == .create, !options.showsCreated { return [] }
    if let other = shown[id], other != change.address.node {
      return ["the same diff as on node.\(other)"]
    }
    shown[id] = change.address.node
    return cut(lines)
  }

  /// A long diff as far as most people read, and what the rest is.
  private func cut(_ lines: [String]) -> [String] {
    // What a plan keeps of a diff is bounded, too; its last line counts the rest.
    let beyond = lines.last.flatMap(UnifiedDiff.count(ofMore:)) ?? 0
    let kept = beyond > 0 ? lines.dropLast() : lines[...]
    let limit = options.isExpanded || options.isLimited ? kept.count : Self.mostDiffLines
    var output = kept.prefix(limit).map { ink.diff(displayable($0)) }
    if kept.count > limit {
      output.append("... \(kept.count - limit + beyond) more lines; `--expand` shows them")
    } else if beyond > 0 {
      let node = displayable(change.address.node.name)
      output.append(
        "... \(beyond) more lines than a plan keeps; `fleetctl render \(node) --to DIR` writes the new file"
      )
    }
    return output
  }

  private var because: [String] {
    change.reasons.map { reason in
      let origin = reason.origin.isEmpty ? "" : " (\(displayable(reason.origin)))"
      return "because \(displayable(reason.text))\(origin)"
    }
  }

  private var impact: [String] {
    var lines: [String] = []
    if change.isInterrupting {
      let down = change.actions.contains(.restart) ? outage.text(change) : "stays down"
      let users =
        change.dependents.isEmpty
        ? "" : "; depends on it: " + displayable(change.dependents.joined(separator: ", "))
      lines.append(ink.warning(down) + users)
    }
    if !change.cost.isEmpty { lines.append("cost: " + displayable(change.cost)) }
    if !change.propagatesTo.isEmpty {
      let verb = change.actions.contains(.restart) ? "restarts" : "stops"
      lines.append(
        "systemd \(verb) with it: " + displayable(change.propagatesTo.joined(separator: ", "))
      )
    }
    if !change.isReversible, change.address.kind == .step { lines.append("cannot be rolled back") }
    return lines
  }
}
