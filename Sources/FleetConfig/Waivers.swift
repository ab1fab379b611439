package import FleetDiagnostics
package import FleetModel

/// Waivers of nodes (`allow:`) and the strict mode, applied to finished findings.
package enum Waivers {
  /// Errors that a written reason may silence: the fleet works, though not as documented.
  private static let waivableErrors: Set<String> = [
    Rule.layerMixing.slug, Rule.placementForbidden.slug, Rule.hardwareExclusive.slug,
  ]

  /// Whether a node may waive `rule`: warnings of meaning, and the errors that forbid a placement.
  package static func canWaive(_ rule: Rule) -> Bool {
    if waivableErrors.contains(rule.slug) { return true }
    return rule.severity == .warning && (rule.code >= "FLT3000") && rule != .unusedWaiver
  }

  /// Returns the findings without those that a node waives, and a warning for each waiver that
  /// silenced nothing.
  package static func applied(to found: Diagnostics, of fleet: Fleet) -> Diagnostics {
    var nodes: [String: (index: Int, rules: Set<String>)] = [:]
    for (index, node) in fleet.nodes.enumerated() where !node.allow.isEmpty {
      nodes[node.id.name] = (index, Set(node.allow.map(\.rule.value)))
    }
    guard !nodes.isEmpty else { return found }
    var used: Set<String> = []
    var result = Diagnostics()
    for finding in found.all {
      if let name = finding.nodeName, let node = nodes[name],
        node.rules.contains(finding.rule.slug), canWaive(finding.rule)
      {
        used.insert("\(name)/\(finding.rule.slug)")
      } else {
        result.add(finding)
      }
    }
    for node in fleet.nodes {
      for waiver in node.allow where !used.contains("\(node.id)/\(waiver.rule.value)") {
        result.add(.unusedWaiver(waiver, node))
      }
    }
    return result
  }

  /// Returns the findings with every warning turned into an error (`--strict`).
  package static func strict(_ found: Diagnostics) -> Diagnostics {
    var result = Diagnostics()
    for var finding in found.all {
      if finding.severity == .warning { finding.severity = .error }
      result.add(finding)
    }
    return result
  }
}

extension Diagnostic {
  /// The node of the address `node.ID/…`.
  var nodeName: String? {
    guard let address, address.hasPrefix("node.") else { return nil }
    return String(address.dropFirst(5).prefix { $0 != "/" })
  }

  fileprivate static func unusedWaiver(_ waiver: Waiver, _ node: FleetNode) -> Self {
    Diagnostic(
      .unusedWaiver,
      "`\(node.id)` allows `\(waiver.rule.value)`, but nothing on it breaks that rule. Remove the "
        + "waiver: it would hide the next finding.",
      at: waiver.rule.span,
      address: "node.\(node.id)"
    )
  }
}
