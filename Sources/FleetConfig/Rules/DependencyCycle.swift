internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds roles that wait for each other in a circle.
///
/// *What it does*: sorts all instances by their needs; what cannot be sorted is a circle. The same
/// circle on many nodes is one finding.
/// *Why it matters*: none of them could be started first.
/// *Example*: `a` needs `b`, `b` needs `a`.
/// *Instead*: write `order: false` for the need that can wait.
enum DependencyCycle {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    for cycle in resolved.cycles {
      let members = cycle.members.map { resolved.instances[$0] }
      guard let first = members.first else { continue }
      let chain = (members + [first]).map { "`\($0.profile.role.name)`" }.joined(separator: " → ")
      let related = cycle.members.indices.map { position in
        edge(
          members[position],
          cycle.members[(position + 1) % members.count],
          in: resolved
        )
      }
      let further =
        cycle.repeats == 0
        ? "" : " The same circle stands \(cycle.repeats) more times in the fleet."
      diagnostics.add(
        Diagnostic(
          .dependencyCycle,
          "These roles wait for each other, so none can start first: \(chain). Give one of the needs "
            + "`order: false`, where the consumer can start without its provider.\(further)",
          at: first.place,
          related: related,
          address: first.address
        )
      )
    }
  }

  /// One edge: at the need in the role's file, where it can be mended; for a built-in role at its
  /// place in the fleet.
  private static func edge(
    _ consumer: RoleInstance,
    _ index: Int,
    in resolved: ResolvedFleet
  ) -> RelatedSpan {
    let provider = resolved.instances[index]
    let dependency = consumer.dependencies.first { dependency in
      dependency.isOrdered && dependency.providers.containsSorted(index)
    }
    let endpoint = dependency?.endpoint.map { " (`\($0)`)" } ?? ""
    let message =
      "`\(consumer.profile.role.name)` on `\(consumer.node.id)` waits for "
      + "`\(provider.profile.role.name)`\(endpoint) on `\(provider.node.id)`"
    let isBuiltIn = Registry.isBuiltIn(consumer.profile.role)
    return RelatedSpan(message, at: isBuiltIn ? consumer.place : dependency?.need.span)
  }
}
