internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds hard needs that nothing in the fleet answers.
///
/// *What it does*: follows every hard need of every role to a provider.
/// *Why it matters*: the consumer would be configured with an address that does not exist.
/// *Example*: a role of your own that needs `queue`, which no node has.
/// *Instead*: assign the provider, or remove the consumer.
enum DependencyMissing {
  static func check(
    _ resolved: ResolvedFleet,
    meant: Set<String>,
    into diagnostics: inout Diagnostics
  ) {
    for instance in resolved.instances {
      for dependency in instance.dependencies where dependency.isHard && !dependency.isAvailable {
        let present = dependency.need.roles.filter { resolved.indicesByRole[$0] != nil }
        if let role = present.first {
          DependencyUnreachable.report(role, dependency, instance, resolved, into: &diagnostics)
        } else if !isReportedElsewhere(dependency, meant, resolved) {
          diagnostics.add(finding(dependency, instance, resolved))
        }
      }
    }
  }

  /// A required role that is missing, or misspelt, is one finding; its consumers stand there.
  private static func isReportedElsewhere(
    _ dependency: ResolvedDependency,
    _ meant: Set<String>,
    _ resolved: ResolvedFleet
  ) -> Bool {
    dependency.need.roles.contains { name in
      if meant.contains(name) { return true }
      guard let role = resolved.registry.role(name) else { return false }
      return role.required
    }
  }

  private static func finding(
    _ dependency: ResolvedDependency,
    _ instance: RoleInstance,
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    let need = dependency.need
    let wanted = need.roles.map { "`\($0)`" }.joined(separator: " or ")
    let purpose = need.doc.map { " (\($0.withoutStop))" } ?? ""
    let isKnown = need.roles.contains { resolved.registry.role($0) != nil }
    let cure =
      isKnown
      ? "Add it to the `roles` of a node, or remove `\(instance.profile.role.name)`."
      : "The registry has no such role either; correct `needs` of `\(instance.profile.role.name)`."
    return Diagnostic(
      .dependencyMissing,
      "`\(instance.profile.role.name)` on `\(instance.node.id)` needs \(wanted)\(purpose), but no node "
        + "has it. \(cure)",
      at: instance.place,
      related: [RelatedSpan("the need is stated here", at: need.span)],
      address: instance.address,
      path: "/nodes/\(instance.node.id)/roles"
    )
  }
}

/// Finds hard needs whose provider exists but does not offer the endpoint.
///
/// *What it does*: looks for the endpoint among the ports that the provider's parameters switch on.
/// *Why it matters*: the consumer would knock at a closed door for ever.
/// *Example*: `backend` needs PostgreSQL of `redis`, which has `postgresql: false`.
/// *Instead*: switch the endpoint on, or the consumer's use of it off.
enum DependencyUnreachable {
  static func report(
    _ role: String,
    _ dependency: ResolvedDependency,
    _ instance: RoleInstance,
    _ resolved: ResolvedFleet,
    into diagnostics: inout Diagnostics
  ) {
    let providers = resolved.instances(of: role)
    // Broken parameters are reported; that the port is unknown follows from them.
    guard let provider = providers.first, let endpoint = dependency.endpoint,
      !providers.contains(where: { $0.profile.isBroken })
    else { return }
    let exists = provider.role.port(endpoint) != nil
    let why =
      exists
      ? "has its port `\(endpoint)` switched off by its parameters or the fleet's settings. Switch it "
        + "on, or switch off what needs it"
      : "has no port of that name. Correct `needs` of `\(instance.profile.role.name)`"
    diagnostics.add(
      Diagnostic(
        .dependencyUnreachable,
        "`\(instance.profile.role.name)` on `\(instance.node.id)` needs the endpoint `\(endpoint)` of "
          + "`\(role)`, but `\(role)` on `\(provider.node.id)` \(why).",
        at: instance.place,
        related: [RelatedSpan("`\(role)` is here", at: provider.place)],
        address: instance.address,
        path: "/nodes/\(instance.node.id)/roles"
      )
    )
  }
}

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
