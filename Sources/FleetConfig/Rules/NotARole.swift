internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Knows the words that people take for roles, and says what they are instead.
///
/// *What it does*: recognises services, libraries and components that come with a role.
/// *Why it matters*: "unknown role `postgresql`" would send its reader the wrong way.
/// *Example*: `roles: [redis, postgresql]`.
/// *Instead*: `roles: [redis]`, which brings its PostgreSQL along.
struct NotARole {
  /// What a word is, and the roles to assign instead; none where it comes by itself.
  struct Answer {
    let text: String
    let instead: [String]
  }

  private let resolved: ResolvedFleet
  private let words: RoleWords
  private var answers: [String: Answer?] = [:]

  init(_ resolved: ResolvedFleet) {
    self.resolved = resolved
    words = RoleWords(resolved.registry)
  }

  /// What `name` is; nil when nobody knows the word.
  mutating func answer(to name: String) -> Answer? {
    if let known = answers[name] { return known }
    let answer = find(name)
    answers[name] = .some(answer)
    return answer
  }

  private func find(_ name: String) -> Answer? {
    let word = name.lowercased()
    // `Redis` is the role, misspelt, and not the library of that name.
    if isRole(word) { return nil }
    // The fixed words speak of AutoBot's roles; in another registry they would mislead.
    if let answer = Self.autobot[word], answer.instead.allSatisfy({ isRole($0) }),
      isRole("slm-agent")
    {
      return answer
    }
    if resolved.registry.component(name) != nil {
      let users = resolved.registry.sortedRoles.filter { role in
        role.uses.contains { $0.component == name }
      }.map(\.name)
      let text = "it is a component that roles pull in (\(ScalarReader.words(users)))."
      return Answer(text: text + " Assign one of those.", instead: users.count == 1 ? users : [])
    }
    if let id = NodeID(name), resolved.node(id) != nil {
      return Answer(text: "it is the id of a node. List roles here.", instead: [])
    }
    return words.answer(to: word)
  }

  private func isRole(_ name: String) -> Bool { resolved.registry.role(name) != nil }

  // MARK: The words of the AutoBot registry

  private static func part(_ what: String, of roles: String...) -> Answer {
    let list = roles.map { "`\($0)`" }.joined(separator: " or ")
    let cure = roles.count == 1 ? "Assign that." : "Assign one of those."
    return Answer(text: "it is \(what) \(list). \(cure)", instead: roles)
  }

  private static let webServer = Answer(
    text:
      "nginx is installed by itself on every node where a role has a port behind it. Remove it.",
    instead: []
  )
  private static let exporter = Answer(
    text: "it comes with `slm-agent`, which every node has. Remove it.",
    instead: []
  )
  private static let library = Answer(
    text: "it is a Python library that the environments of `ai-stack` and `backend` bring along. "
      + "Remove it.",
    instead: []
  )
  private static let postgres = Answer(
    text: "PostgreSQL belongs to `slm-database` (the manager's databases) and to `redis` (the "
      + "backend's users). Assign one of those.",
    instead: ["redis", "slm-database"]
  )
  private static let ollama = Answer(
    text: "Ollama runs as `autobot-llm-cpu` or `autobot-llm-gpu`. Assign one of those.",
    instead: ["autobot-llm-cpu", "autobot-llm-gpu"]
  )
  private static let monitoring = part("part of", of: "slm-monitoring")
  private static let redisServer = Answer(
    text: "the distribution's Redis lacks the modules that AutoBot needs. Assign `redis`, which "
      + "installs Redis Stack.",
    instead: ["redis"]
  )

  private static let autobot: [String: Answer] = [
    "nginx": webServer, "postgresql": postgres, "postgres": postgres, "langchain": library,
    "llamaindex": library, "llama-index": library, "llama_index": library,
    "sentence-transformers": library, "transformers": library, "torch": library,
    "node-exporter": exporter, "node_exporter": exporter, "prometheus-node-exporter": exporter,
    "ollama": ollama, "autobot-ollama": ollama, "prometheus": monitoring, "grafana": monitoring,
    "grafana-server": monitoring,
    "redis-exporter": part("part of", of: "redis"),
    "redis_exporter": part("part of", of: "redis"),
    "redisinsight": part("part of", of: "redis"),
    "redis-stack-server": part("a unit of", of: "redis"),
    "redis-stack": part("the software of", of: "redis"), "redis-server": redisServer,
    "flower": part("Celery's monitor, the parameter `flower` of", of: "backend"),
    "playwright": part("part of", of: "browser-service"),
    "vnc": part("the headed mode of", of: "browser-service"),
  ]
}
