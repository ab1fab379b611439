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
    let known = need.roles.compactMap { resolved.registry.role($0) }
    let cure =
      !known.isEmpty
      ? RequiredRoleMissing.cure(known[0], resolved) + " Or remove `\(instance.profile.role.name)`."
      : "The registry has no such role either; correct `needs` of `\(instance.profile.role.name)`."
    return Diagnostic(
      .dependencyMissing,
      "`\(instance.profile.role.name)` on `\(instance.node.id)` needs \(wanted)\(purpose), but no node "
        + "has it. \(cure)",
      at: instance.place,
      related: [
        Registry.place(in: instance.profile.role, at: need.span, "the need is stated here")
      ],
      address: instance.address,
      path: "/nodes/\(instance.node.id)/roles"
    )
  }
}
