import FleetConfig
import FleetDiagnostics
import FleetRegistry
import FleetTestSupport
import Testing

/// The registry's table of conflicts comes out of the claims, in every user mode.
@Suite struct ConflictTableTests {
  static let modes = ["single_user", "single_company", "multi_company", "provider"]

  /// Every conflict of all pairs of built-in roles on one node: `ROLE ROLE RULE WHAT`.
  static func conflicts(_ mode: String, roles: String = "{}") -> Set<String> {
    let names = Registry.repository.sortedRoles.map(\.name)
    var found: Set<String> = []
    for (index, first) in names.enumerated() {
      for second in names[index...] {
        let list = first == second ? first : "\(first), \(second)"
        let run = Validation(
          "version: 1\nfleet: f\nsettings: {user_mode: \(mode)}\nroles: \(roles)\n"
            + "nodes: {a: {address: 10.0.0.1, roles: [\(list)]}}\n"
        )
        for rule in [Rule.portCollision, .unitCollision, .pathCollision, .resourceCollision] {
          for finding in run.findings(rule) {
            let words = finding.detail.split(separator: " ").map(String.init)
            let number = words.firstIndex(of: "port").map { _ in
              words.first { Int($0) != nil } ?? ""
            }
            let shared = words.firstIndex(of: "share").map { words[$0 + 1] }
            found.insert("\(first) \(second) \(rule.slug) \(shared ?? number ?? "?")")
          }
        }
      }
    }
    return found
  }

  /// The four of the document; two of them would share a PostgreSQL or an Ollama that exists once.
  static let documented: Set<String> = [
    "chromadb slm-backend port-collision 8000",
    "browser-service slm-monitoring port-collision 3000",
    "autobot-llm-cpu autobot-llm-gpu port-collision 11434",
    "autobot-llm-cpu autobot-llm-gpu unit-collision `ollama`",
    "redis slm-database port-collision 5432",
    "redis slm-database unit-collision `postgresql`",
  ]

  @Test(
    "items 8 to 12, X-16: of all 17 times 17 pairs exactly the four documented ones collide",
    arguments: modes
  )
  func exactlyTheDocumentedPairs(_ mode: String) {
    #expect(Self.conflicts(mode) == Self.documented)
  }

  @Test(
    "item 14: with RedisInsight the fifth pair is redis and backend on 8001, and no other",
    arguments: modes
  )
  func withRedisInsight(_ mode: String) {
    let found = Self.conflicts(mode, roles: "{redis: {insight: true}}")
    #expect(found == Self.documented.union(["backend redis port-collision 8001"]))
  }

  struct Move: CustomTestStringConvertible {
    let pair: String
    let parameters: String
    let gone: String
    var testDescription: String { "\(pair) with \(parameters)" }
  }

  static let moves = [
    Move(pair: "slm-backend, chromadb", parameters: "chromadb: {port: 8010}", gone: "8000"),
    Move(pair: "slm-backend, chromadb", parameters: "slm-backend: {port: 8010}", gone: "8000"),
    Move(
      pair: "slm-monitoring, browser-service",
      parameters: "slm-monitoring: {grafana_port: 3001}",
      gone: "3000"
    ),
    Move(
      pair: "autobot-llm-cpu, autobot-llm-gpu",
      parameters: "autobot-llm-gpu: {port: 11435}",
      gone: "11434"
    ),
    Move(pair: "slm-database, redis", parameters: "redis: {postgresql_port: 5433}", gone: "5432"),
    Move(
      pair: "redis, backend",
      parameters: "redis: {insight: true, insight_port: 8002}",
      gone: "8001"
    ),
    Move(
      pair: "redis, backend",
      parameters: "redis: {insight: true}, backend: {port: 8011}",
      gone: "8001"
    ),
  ]

  @Test("items 8 to 14: moving one port by a parameter resolves the conflict", arguments: moves)
  func movingOnePort(_ move: Move) {
    for mode in Self.modes {
      let run = Validation(
        "version: 1\nfleet: f\nsettings: {user_mode: \(mode)}\nroles: {\(move.parameters)}\n"
          + "nodes: {a: {address: 10.0.0.1, roles: [\(move.pair)]}}\n"
      )
      #expect(run.findings(.portCollision).map(\.detail) == [])
    }
  }
}
