/// Compares one field of the registry document with the same role in the export.
struct RoleFieldComparison {
  private let fields: [String: String]
  private let section: String
  private let role: String
  private let node: (String) -> String

  init(_ export: MarkdownTables, _ role: String, node: @escaping (String) -> String) {
    self.role = role
    self.node = node
    section = export.sections["`\(role)`"] ?? ""
    var fields: [String: String] = [:]
    for row in export.table("`\(role)`") { fields[row[0].filter { $0 != "*" }] = row[1] }
    self.fields = fields
  }

  private func mine(_ field: String) -> String { fields[field] ?? "no field \(field)" }

  /// What differs, or nil.
  func problem(_ field: String, _ value: String) -> String? {
    let code = value.code
    switch field {
    case "Required", "Source path", "Post-sync", "Build command":
      let name = field == "Build command" ? "Build" : field
      // Remarks behind the value are in brackets.
      let wanted = value.hasPrefix("—") ? "—" : value.withoutRemark
      return mine(name) == wanted ? nil : "\(value), not \(mine(name))"
    case "Default node": return place(value)
    case "Systemd service", "Systemd services":
      return missing(code.map { $0 + ".service" }, in: mine("Systemd services").code)
    case "Internal port", "External port", "Port", "Ports", "VNC port", "Node exporter port",
      "Redis port", "Redis exporter port", "PostgreSQL port":
      return missing(value.portNumbers, in: mine("Ports").portNumbers)
    case "Install dir", "Install dirs":
      return missing(code.filter { $0.hasPrefix("/") }, in: mine("Install dirs").code)
    case "Python", "Node.js":
      let wanted = value.hasPrefix("Latest") ? "latest" : String(value.prefix { $0 != " " })
      return mine(field).contains(wanted) ? nil : "\(value), not \(mine(field))"
    case "System packages":
      let names = code.flatMap { $0.split(separator: " ").map(String.init) }
      let isShared = value.hasPrefix("—")
      return isShared
        ? nil : missing(names.filter { !$0.contains("ai-stack") }, in: mine("System packages").code)
    case "External deps":
      return missing(value.portNumbers, in: mine("Depends on").portNumbers)
    case "Ansible playbook", "Ansible playbooks": return missing(code, in: mine("Playbook").code)
    case "Key Python packages", "Key packages":
      let names = value.replacing(/\ \([^)]*\)/, with: "").split(separator: ", ").map(String.init)
      return missing(names, in: mine("Key packages").split(separator: ", ").map(String.init))
    case "CPU models", "GPU models":
      let names = value.split(separator: ", ").map(String.init)
      return missing(names, in: mine("Models").split(separator: ", ").map(String.init))
    case "Databases", "PostgreSQL databases":
      return missing(code.filter { !$0.contains(" ") }, in: mine("Databases").code)
    case "Credentials", "PostgreSQL credentials":
      return code.allSatisfy { section.contains($0) } ? nil : "\(value) is not told"
    case "Models dir", "Voices dir", "Persistence dir":
      return missing(code, in: mine("Install dirs").code + mine("Data").code)
    case "Degraded without": return mine(field) == "—" ? "not told" : nil
    default: return elsewhere(field)
    }
  }

  private func place(_ value: String) -> String? {
    let mine = mine("Default node")
    if value.hasPrefix("All nodes running Python") {
      return mine.hasPrefix("every node with a Python service") ? nil : mine
    }
    if value == "All managed nodes" { return mine.hasPrefix("every node") ? nil : mine }
    if value.hasPrefix("Portable"), !mine.contains("portable") { return mine }
    if value.contains("separable"), !mine.contains("separable") { return "not separable: \(mine)" }
    let isOwn = value.hasPrefix("Portable") || value.hasPrefix("Optional")
    guard !isOwn, let first = value.code.first else { return nil }
    return mine.code.contains(node(first)) ? nil : "\(first), not \(mine)"
  }

  private func missing<Item: Hashable>(_ wanted: [Item], in found: [Item]) -> String? {
    let lacking = wanted.filter { !found.contains($0) }
    return lacking.isEmpty ? nil : "lacks " + lacking.map { "\($0)" }.joined(separator: ", ")
  }

  /// Fields that are parameters or notes here: words that must stand in the role's section.
  private static let words: [String: [String]] = [
    "slm-monitoring Scrape interval": ["| `scrape_interval` | duration | `15s` |"],
    "slm-monitoring Retention": [
      "| `retention_time` | string | `15d` |", "| `retention_size` | size | `10GiB` |",
    ],
    "celery Redis databases": ["| `broker_db` | int | `1` |", "| `result_db` | int | `2` |"],
    "redis Celery databases": ["Celery uses 1 as broker and 2 for results"],
    "redis Redis database IDs": [
      "0 main and RediSearch", "1 metrics", "2 prompts", "3 agents", "4 cache", "6 sessions",
      "8 chat_history", "15 testing",
    ],
    "redis Redis max memory": [
      "| `maxmemory` | size | `6GiB` |", "| `maxmemory_policy` | enum | `allkeys-lru` |",
    ],
    "redis Persistence": ["| `appendonly` | bool | `true` |", "| `save` | list |"],
    "redis TLS": ["AUTOBOT_REDIS_TLS_ENABLED"],
    "browser-service Browsers": ["chromium, firefox"],
    "autobot-llm-cpu Concurrency": [
      "| `max_loaded` | int | `2` ", "| `num_parallel` | int | `2` ",
      "| `keep_alive` | string | `5m` ",
    ],
    "autobot-llm-gpu Concurrency": [
      "| `max_loaded` | int | `5` ", "| `num_parallel` | int | `4` ",
      "| `keep_alive` | string | `10m` ",
    ],
    "autobot-llm-gpu Special hardware": ["nvidia gpu", "nvidia-smi"],
    "npu-worker Special hardware": ["intel npu or nvidia gpu"],
    "slm-agent Heartbeat interval": ["| `heartbeat` | duration | `30s` |"],
    "slm-agent Hardware collectors": [
      "Hardware collectors are installed where the hardware is declared"
    ],
  ]

  private func elsewhere(_ field: String) -> String? {
    guard let words = Self.words["\(role) \(field)"] else { return "not compared" }
    return words.allSatisfy { section.contains($0) }
      ? nil : "lacks " + words.filter { !section.contains($0) }.joined(separator: ", ")
  }
}

extension String {
  fileprivate var withoutRemark: String { replacing(/\ \([^)]*\)$/, with: "") }
}
