internal import FleetDiagnostics
internal import FleetModel
package import FleetPlan
internal import FleetResources

/// Shows a plan to people, from its document alone: `show FILE` prints what `plan` printed.
package struct PlanHuman: Sendable {
  /// How to show it.
  package struct Options: Sendable, Hashable {
    /// Whether to colour.
    package var color = false
    /// Whether to show the content of files that are created.
    package var showsCreated = false

    /// Makes the plain form.
    package init() {}
  }

  private let file: PlanFile
  private let options: Options
  private let ink: PlanInk

  /// Makes a view of a plan.
  package init(_ file: PlanFile, options: Options = Options()) {
    self.file = file
    self.options = options
    ink = PlanInk(isOn: options.color)
  }

  private var plan: Plan { file.plan }

  /// Returns the text, ending in a line feed.
  package func rendered() -> String {
    var lines: [String] = [title, ""]
    var shown: [String: NodeID] = [:]
    var unchanged: [String] = []
    let changes = Dictionary(grouping: plan.changes, by: \.address.node)
    let notes = Dictionary(grouping: plan.notes, by: \.node)
    for node in plan.nodes {
      let body = self.body(node, changes[node.id] ?? [], notes[node.id] ?? [], &shown)
      if body.isEmpty {
        unchanged.append("node.\(node.id)")
      } else {
        lines += [header(node)] + body + [""]
      }
    }
    if !unchanged.isEmpty, unchanged.count < plan.nodes.count {
      lines += ["Unchanged: " + unchanged.joined(separator: ", "), ""]
    }
    let general = notes[nil] ?? []
    if !general.isEmpty { lines += general.map(show) + [""] }
    lines += plan.rollouts.flatMap { RolloutText(rollout: $0).lines }
    lines += PlanSentence(plan).lines
    if plan.hasChanges { lines.append("Digest: \(file.digest)") }
    return lines.joined(separator: "\n") + "\n"
  }

  private var title: String {
    let summary = plan.summary
    var parts = [summary.nodes == 1 ? "1 node" : "\(summary.nodes) nodes"]
    parts.append("\(summary.changedNodes) with changes")
    if summary.unreachableNodes > 0 { parts.append("\(summary.unreachableNodes) unreachable") }
    return ink.bold("Plan for fleet \"\(displayable(plan.fleet))\"")
      + " (\(parts.joined(separator: ", ")))"
  }

  private func header(_ node: PlannedNode) -> String {
    let roles = node.roles.isEmpty ? "" : "  (\(node.roles.joined(separator: ", ")))"
    return ink.bold("node.\(node.id)") + "  \(displayable(node.address))" + displayable(roles)
  }

  private func body(
    _ node: PlannedNode,
    _ changes: [PlannedChange],
    _ notes: [PlanNote],
    _ shown: inout [String: NodeID]
  ) -> [String] {
    var lines: [String] = []
    if let step = node.failedStep {
      let why = displayable(node.cause ?? "no cause given")
      lines.append("  \(ink.mark("?")) unreachable (\(displayable(step))): \(why)")
      lines += remedy(node.remedy)
      return lines
    }
    if let cause = node.cause {
      lines.append("  \(ink.mark("x")) not touched: \(displayable(cause))")
      lines += remedy(node.remedy)
    }
    for change in changes { lines += PlanChangeText(change, plan, options, ink).lines(&shown) }
    if !node.packageClosure.isEmpty {
      lines.append("    apt also installs: " + listed(node.packageClosure))
    }
    for note in notes { lines.append(show(note)) }
    guard !lines.isEmpty else { return [] }
    if !node.kept.isEmpty {
      lines.append("    kept, though no role here wants it: " + listed(node.kept))
    }
    if node.unchanged > 0 { lines.append("    (\(node.unchanged) unchanged hidden)") }
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

  private func show(_ note: PlanNote) -> String {
    let word = note.severity == "warning" ? ink.warning("warning:") : "note:"
    return "  \(word) \(displayable(note.text))"
  }
}

/// Colours, or none.
struct PlanInk: Sendable {
  let isOn: Bool

  private func paint(_ code: String, _ text: String) -> String {
    isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  func bold(_ text: String) -> String { paint("1", text) }
  func warning(_ text: String) -> String { paint("33", text) }
  func faint(_ text: String) -> String { paint("2", text) }

  func mark(_ symbol: String) -> String {
    switch symbol {
    case "+": paint("32", symbol)
    case "-", "x": paint("31", symbol)
    case "?": paint("35", symbol)
    case "!": paint("36", symbol)
    default: paint("33", symbol)
    }
  }

  func diff(_ line: String) -> String {
    switch line.utf8.first {
    case UInt8(ascii: "+"): paint("32", line)
    case UInt8(ascii: "-"): paint("31", line)
    case UInt8(ascii: "@"): paint("36", line)
    default: line
    }
  }
}
