internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds `health_via` that names no node, or the node itself.
///
/// *What it does*: looks every name up among the nodes.
/// *Why it matters*: health checks of the node would have nowhere to run from.
/// *Example*: `health_via: 00-SLM-Manger`.
/// *Instead*: the id of another node.
enum UnknownNode {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    // One list for all findings: with 10,000 of them it must not be made 10,000 times.
    var ids: [String]?
    for node in resolved.nodes {
      guard let relay = node.healthVia else { continue }
      let path = "/nodes/\(node.id)/health_via"
      if relay.value == node.id.name {
        diagnostics.add(
          Diagnostic(
            .unknownNode,
            "`\(node.id)` names itself in `health_via`. Name the node that checks it.",
            at: relay.span,
            address: "node.\(node.id)",
            path: path
          )
        )
        continue
      }
      if let id = NodeID(relay.value), resolved.node(id) != nil { continue }
      let known = ids ?? resolved.nodes.prefix(NearestName.consideredNames).map(\.id.name)
      ids = known
      let nearest = NearestName.of(relay.value, in: known)
      diagnostics.add(
        Diagnostic(
          .unknownNode,
          "`\(node.id)` is to be checked by `\(relay.value)`, which is no node of this fleet.",
          at: relay.span,
          address: "node.\(node.id)",
          path: path,
          suggestions: nearest.map { name in
            let edits = relay.span.map { [Suggestion.Edit(replace: $0, with: name)] } ?? []
            return [Suggestion("did you mean `\(name)`?", edits: edits)]
          } ?? []
        )
      )
    }
  }
}
