internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

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
