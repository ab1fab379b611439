internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds names of roles that the registry does not have.
///
/// *What it does*: compares every name under `nodes: … roles:` and under `roles:` with the registry.
/// *Why it matters*: a misspelt role is a service that nobody installs.
/// *Example*: `roles: [reddis]`.
/// *Instead*: `roles: [redis]`; `fleetctl roles` lists them.
enum UnknownRole {
  /// Checks everything; returns the roles that were probably meant, so that their absence is not
  /// reported as well.
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) -> Set<String> {
    var meant: Set<String> = []
    let names = resolved.registry.roles.keys.sorted()
    for role in resolved.fleet.roleParameters.keys.sorted() where !known(role, resolved) {
      let span = resolved.fleet.roleSpans[role]
      diagnostics.add(finding(role, span, nil, "/roles/\(role)", resolved, names, &meant))
    }
    for node in resolved.nodes {
      for (index, assignment) in node.roles.enumerated()
      where !known(assignment.role.value, resolved) {
        let path = "/nodes/\(node.id)/roles/\(index)"
        let role = assignment.role
        diagnostics.add(finding(role.value, role.span, node, path, resolved, names, &meant))
      }
    }
    return meant
  }

  private static func known(_ name: String, _ resolved: ResolvedFleet) -> Bool {
    resolved.registry.role(name) != nil
  }

  private static func finding(
    _ name: String,
    _ span: SourceSpan?,
    _ node: FleetNode?,
    _ path: String,
    _ resolved: ResolvedFleet,
    _ names: [String],
    _ meant: inout Set<String>
  ) -> Diagnostic {
    let address = node.map { "node.\($0.id)" }
    if let why = NotARole.explanation(of: name, resolved) {
      return Diagnostic(
        .notARole,
        "`\(name)` is not a role: \(why)",
        at: span,
        address: address,
        path: path
      )
    }
    var suggestions: [Suggestion] = []
    if let nearest = NearestName.of(name, in: names) {
      meant.insert(nearest)
      let edits = span.map { [Suggestion.Edit(replace: $0, with: nearest)] } ?? []
      suggestions.append(Suggestion("did you mean `\(nearest)`?", edits: edits))
    }
    let place = node.map { "`\($0.id)` lists" } ?? "`roles` names"
    return Diagnostic(
      .unknownRole,
      "\(place) the role `\(name)`, which the registry does not have. `fleetctl roles` lists the "
        + "roles; a role of your own comes in by `role_paths`.",
      at: span,
      address: address,
      path: path,
      suggestions: suggestions
    )
  }
}

/// Knows the words that people take for roles, and says what they are instead.
///
/// *What it does*: recognises services, libraries and components that come with a role.
/// *Why it matters*: "unknown role `postgresql`" would send its reader the wrong way.
/// *Example*: `roles: [redis, postgresql]`.
/// *Instead*: `roles: [redis]`, which brings its PostgreSQL along.
enum NotARole {
  private static let library =
    "it is a Python library that the environments of `ai-stack` and "
    + "`backend` bring along. Remove it."
  private static let webServer =
    "nginx is installed by itself on every node where a role has a "
    + "port behind it. Remove it."
  private static let postgres =
    "PostgreSQL belongs to `slm-database` (the manager's databases) and "
    + "to `redis` (the backend's users). Assign one of those."
  private static let exporter = "it comes with `slm-agent`, which every node has. Remove it."
  private static let ollama =
    "Ollama runs as `autobot-llm-cpu` or `autobot-llm-gpu`. Assign one of "
    + "those."
  private static let monitoring = "it is part of `slm-monitoring`. Assign that."

  private static let words: [String: String] = [
    "nginx": webServer, "postgresql": postgres, "postgres": postgres, "langchain": library,
    "llamaindex": library, "llama-index": library, "llama_index": library,
    "sentence-transformers": library, "transformers": library, "torch": library,
    "node-exporter": exporter, "node_exporter": exporter, "prometheus-node-exporter": exporter,
    "ollama": ollama, "prometheus": monitoring, "grafana": monitoring,
    "grafana-server": monitoring,
    "redis-exporter": "it is part of `redis`. Assign that.",
    "redis_exporter": "it is part of `redis`. Assign that.",
    "redisinsight": "it is part of `redis`. Assign that.",
    "redis-stack-server": "it is a unit of `redis`. Assign that.",
    "flower": "it is part of `celery`. Assign that.",
    "playwright": "it is part of `browser-service`. Assign that.",
    "vnc": "it is the headed mode of `browser-service`. Assign that.",
  ]

  static func explanation(of name: String, _ resolved: ResolvedFleet) -> String? {
    let word = name.lowercased()
    // The fixed words speak of AutoBot's roles; in another registry they would mislead.
    if let text = words[word], resolved.registry.role("slm-agent") != nil { return text }
    if resolved.registry.component(name) != nil {
      let users = resolved.registry.sortedRoles.filter { role in
        role.uses.contains { $0.component == name }
      }
      let list = ScalarReader.words(users.map(\.name))
      return "it is a component that roles pull in (\(list)). Assign one of those."
    }
    if let id = NodeID(name), resolved.node(id) != nil {
      return "it is the id of a node. List roles here."
    }
    return nil
  }
}
