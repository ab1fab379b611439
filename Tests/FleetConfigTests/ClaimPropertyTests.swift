import FleetConfig
import FleetDiagnostics
import FleetRegistry
import FleetTestSupport
import Testing

/// Conflicts are derived, not listed.
///
/// Over random fleets the rules find what a comparison of everything with
/// everything finds, no more and no less. `FLEET_SEED=N` repeats one fleet.
@Suite struct ClaimPropertyTests {
  /// `NODE ROLE ROLE NUMBER/PROTOCOL` of every port collision, out of its words.
  static func ports(_ run: Validation) -> [String] {
    run.findings(.portCollision).map { finding in
      let words = finding.detail.split(separator: "`", omittingEmptySubsequences: false)
        .map(String.init)
      let isOneRole = finding.detail.hasPrefix("Two ports of")
      let roles = isOneRole ? [words[1], words[1]] : [words[1], words[5]].sorted()
      let claim = words[isOneRole ? 6 : 8].split(separator: " ").map(String.init)
      let transport = claim.first { $0 == "tcp" || $0 == "udp" } ?? "?"
      let number = claim.first { Int($0) != nil } ?? "?"
      let node = words[isOneRole ? 7 : 9]
      return "\(node) \(roles.joined(separator: " ")) \(number)/\(transport)"
    }
  }

  /// `NODE NAME` of every unit or path collision.
  static func things(_ run: Validation) -> Set<String> {
    Set(
      (run.findings(.unitCollision) + run.findings(.pathCollision)).map { finding in
        let words = finding.detail.split(separator: "`", omittingEmptySubsequences: false)
        return "\(words[7]) \(words[5])"
      }
    )
  }

  @Test func overRandomRolesTheRulesFindWhatComparingEverythingFinds() {
    var collisions = 0
    var contested = 0
    for seed in SplitMix64.seeds(400) {
      let fleet = RandomFleet(seed: seed)
      let run = Validation(fleet.text, registry: fleet.registry)
      let expected = BruteForceClaims(fleet: fleet)
      let found = Self.ports(run)
      #expect(Set(found) == expected.ports, "FLEET_SEED=\(seed)\n\(fleet.text)")
      #expect(found.count == Set(found).count, "FLEET_SEED=\(seed): one collision is one finding")
      #expect(Self.things(run) == expected.things, "FLEET_SEED=\(seed)\n\(fleet.text)")
      collisions += found.count
      contested += expected.things.count
    }
    // A generator that makes no conflicts proves nothing.
    #expect(collisions > 0)
    #expect(contested > 0 || SplitMix64.seeds(400).count == 1)
  }

  @Test func overRandomPlacementsOfTheBuiltInRolesTheRulesFindWhatThePortTableSays() {
    let roles = Set(BuiltInPortTable.rows.map(\.role)).union(["celery"]).sorted()
    var collisions = 0
    for seed in SplitMix64.seeds(300) {
      var random = SplitMix64(seed: seed)
      let placed = roles.filter { $0 != "slm-agent" && random.chance(25) }.shuffled(using: &random)
      var numbers: [String: [String: Int]] = [:]
      for row in BuiltInPortTable.rows where random.chance(8) {
        let target = random.pick(BuiltInPortTable.rows).number
        if let parameter = row.parameter { numbers[row.role, default: [:]][parameter] = target }
      }
      let all = ["redis.insight", "redis.tls", "backend.flower", "browser-service.headed"]
      let switches = Set(all.filter { _ in random.chance(30) })
      let mode = random.pick(["single_user", "single_company", "multi_company", "provider"])
      let text = Self.text(placed, numbers, switches, mode)
      let found = Self.ports(Validation(text)).map { $0.dropFirst(2) }.map(String.init)
      let expected = BuiltInPortTable.collisions(roles: placed, numbers: numbers, on: switches)
      #expect(Set(found) == expected, "FLEET_SEED=\(seed)\n\(text)")
      collisions += found.count
    }
    #expect(collisions > 0 || SplitMix64.seeds(300).count == 1)
  }

  private static func text(
    _ roles: [String],
    _ numbers: [String: [String: Int]],
    _ switches: Set<String>,
    _ mode: String
  ) -> String {
    let names = Set(numbers.keys).union(switches.map { String($0.prefix { $0 != "." }) })
    let parameters = names.sorted().map { name -> String in
      let ports = (numbers[name] ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      let flags = switches.sorted().filter { $0.hasPrefix("\(name).") }
        .map { "\($0.dropFirst(name.utf8.count + 1)): true" }
      return "  \(name): {\((ports + flags).joined(separator: ", "))}\n"
    }
    return "version: 1\nfleet: f\nsettings: {user_mode: \(mode)}\n"
      + (parameters.isEmpty ? "" : "roles:\n" + parameters.joined())
      + "nodes: {a: {address: 10.0.0.1, roles: [\(roles.joined(separator: ", "))]}}\n"
  }
}
