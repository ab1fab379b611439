import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources

/// Entries of `protect` that guard nothing, as far as only the nodes can tell.
struct UnmatchedProtection {
  private let nodes: [NodeInput]

  /// Looks at what was seen.
  init(_ nodes: [NodeInput]) { self.nodes = nodes }

  /// One finding for each entry of the fleet and of its nodes that matches neither anything wanted nor
  /// anything recorded, once all nodes that it speaks of have answered.
  func findings(_ general: [Located<String>], _ own: [NodeID: [Located<String>]]) -> [Diagnostic] {
    let fleet = general.filter { isIdle(Self.pattern($0.value), on: nodes) }.map { entry in
      finding(entry, nil)
    }
    return fleet
      + nodes.flatMap { node in
        (own[node.id] ?? []).filter { isIdle(Self.pattern($0.value, of: node.id), on: [node]) }
          .map { finding($0, node.id) }
      }
  }

  /// An entry of `protect` as a pattern over addresses; one of a node leaves its node out.
  static func pattern(_ text: String, of node: NodeID? = nil) -> AddressPattern {
    let isRole = Protection.isRole(text)
    guard let node else { return AddressPattern(isRole ? "*/role.\(text)" : text) }
    return AddressPattern(
      "node.\(node)" + (text == "*" ? "" : isRole ? "/role.\(text)" : "/\(text)")
    )
  }

  private func isIdle(_ pattern: AddressPattern, on nodes: [NodeInput]) -> Bool {
    let meant = nodes.filter { pattern.speaks(of: $0.id) }
    // An entry whose node does not exist is a finding of `validate`.
    guard !meant.isEmpty else { return false }
    return meant.allSatisfy { node in
      guard let observed = node.observation.node else { return false }
      if node.resources.contains(where: { pattern.matches($0.address, role: $0.role) }) {
        return false
      }
      switch observed.manifest {
      case .absent: return true
      case .unknown: return false
      case .value(let manifest):
        return !manifest.owned.contains { key, entry in
          let parts = key.split(separator: ":", maxSplits: 1)
          guard parts.count == 2, let kind = ResourceKind(rawValue: String(parts[0])) else {
            return true
          }
          let address = ResourceAddress(node.id, kind, String(parts[1]))
          return pattern.matches(address, role: entry.role)
        }
      }
    }
  }

  private func finding(_ entry: Located<String>, _ node: NodeID?) -> Diagnostic {
    Diagnostic(
      .protectUnmatched,
      "`\(entry.value)` of `protect` matches nothing that is wanted or recorded on "
        + "\(node.map { "node.\($0)" } ?? "its nodes"). It guards nothing; addresses look as plans print them.",
      at: entry.span,
      address: node.map { "node.\($0)" },
      path: node.map { "/nodes/\($0)/protect" } ?? "/protect"
    )
  }
}
