internal import FleetDiagnostics
internal import FleetModel
internal import FleetResources

/// Limits a plan to what `-target` names and `-l` selects, and to what that needs.
struct Targets {
  private let patterns: [AddressPattern]
  private let selectors: [Selector]
  /// Only what is taken over.
  private let isTakeover: Bool

  init(_ options: PlanOptions) throws(DiagnosticsError) {
    patterns = options.targets.map { AddressPattern($0) }
    isTakeover = options.takeover
    var selectors: [Selector] = []
    for text in options.selectors {
      do {
        selectors.append(try Selector(text))
      } catch {
        let why = "`\(text)` is no selector: \(error). Write `role=redis,zone!=a`."
        throw DiagnosticsError(Diagnostic(.targetUnmatched, why))
      }
    }
    self.selectors = selectors
  }

  func limit(
    _ drafts: inout [NodeDraft],
    to nodes: [NodeInput],
    notes: inout [PlanNote]
  ) throws(DiagnosticsError) {
    guard !patterns.isEmpty || !selectors.isEmpty || isTakeover else { return }
    try check(nodes)
    var subjects: [NodeID: Selector.Subject] = [:]
    for node in nodes {
      subjects[node.id] = Selector.Subject(
        node: node.id.name,
        labels: node.labels,
        groups: node.groups
      )
    }
    var wanted: Set<ResourceAddress> = []
    var needs: [ResourceAddress: [ResourceAddress]] = [:]
    for draft in drafts {
      needs.merge(draft.requirements) { first, _ in first }
      for change in draft.changes {
        needs[change.address, default: []] += [change.producer].compactMap { $0 }
        guard matches(change.address, change.role),
          let subject = subjects[change.address.node],
          selectors.allSatisfy({ $0.matches(subject, role: change.role) }),
          !isTakeover || isTakenOver(change, in: draft)
        else { continue }
        wanted.insert(change.address)
      }
    }
    var pending = Array(wanted)
    while let next = pending.popLast() {
      for need in needs[next] ?? [] where wanted.insert(need).inserted { pending.append(need) }
    }
    var left = 0
    for index in drafts.indices {
      let all = drafts[index].changes.count
      drafts[index].changes.removeAll { !wanted.contains($0.address) }
      left += all - drafts[index].changes.count
      let used = Set(drafts[index].changes.compactMap(\.diff))
      drafts[index].diffs = drafts[index].diffs.filter { used.contains($0.key) }
    }
    guard left > 0 else { return }
    let changes = left == 1 ? "1 further change is" : "\(left) further changes are"
    let flags = [
      patterns.isEmpty ? nil : "-target", selectors.isEmpty ? nil : "-l",
      isTakeover ? "--takeover" : nil,
    ]
    let limits = flags.compactMap { $0 }.joined(separator: " and ")
    notes.append(
      PlanNote(
        severity: "info",
        node: nil,
        text: "limited by \(limits): \(changes) not in this plan"
      )
    )
  }

  /// What was there before, and the services that must notice.
  private func isTakenOver(_ change: PlannedChange, in draft: NodeDraft) -> Bool {
    if change.label == .adopt { return true }
    guard change.address.kind == .unit else { return false }
    return draft.changes.contains {
      $0.label == .adopt && $0.action != .adopt && change.requires.contains($0.address)
    }
  }

  private func matches(_ address: ResourceAddress, _ role: String) -> Bool {
    patterns.isEmpty || patterns.contains { $0.matches(address, role: role) }
  }

  /// Every pattern must match something that is wanted or that is on a node which is there.
  private func check(_ nodes: [NodeInput]) throws(DiagnosticsError) {
    var diagnostics = Diagnostics()
    for pattern in patterns {
      let isKnown = nodes.contains { node in
        let name = ResourceAddress(node.id, .file, "")
        if !pattern.text.contains("/"), pattern.matches(name, role: "") { return true }
        return node.resources.contains { pattern.matches($0.address, role: $0.role) }
      }
      if !isKnown { diagnostics.add(Self.unmatched(pattern.text, nodes)) }
    }
    if diagnostics.hasErrors { throw DiagnosticsError(diagnostics) }
  }

  private static func unmatched(_ pattern: String, _ nodes: [NodeInput]) -> Diagnostic {
    var names = Set(nodes.map { "node.\($0.id)" })
    if pattern.contains("/") {
      for node in nodes {
        for resource in node.resources {
          names.insert(resource.address.description)
          names.insert("node.\(node.id)/role.\(resource.role)")
        }
      }
    }
    let question = NearestName.question(pattern, in: names.sorted()).map { " " + $0 } ?? ""
    return Diagnostic(
      .targetUnmatched,
      "`\(pattern)` names no node and no resource of this fleet." + question
        + "\nAddresses look like `node.web-1`, `node.web-1/role.redis`, `*/unit:redis*.service`."
    )
  }
}
