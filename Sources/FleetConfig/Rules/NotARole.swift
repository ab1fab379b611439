internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

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
