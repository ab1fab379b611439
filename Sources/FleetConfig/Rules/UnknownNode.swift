internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds `health_via` that names no node, or the node itself.
///
/// *What it does*: looks every name up among the nodes.
/// *Why it matters*: health checks of the node would have nowhere to run from.
/// *Example*: `health_via: 00-SLM-Manger`.
/// *Instead*: the id of another node.
struct UnknownNode {
  /// So many different wrong names get a suggestion; in a fleet with more, something else is wrong.
  private static let mostSearches = 200

  private let resolved: ResolvedFleet
  /// One list for all findings: with 10,000 of them it must not be made 10,000 times.
  private var ids: [String]?
  private var nearest: [String: String?] = [:]

  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    guard resolved.reach.hasRelays else { return }
    var rule = UnknownNode(resolved: resolved)
    for node in resolved.nodes {
      guard let relay = node.healthVia else { continue }
      if relay.value == node.id.name {
        diagnostics.add(itself(node, relay))
      } else if NodeID(relay.value).flatMap({ resolved.nodeIndices[$0] }) == nil {
        diagnostics.add(rule.unknown(node, relay))
      }
    }
  }

  private static func itself(_ node: FleetNode, _ relay: Located<String>) -> Diagnostic {
    Diagnostic(
      .unknownNode,
      "`\(node.id)` names itself in `health_via`. Name the node that checks it.",
      at: relay.span,
      address: "node.\(node.id)",
      path: "/nodes/\(node.id)/health_via"
    )
  }

  private mutating func unknown(_ node: FleetNode, _ relay: Located<String>) -> Diagnostic {
    Diagnostic(
      .unknownNode,
      "`\(node.id)` is to be checked by `\(relay.value)`, which is no node of this fleet.",
      at: relay.span,
      address: "node.\(node.id)",
      path: "/nodes/\(node.id)/health_via",
      suggestions: name(near: relay.value, but: node.id.name).map { name in
        let edits = relay.span.map { [Suggestion.Edit(replace: $0, with: name)] } ?? []
        return [Suggestion("did you mean `\(name)`?", edits: edits)]
      } ?? []
    )
  }

  /// The node that was probably meant: never the one that is to be checked.
  private mutating func name(near word: String, but own: String) -> String? {
    let known = ids ?? resolved.nodes.prefix(NearestName.consideredNames).map(\.id.name)
    ids = known
    let found = search(word, word, in: known)
    guard found == own else { return found }
    return search("\(word) but \(own)", word, in: known.filter { $0 != own })
  }

  private mutating func search(_ key: String, _ word: String, in names: [String]) -> String? {
    if let found = nearest[key] { return found }
    guard nearest.count < Self.mostSearches else { return nil }
    let found = NearestName.of(word, in: names)
    nearest[key] = .some(found)
    return found
  }
}
