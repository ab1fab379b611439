internal import FleetDiagnostics
internal import FleetModel
package import FleetPlan
internal import FleetResources

/// Shows a plan to people, from its document alone: `show FILE` prints what `plan` printed.
///
/// Nodes of which the same is said stand together under one heading, see docs/plan.md.
package struct PlanHuman: Sendable {
  /// How to show it.
  package struct Options: Sendable, Hashable {
    /// Whether to colour.
    package var color = false
    /// Whether to show the content of files that are created.
    package var showsCreated = false
    /// Whether each node stands by itself and long diffs are shown as far as the plan has them.
    package var isExpanded = false
    /// The nodes to show, each by itself; all when there are none.
    package var nodes: Set<String> = []

    /// Makes the plain form.
    package init() {}

    var isLimited: Bool { !nodes.isEmpty }

    func shows(_ node: NodeID) -> Bool { nodes.isEmpty || nodes.contains(node.name) }
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
    let body = PlanBody(plan, options, ink)
    let (groups, unchanged) = body.groups
    var lines: [String] = [title, ""]
    var shown: [String: NodeID] = [:]
    for group in groups { lines += body.text(group, &shown) + [""] }
    if !unchanged.isEmpty, unchanged.count < plan.nodes.count {
      let count = unchanged.count == 1 ? "1 node" : "\(unchanged.count) nodes"
      lines += NameRuns(unchanged.map(\.id.name)).lines(after: "\(count) unchanged: ") + [""]
    }
    let general = body.general
    if !general.isEmpty { lines += general + [""] }
    lines += plan.rollouts.flatMap { RolloutText(rollout: $0).lines }
    lines += PlanSentence(plan).lines
    if options.isLimited {
      lines.append("Shown: \(groups.count) of \(plan.nodes.count) nodes.")
    }
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
