internal import FleetDiagnostics
internal import FleetModel
internal import FleetPlan
internal import FleetResources

/// What a plan says of one node, below its heading.
struct PlanBody {
  let plan: Plan
  let options: PlanHuman.Options
  let ink: PlanInk
  private let changes: [NodeID: [PlannedChange]]
  private let notes: [NodeID?: [PlanNote]]

  init(_ plan: Plan, _ options: PlanHuman.Options, _ ink: PlanInk) {
    self.plan = plan
    self.options = options
    self.ink = ink
    changes = Dictionary(grouping: plan.changes, by: \.address.node)
    notes = Dictionary(grouping: plan.notes, by: \.node)
  }

  /// The lines, without the count of what is unchanged; none for a node of which there is nothing to say.
  ///
  /// `shown` remembers on which node each diff was shown.
  func lines(
    _ node: PlannedNode,
    _ ink: PlanInk,
    _ outage: PlanOutage,
    _ shown: inout [String: NodeID]
  ) -> [String] {
    var lines: [String] = []
    if let step = node.failedStep {
      let why = displayable(node.cause ?? "no cause given")
      lines.append("  \(ink.mark("?")) unreachable (\(displayable(step))): \(why)")
      return lines + remedy(node.remedy)
    }
    if let cause = node.cause {
      lines.append("  \(ink.mark("x")) not touched: \(displayable(cause))")
      lines += remedy(node.remedy)
    }
    for change in changes[node.id] ?? [] {
      lines += PlanChangeText(change, plan, options, ink, outage).lines(&shown)
    }
    if !node.packageClosure.isEmpty {
      lines.append("    apt also installs: " + listed(node.packageClosure))
    }
    lines += (notes[node.id] ?? []).map { show($0, ink) }
    if !lines.isEmpty, !node.kept.isEmpty {
      lines.append("    kept, though no role here wants it: " + listed(node.kept))
    }
    return lines
  }

  /// Notes about the fleet.
  var general: [String] { (notes[nil] ?? []).map { show($0, ink) } }

  /// Nodes of which the same is said, in the order of their first ones; then those of which there is
  /// nothing to say.
  var groups: (told: [PlanGroup], unchanged: [PlannedNode]) {
    var unchanged: [PlannedNode] = []
    var groups = PlanGroups()
    var alone: [PlanGroup] = []
    for node in plan.nodes.sorted(by: { $0.id < $1.id }) where options.shows(node.id) {
      // Without what was shown before: two nodes with one diff say the same.
      var nothing: [String: NodeID] = [:]
      let lines = lines(node, PlanInk(isOn: false), .masked, &nothing)
      if lines.isEmpty, !options.isLimited {
        unchanged.append(node)
      } else if options.isExpanded || options.isLimited {
        alone.append(PlanGroup(node))
      } else {
        groups.add(node, lines)
      }
    }
    return (groups.groups + alone, unchanged)
  }

  /// Heading and text of a group.
  func text(_ group: PlanGroup, _ shown: inout [String: NodeID]) -> [String] {
    let all = group.nodes.lazy.flatMap { changes[$0.id] ?? [] }
    let lines = lines(group.first, ink, .of(all), &shown)
    return heading(group) + lines + after(group, isSilent: lines.isEmpty)
  }

  private func heading(_ group: PlanGroup) -> [String] {
    let roles = roles(group.nodes)
    guard group.nodes.count > 1 else {
      let node = group.first
      return [ink.bold("node.\(node.id)") + "  \(displayable(node.address))" + roles]
    }
    let names = NameRuns(group.nodes.map(\.id.name))
    var lines = names.lines(after: "\(group.nodes.count) nodes: ").map(ink.bold)
    lines[lines.count - 1] += roles
    return lines
  }

  /// The roles that all have, with dots where some have more.
  private func roles(_ nodes: [PlannedNode]) -> String {
    let all = nodes.dropFirst().reduce(Set(nodes.first?.roles ?? [])) { $0.intersection($1.roles) }
    let hasMore = nodes.contains { $0.roles.count > all.count }
    guard !all.isEmpty else { return "" }
    return displayable("  (\((all.sorted() + (hasMore ? ["…"] : [])).joined(separator: ", ")))")
  }

  private func after(_ group: PlanGroup, isSilent: Bool) -> [String] {
    var lines: [String] = []
    let counts = group.nodes.map(\.unchanged)
    if let least = counts.min(), let most = counts.max(), most > 0, group.first.isReachable {
      let range = least == most ? "\(most)" : "\(least) to \(most)"
      let each = group.nodes.count > 1 ? " on each" : ""
      lines.append(
        isSilent ? "    (\(range) unchanged)" : "    (\(range) unchanged hidden\(each))"
      )
    }
    if !group.isLiteral {
      lines.append(
        "    (as on node.\(group.first.id); on the others only their own name or address differs)"
      )
    }
    return lines
  }

  private func listed(_ words: [String]) -> String {
    let more = words.count > 12 ? " and \(words.count - 12) more" : ""
    return displayable(words.prefix(12).joined(separator: ", ")) + more
  }

  private func remedy(_ text: String?) -> [String] {
    guard let text else { return [] }
    return displayable(text, keepingNewlines: true).split(separator: "\n").map { "      " + $0 }
  }

  private func show(_ note: PlanNote, _ ink: PlanInk) -> String {
    let word = note.severity == "warning" ? ink.warning("warning:") : "note:"
    return "  \(word) \(displayable(note.text))"
  }
}
