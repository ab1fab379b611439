/// The AutoBot fleet of the role registry without waivers, to be bent by tests.
enum AutobotFleet {
  /// The node's fields by its id, in the order of the document.
  private static let nodes: [(id: String, fields: String)] = [
    (
      "00-SLM-Manager",
      "address: 172.16.168.19, roles: [slm-backend, slm-frontend, slm-database, slm-monitoring]"
    ),
    (
      "01-Backend",
      "address: 172.16.168.20, health_via: 00-SLM-Manager, roles: [backend, celery, autobot-llm-gpu], "
        + "hardware: {gpus: [{id: gpu0, vendor: nvidia}]}"
    ),
    ("02-Frontend", "address: 172.16.168.21, roles: [frontend]"),
    (
      "npu-worker",
      "address: 172.16.168.22, roles: [npu-worker, tts-worker], "
        + "hardware: {npus: [{id: npu0, vendor: intel}]}"
    ),
    ("04-Databases", "address: 172.16.168.23, roles: [redis]"),
    ("03-AI-Stack", "address: 172.16.168.24, roles: [ai-stack, chromadb]"),
    ("browser-automation", "address: 172.16.168.25, roles: [browser-service]"),
    ("05-LLM-CPU", "address: 172.16.168.26, roles: [autobot-llm-cpu]"),
    ("06-Node-27", "address: 172.16.168.27, reserved: true"),
  ]

  /// The text, with the fields of some nodes replaced and more lines before `nodes:`.
  ///
  /// An empty replacement leaves the node out; an id that the document does not have is added.
  static func text(_ replacements: [String: String] = [:], settings: String = "") -> String {
    var lines = ["version: 1", "fleet: autobot", "network: 172.16.168.0/24"]
    lines.append(settings.isEmpty ? "settings: {user_mode: single_company}" : settings)
    lines.append("nodes:")
    for (id, fields) in nodes {
      let fields = replacements[id] ?? fields
      if !fields.isEmpty { lines.append("  \(id): {\(fields)}") }
    }
    let known = nodes.map(\.id)
    for id in replacements.keys.sorted() where !known.contains(id) {
      lines.append("  \(id): {\(replacements[id] ?? "")}")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
