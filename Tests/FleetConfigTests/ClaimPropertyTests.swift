import FleetConfig
import FleetDiagnostics
import FleetRegistry
import FleetTestSupport
import Testing

/// Conflicts are derived: over random fleets the rules find what a comparison of everything with
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
}
