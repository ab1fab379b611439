import FleetTestSupport
import FleetView
import Testing

/// The export beside the registry document's own tables: what differs is listed here, with its reason.
@Suite struct RegistryDocumentTests {
  private let document: [[String]]
  private let export: MarkdownTables

  init() throws {
    let path = SourceTree.folder(of: #filePath) + "/registry-document.txt"
    let text = try #require(SourceTree.text(at: path))
    document = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
      .map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
    export = try Self.made.get()
  }

  // Trying all pairs of roles once is enough for all tests.
  private static let made = Result {
    MarkdownTables(RoleExport(try GraphFleets.autobot()).markdown)
  }

  private func rows(_ kind: String) -> [[String]] {
    document.filter { $0[0] == kind }.map { Array($0.dropFirst()) }
  }

  /// Node id of `.19`.
  private func node(_ short: String) -> String {
    rows("node").first { $0[0] == short }?[1] ?? "no node \(short)"
  }

  // MARK: Tables of the fleet

  @Test func thePortConflictsAreTheDocumentedOnesAndTheOneOfRedisInsight() {
    let found = conflicts
    let documented = rows("conflict").map { Set([$0[0], $0[1], $0[2]]) }
    #expect(documented.count == 4)
    #expect(Set(found) == Set(documented + [["backend", "redis", "8001"]]))
    #expect(found.count == 5)
  }

  private var conflicts: [Set<String>] {
    let table = export.tables.first { $0.heading == "Ports" && $0.header.first == "Role A" }
    return (table?.rows ?? []).map { Set([$0[0].code[0], $0[1].code[0], $0[2]]) }
  }

  @Test func theHardwareConflictIsDerivedFromOneSharedDevice() {
    let needs = export.table("Hardware").map { $0[0].code[0] }
    #expect(needs == rows("hardware").map { $0[0] })
    let pairs = export.tables.filter { $0.heading == "Hardware" && $0.header.count == 3 }
    #expect(
      pairs.first?.rows.map { $0[0].code + $0[1].code } == [["autobot-llm-gpu", "npu-worker"]]
    )
  }

  @Test func theNodeSummaryIsTheDocuments() {
    // The document says which roles are there; what is not a role there is not one here.
    let reasons = [
      "npu-worker, tts-worker (current)": "npu-worker, tts-worker",
      "redis, postgresql (backend user mgmt)": "redis",  // PostgreSQL is a part of the role redis
      "reserved": "in reserve", "Latest": "20.x (documented: latest)",  // decision 22
    ]
    let found = export.table("Nodes")
    #expect(found.count == 9)
    for row in rows("node") {
      let mine = found.first { $0[1].code == [row[1]] }
      #expect(mine?[0].hasSuffix(row[0]) == true)
      #expect(mine?[2] == reasons[row[2]] ?? row[2])
      #expect(mine?[4] == reasons[row[4]] ?? row[4])
      let python = row[1] == "browser-automation" ? "3.10 (optional)" : row[3]
      #expect(mine?[3] == python)
    }
  }

  @Test func everyDocumentedPortIsThereOnItsNode() {
    let services = [
      "grafana": "slm-monitoring", "prometheus": "slm-monitoring", "node-exporter": "slm-agent",
      "redis-exporter": "redis", "postgresql (SLM databases)": "slm-database",
      "postgresql (backend user mgmt)": "redis",
      "VNC (browser-service, optional)": "browser-service",
      "redis (TLS, optional)": "redis",
    ]
    let table = export.tables.first { $0.heading == "Ports" && $0.header.first == "Port" }
    let found = table?.rows ?? []
    for row in rows("port") {
      let service = row[1]
      let roles: [String]
      switch service {
      case "nginx (frontend, slm-frontend, slm-backend)":
        roles = ["frontend", "slm-frontend", "slm-backend"]
      case "ollama": roles = ["autobot-llm-cpu", "autobot-llm-gpu"]
      default: roles = [services[service] ?? String(service.prefix { $0 != " " })]
      }
      let nodes = row[2].split(separator: ", ").map(String.init)
      var seen: Set<String> = []
      for role in roles {
        let mine = found.first { $0[0] == row[0] && $0[1].code == [role] }
        #expect(mine != nil, "\(row)")
        mine?[2].split(separator: ", ").forEach { seen.insert(String($0)) }
        if let mine { #expect(agrees(row[3], mine[3], row), "\(row) \(mine)") }
      }
      switch row[2] {
      case "all nodes": #expect(seen == ["every node"])
      case "portable": #expect(seen == ["npu-worker"])
      default: #expect(seen == Set(nodes.map(node)), "\(row)")
      }
    }
  }

  /// Whether two ways to say who may connect mean the same.
  private func agrees(_ documented: String, _ mine: String, _ row: [String]) -> Bool {
    // The role's own table says "localhost only"; the port table is the wider of the two documents.
    if row[1] == "postgresql (SLM databases)" { return mine == "localhost only" }
    // Behind slm-frontend's nginx on the same node; neither needs a port of its own there.
    if ["grafana", "prometheus"].contains(row[1]) { return mine == "localhost only" }
    // The backend on another node is a documented consumer (decision 20).
    if row[1] == "chromadb" { return mine == "its consumers, via nginx" }
    if row[1] == "ollama" { return ["its consumers, via nginx", "localhost only"].contains(mine) }
    // Its only documented client is the frontend's nginx; `public: true` admits others.
    if row[1] == "backend (nginx HTTPS)" { return mine == "the fleet, via nginx" }
    switch documented {
    case "external HTTPS": return mine == "everybody, via nginx"
    case "via nginx": return mine == "the fleet, via nginx"
    case "internal subnet":
      return mine == "the fleet" || row[1].contains("TLS") && mine.hasPrefix("off here: fleet")
    case "localhost only": return mine == "localhost only"
    case "optional": return mine.hasPrefix("off here")
    default: return documented.hasPrefix("internal (scraped") && mine == "the fleet"
    }
  }

  @Test func everyDocumentedEdgeIsThere() {
    let table = export.tables.first { $0.heading == "Dependency graph" }
    let found = (table?.rows ?? []).flatMap { row in
      row[1].code.map { "\(row[0].code[0]) \($0) \(row[2])" }
    }
    for row in rows("edge") {
      // PostgreSQL for users is a part of the role redis.
      let provider = row[1] == "postgresql" ? "redis" : row[1]
      let port = row[2].isEmpty ? "—" : row[2]
      #expect(found.contains("\(row[0]) \(provider) \(port)"), "\(row)")
    }
    let tree = export.sections["Dependency graph"] ?? ""
    #expect(tree.contains("\nfrontend (02-Frontend)\n  └── backend (01-Backend) :8443\n"))
    #expect(tree.contains("├── redis (04-Databases) :5432 [when settings.multi_user]\n"))
  }

  @Test func theDatabasesAreTheDocuments() {
    let found = export.table("Databases").map { [$0[0].code[0], $0[1].code[0], $0[2].code[0]] }
    #expect(Set(found) == Set(rows("database")))
    let users = export.table("Databases").first { $0[0] == "`autobot`" }
    #expect(users?[4] == "`params.postgresql and settings.multi_user`")
    #expect(users?[5] == "`/etc/autobot/db-credentials.env`")
  }

  // MARK: Fields of roles

  /// Where the export knowingly says something else, and why.
  private static let deviations = [
    "backend Systemd services: lacks autobot-celery.service":
      "the unit is the role celery's, which may stand on a node of its own",
    "browser-service Systemd services: lacks autobot-vnc.service":
      "documented as optional: the parameter `headed` brings it",
    "browser-service System packages: lacks xfce4, xfce4-goodies, tightvncserver, dbus-x11, xvfb":
      "the desktop of the headed mode: the parameter `headed` brings it",
  ]

  @Test func everyFieldOfEveryRoleAgrees() {
    var found: Set<String> = []
    for row in rows("field") {
      let (role, field, value) = (row[0], row[1], row[2...].joined(separator: "|"))
      if let problem = RoleFieldComparison(export, role, node: node).problem(field, value) {
        found.insert("\(role) \(field): \(problem)")
      }
    }
    for problem in found.sorted() where Self.deviations[problem] == nil {
      Issue.record("\(problem)")
    }
    for known in Self.deviations.keys.sorted() where !found.contains(known) {
      Issue.record("no deviation any more: \(known)")
    }
  }
}
