internal import FleetModel
package import FleetResources

/// One entry of `protect` in fleet.yaml.
package struct PlanProtection: Sendable, Hashable {
  /// What it names.
  package var pattern: AddressPattern
  /// As written.
  package var text: String
  /// Where it stands: `fleet.yaml:12:5`.
  package var place: String

  /// Makes one.
  package init(_ pattern: AddressPattern, text: String, place: String) {
    self.pattern = pattern
    self.text = text
    self.place = place
  }
}

/// Blocks what would delete or end something that is protected.
struct Guards {
  static func block(_ drafts: inout [NodeDraft], _ nodes: [NodeInput]) {
    for node in nodes where !node.protections.isEmpty {
      guard let index = drafts.firstIndex(where: { $0.node.id == node.id }) else { continue }
      block(&drafts[index].changes, node.protections)
    }
  }

  private static func block(_ changes: inout [PlannedChange], _ protections: [PlanProtection]) {
    var units: [String: PlanProtection] = [:]
    for change in changes where change.address.kind == .unit && change.isDestroying {
      let entry = protections.first { $0.pattern.matches(change.address, role: change.role) }
      if let entry { units[change.address.name] = entry }
    }
    for index in changes.indices where changes[index].isDestroying {
      let change = changes[index]
      let own = protections.first { $0.pattern.matches(change.address, role: change.role) }
      // A service that stays keeps its definition.
      let unit = units.first { defines(change.address.name, $0.key) }?.value
      guard let entry = own ?? unit else { continue }
      changes[index].action = .blocked
      changes[index].actions = [.blocked]
      changes[index].isInterrupting = false
      changes[index].reasons.append(.init("it is protected", origin: entry.place))
      changes[index].remedy =
        "Take `\(entry.text)` out of `protect` (\(entry.place)) if it may really go."
    }
  }

  private static func defines(_ path: String, _ unit: String) -> Bool {
    let file = "/etc/systemd/system/" + unit
    return path == file || path.hasPrefix(file + ".d/")
  }
}

extension PlannedChange {
  /// Whether it deletes something, or ends a service for good.
  package var isDestroying: Bool {
    guard action.isExecuted else { return false }
    return actions.contains(.delete)
      || address.kind == .unit && phase == .retire
  }
}

extension Plan {
  /// What the plan deletes and which services it ends.
  package var destroyed: [PlannedChange] { changes.filter(\.isDestroying) }
}
