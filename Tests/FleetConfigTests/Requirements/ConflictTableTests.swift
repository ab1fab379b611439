import FleetConfig
import FleetDiagnostics
import FleetRegistry
import FleetTestSupport
import Testing

/// Items 8 to 16 of the requirements: the registry's table of conflicts comes out of the claims.
@Suite struct ConflictTableTests {
  static let modes = ["single_user", "single_company", "multi_company", "provider"]

  /// All pairs of built-in roles on one node, in every user mode.
  static func pairs(_ mode: String, roles: String = "{}") -> [String] {
    let names = Registry.repository.sortedRoles.map(\.name)
    var found: [String] = []
    for (index, first) in names.enumerated() {
      for second in names[index...] {
        let list = first == second ? first : "\(first), \(second)"
        let run = Validation(
          "version: 1\nfleet: f\nsettings: {user_mode: \(mode)}\nroles: \(roles)\n"
            + "nodes: {a: {address: 10.0.0.1, roles: [\(list)]}}\n"
        )
        for rule in [Rule.portCollision, .unitCollision, .pathCollision, .resourceCollision] {
          for finding in run.findings(rule) {
            found.append("\(list): \(rule.slug) \(finding.detail)")
          }
        }
      }
    }
    return found
  }

  @Test(arguments: modes) func explore(_ mode: String) {
    print(Self.pairs(mode).joined(separator: "\n"))
  }
}
