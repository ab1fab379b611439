internal import FleetDiagnostics
internal import FleetRender

/// Checks the names that a role's expressions and templates read, also in branches nobody takes yet.
struct NameChecks {
  let registry: Registry
  let role: Role
  /// Every path of names that role.yaml reads.
  let paths: [[PathPart]]

  private static let roots: Set<String> = [
    "params", "role", "node", "fleet", "settings", "ports", "endpoints", "targets", "consumers",
    "secrets", "certificates", "devices", "with",
  ]

  private static let fixed: [String: Set<String>] = [
    "node": [
      "id", "address", "wsl2", "reserved", "memory", "cpus", "roles", "gpus", "npus", "extras",
    ],
    "fleet": ["name", "network", "nodes", "ca"],
    "settings": ["user_mode", "cloud_llm", "firewall", "multi_user"],
  ]

  func run(into diagnostics: inout Diagnostics) {
    var all = paths
    let prefix = "\(role.name)/"
    for (key, template) in registry.parsedTemplates.sorted(by: { $0.key < $1.key })
    where key.hasPrefix(prefix) {
      template.visitPaths { all.append($0) }
    }
    for path in all { check(path, &diagnostics) }
  }

  private func check(_ path: [PathPart], _ diagnostics: inout Diagnostics) {
    guard let root = path.first else { return }
    guard Self.roots.contains(root.name) else {
      report(root, "Nothing here is called `\(root.name)`.", Self.roots, &diagnostics)
      return
    }
    guard path.count > 1, let known = names(in: root.name), !known.contains(path[1].name) else {
      checkEndpoint(path, &diagnostics)
      return
    }
    report(path[1], "`\(root.name)` has no `\(path[1].name)`.", known, &diagnostics)
  }

  /// The names under a root; nil where they are not known before the fleet is.
  private func names(in root: String) -> Set<String>? {
    if let names = Self.fixed[root] { return names }
    switch root {
    case "endpoints", "targets": return Set(registry.roles.keys)
    case "secrets" where role.kind == .role:
      let others = registry.roles.values.flatMap { other in
        other.content.secrets.map { "\(other.name).\($0.name)" }
      }
      return Set(role.content.secrets.map(\.name) + others)
    case "params" where role.kind == .role: return Set(role.parameters.map(\.name))
    case "ports" where role.kind == .role, "consumers" where role.kind == .role:
      return Set(role.ports.map(\.name))
    case "certificates" where role.kind == .role: return Set(role.content.certificates.map(\.name))
    default: return nil
    }
  }

  private func checkEndpoint(_ path: [PathPart], _ diagnostics: inout Diagnostics) {
    guard path.count > 2, ["endpoints", "targets"].contains(path[0].name),
      let provider = registry.role(path[1].name), provider.port(path[2].name) == nil
    else { return }
    let names = Set(provider.ports.map(\.name))
    let what = "Role `\(provider.name)` has no port `\(path[2].name)`."
    report(path[2], what, names, &diagnostics)
  }

  private func report(
    _ part: PathPart,
    _ detail: String,
    _ names: Set<String>,
    _ diagnostics: inout Diagnostics
  ) {
    let question = NearestName.question(part.name, in: names.sorted())
    let suggestions = question.map { [Suggestion($0)] } ?? []
    diagnostics.add(
      Diagnostic(.templateError, detail, at: part.span, suggestions: suggestions)
    )
  }
}
