/// The listeners of the 17 roles, written by hand from the port reference (items 107 to 127), so that
/// the registry's data is compared with something that is not itself.
enum BuiltInPortTable {
  struct Row {
    let role: String
    /// Parameter that moves it; nil where it is fixed.
    let parameter: String?
    let number: Int
    let server: String?
    /// Addresses of its own that it may share a number with: `app` on loopback, `site` on the node's.
    let side: Side
    /// Bool parameter that must be on.
    let switchedBy: String?
  }

  enum Side { case loopback, site, both }

  private static func row(
    _ role: String,
    _ parameter: String?,
    _ number: Int,
    _ side: Side = .both,
    server: String? = nil,
    when: String? = nil
  ) -> Row {
    Row(
      role: role,
      parameter: parameter,
      number: number,
      server: server,
      side: side,
      switchedBy: when
    )
  }

  static let rows: [Row] = [
    row("slm-backend", "port", 8000, .loopback),
    row("slm-backend", "https_port", 443, server: "nginx"),
    row("slm-backend", "http_port", 80, server: "nginx", when: "alone"),
    row("slm-frontend", "port", 443, server: "nginx"),
    row("slm-frontend", "http_port", 80, server: "nginx"),
    row("slm-database", "port", 5432, .loopback),
    row("slm-monitoring", "prometheus_port", 9090, .loopback),
    row("slm-monitoring", "grafana_port", 3000, .loopback),
    row("backend", "port", 8001, .loopback),
    row("backend", "https_port", 8443, server: "nginx"),
    row("backend", "flower_port", 5555, .loopback, when: "flower"),
    row("frontend", "port", 443, server: "nginx"),
    row("frontend", "http_port", 80, server: "nginx"),
    row("npu-worker", "port", 8081, .loopback),
    row("npu-worker", "port", 8081, .site, server: "nginx"),
    row("tts-worker", "port", 8082, .loopback),
    row("tts-worker", "port", 8082, .site, server: "nginx"),
    row("browser-service", nil, 3000, .loopback),
    row("browser-service", nil, 3000, .site, server: "nginx"),
    row("browser-service", "vnc_port", 5901, .loopback, when: "headed"),
    row("ai-stack", "port", 8080, .loopback),
    row("ai-stack", "port", 8080, .site, server: "nginx"),
    row("chromadb", "port", 8000, .loopback),
    row("chromadb", "port", 8000, .site, server: "nginx"),
    row("autobot-llm-cpu", "port", 11434, .loopback),
    row("autobot-llm-cpu", "port", 11434, .site, server: "nginx"),
    row("autobot-llm-gpu", "port", 11434, .loopback),
    row("autobot-llm-gpu", "port", 11434, .site, server: "nginx"),
    row("redis", "port", 6379),
    row("redis", "tls_port", 6380, when: "tls"),
    row("redis", "exporter_port", 9121),
    row("redis", "insight_port", 8001, when: "insight"),
    row("redis", "postgresql_port", 5432),
    row("slm-agent", "node_exporter_port", 9100),
  ]

  /// What collides on one node with these roles: `ROLE ROLE NUMBER/tcp`, the roles sorted.
  static func collisions(
    roles: [String],
    numbers: [String: [String: Int]],
    on switches: Set<String>
  ) -> Set<String> {
    let present = Set(roles + ["slm-agent"])
    let claims = rows.filter { row in
      guard present.contains(row.role) else { return false }
      if row.switchedBy == "alone" { return !present.contains("slm-frontend") }
      return row.switchedBy.map { switches.contains("\(row.role).\($0)") } ?? true
    }.map { row in
      (row: row, number: row.parameter.flatMap { numbers[row.role]?[$0] } ?? row.number)
    }
    var found: Set<String> = []
    for (index, left) in claims.enumerated() {
      for right in claims[(index + 1)...] where left.number == right.number {
        if left.row.server != nil, left.row.server == right.row.server { continue }
        if left.row.role == right.row.role {
          let sides = [left.row.side, right.row.side]
          if sides == [.loopback, .site] || sides == [.site, .loopback] { continue }
        }
        let names = [left.row.role, right.row.role].sorted().joined(separator: " ")
        found.insert("\(names) \(left.number)/tcp")
      }
    }
    return found
  }
}
