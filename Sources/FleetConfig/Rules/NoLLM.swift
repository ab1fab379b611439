internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds a fleet in which no language model can be reached.
///
/// *What it does*: looks for a role that serves models, then for a cloud provider in the settings.
/// *Why it matters*: every answer of the assistant needs a model.
/// *Example*: neither `autobot-llm-cpu` nor `autobot-llm-gpu`, and `cloud_llm: []`.
/// *Instead*: assign one of them, or name the provider: `cloud_llm: [anthropic]`.
enum NoLLM {
  /// The roles that serve language models: those that list some and have an endpoint.
  static func modelRoles(_ registry: Registry) -> [String] {
    registry.sortedRoles.filter { role in
      !role.facts.models.isEmpty && role.ports.contains { $0.name == "ollama" }
    }.map(\.name)
  }

  static func report(
    _ roles: [String],
    _ resolved: ResolvedFleet,
    into diagnostics: inout Diagnostics
  ) {
    guard !roles.isEmpty, resolved.fleet.settings.cloudLLM.isEmpty else { return }
    let list = roles.map { "`\($0)`" }.joined(separator: " or ")
    diagnostics.add(
      Diagnostic(
        .noLLM,
        "No node has \(list), and `settings.cloud_llm` is empty: no language "
          + "model can be reached. Assign one of the roles, or name a provider in `cloud_llm`.",
        at: resolved.fleet.nodesSpan,
        path: "/settings/cloud_llm"
      )
    )
  }
}
