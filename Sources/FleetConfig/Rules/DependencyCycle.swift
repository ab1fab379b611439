internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds roles that wait for each other in a circle.
///
/// *What it does*: sorts all instances by their needs; what cannot be sorted is a circle.
/// *Why it matters*: none of them could be started first.
/// *Example*: `a` needs `b`, `b` needs `a`.
/// *Instead*: write `order: false` for the need that can wait.
enum DependencyCycle {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    for cycle in resolved.cycles {
      let members = cycle.map { resolved.instances[$0] }
      guard let first = members.first else { continue }
      let chain = (members + [first]).map { "`\($0.profile.role.name)`" }.joined(separator: " → ")
      let related = members.indices.map { index in
        let consumer = members[index]
        let provider = members[(index + 1) % members.count]
        return RelatedSpan(
          "`\(consumer.profile.role.name)` on `\(consumer.node.id)` waits for "
            + "`\(provider.profile.role.name)` on `\(provider.node.id)`",
          at: consumer.place
        )
      }
      diagnostics.add(
        Diagnostic(
          .dependencyCycle,
          "These roles wait for each other, so none can start first: \(chain). Give one of the needs "
            + "`order: false`, where the consumer can start without its provider.",
          at: first.place,
          related: related,
          address: first.address
        )
      )
    }
  }
}
