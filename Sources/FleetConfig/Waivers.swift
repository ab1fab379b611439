package import FleetDiagnostics
package import FleetModel

/// Waivers (`allow:`) of nodes and of the fleet, applied to finished findings.
///
/// A waiver of a node takes the findings whose address is that node or something on it; one of the
/// fleet takes findings anywhere, and those that no node is at fault for. Which rules may be waived is
/// `Rule.isWaivable`; the decoder refuses the others.
package enum Waivers {
  /// Returns the findings without those that are waived, and `unused-waiver` for each waiver that took
  /// none.
  ///
  /// A node's own waiver comes before the fleet's, an earlier one before a later one of the same rule.
  /// Waivers that stand at one place (of a group, or behind a YAML alias) are one: it is used when any
  /// of its nodes uses it.
  package static func applied(to found: Diagnostics, of fleet: Fleet) -> Diagnostics {
    var book = WaiverBook(fleet)
    guard !book.isEmpty else { return found }
    var result = Diagnostics()
    for finding in found.all where !book.takes(finding) { result.add(finding) }
    for finding in book.unused() { result.add(finding) }
    return result
  }
}

/// The waivers of a fleet by owner, and which of them were needed.
private struct WaiverBook {
  private struct Entry {
    let waiver: Waiver
    /// Index of the node; nil for the fleet's own.
    let node: Int?
    var isUsed = false
  }

  private let fleet: Fleet
  private var entries: [Entry] = []
  /// The first entry for a rule of a node.
  private var ofNode: [String: [String: Int]] = [:]
  /// The first entry for a rule of the fleet.
  private var ofFleet: [String: Int] = [:]
  /// Rules of findings that no node is at fault for.
  private var withoutNode: Set<Rule> = []

  init(_ fleet: Fleet) {
    self.fleet = fleet
    for (index, node) in fleet.nodes.enumerated() where !node.allow.isEmpty {
      var own: [String: Int] = [:]
      for waiver in node.allow {
        if own[waiver.rule.value] == nil { own[waiver.rule.value] = entries.count }
        entries.append(Entry(waiver: waiver, node: index))
      }
      ofNode[node.id.name] = own
    }
    for waiver in fleet.allow {
      if ofFleet[waiver.rule.value] == nil { ofFleet[waiver.rule.value] = entries.count }
      entries.append(Entry(waiver: waiver, node: nil))
    }
  }

  var isEmpty: Bool { entries.isEmpty }

  mutating func takes(_ finding: Diagnostic) -> Bool {
    guard finding.rule.isWaivable else { return false }
    let slug = finding.rule.slug
    let node = finding.nodeName
    if node == nil { withoutNode.insert(finding.rule) }
    guard let index = node.flatMap({ ofNode[$0]?[slug] }) ?? ofFleet[slug] else { return false }
    entries[index].isUsed = true
    return true
  }

  func unused() -> [Diagnostic] {
    var places = Set(entries.filter(\.isUsed).compactMap(\.waiver.rule.span))
    return entries.compactMap { entry in
      guard !entry.isUsed else { return nil }
      if let span = entry.waiver.rule.span, !places.insert(span).inserted { return nil }
      return finding(entry)
    }
  }

  private func finding(_ entry: Entry) -> Diagnostic {
    let waiver = entry.waiver
    let slug = waiver.rule.value
    let node = entry.node.map { fleet.nodes[$0] }
    let owner = node.map { "`\($0.id)`" } ?? "The fleet"
    let first = node.map { ofNode[$0.id.name]?[slug] } ?? ofFleet[slug]
    let earlier = first.flatMap { index -> Waiver? in
      let other = entries[index].waiver
      return other.rule.span == waiver.rule.span ? nil : other
    }
    let why: String
    if earlier != nil {
      why = "\(owner) allows `\(slug)` twice; one reason is enough. Remove this one."
    } else if node != nil, let rule = Rule.named(slug), withoutNode.contains(rule) {
      why =
        "\(owner) allows `\(slug)`, but no node is at fault for that. Move the waiver to the "
        + "fleet's own `allow`, beside `nodes`."
    } else {
      let place = node == nil ? "in it" : "on it"
      why =
        "\(owner) allows `\(slug)`, but nothing \(place) breaks that rule. Remove the waiver: it "
        + "would hide the next finding."
    }
    return Diagnostic(
      .unusedWaiver,
      why,
      at: waiver.rule.span,
      related: earlier.map { [RelatedSpan("allowed here already", at: $0.rule.span)] } ?? [],
      address: node.map { "node.\($0.id)" }
    )
  }
}

extension Diagnostic {
  /// The node of the address `node.ID/…`.
  var nodeName: String? {
    guard let address, address.hasPrefix("node.") else { return nil }
    return String(address.dropFirst(5).prefix { $0 != "/" })
  }
}
