import FleetSimulator
import Testing

/// The real planner and apply over simulated nodes (docs/simulator.md); `make simulate` runs many more.
@Suite struct SimulationTests {
  @Test(arguments: 0..<8)
  func everyRunEndsInTheOldStateOrTheNewOneAndSaysSo(part: Int) {
    for seed in UInt64(part * 5 + 1)...UInt64(part * 5 + 5) {
      let outcome = Simulation.run(seed: seed)
      #expect(outcome.violations.isEmpty, "seed \(seed): make simulate SIM_REPLAY=\(seed)")
    }
  }

  @Test func aSeedIsOneRunToTheMicrosecond() {
    for seed in UInt64(100)...103 {
      let first = Simulation.run(seed: seed, recording: true)
      let second = Simulation.run(seed: seed)
      #expect(first.digest == second.digest)
      #expect(!first.trace.isEmpty && second.trace.isEmpty)
    }
    #expect(Simulation.run(seed: 100).digest != Simulation.run(seed: 101).digest)
  }

  /// The seeds were found by `fleetsim --defect NAME`, all among the first 300.
  ///
  /// There are several for each: a change of the apply moves what befalls a run, and one of them may
  /// become harmless.
  @Test(arguments: Self.seen)
  func aDeliberateDefectIsSeen(defect: Defect, seeds: [UInt64]) {
    let seen = seeds.first { seed in
      #expect(Simulation.run(seed: seed).violations.isEmpty, "seed \(seed)")
      return !Simulation.run(seed: seed, defects: [defect]).violations.isEmpty
    }
    #expect(seen != nil, "none of the seeds \(seeds) shows \(defect.rawValue)")
  }

  @Test func everyDeliberateDefectHasSeeds() {
    #expect(Set(Self.seen.map(\.0)) == Set(Defect.allCases))
  }

  private static let seen: [(Defect, [UInt64])] = [
    (.noFencing, [162, 39, 273]), (.noReadBack, [56, 29, 69, 80]), (.noRecovery, [24, 1, 50]),
    (.noWatchdog, [24, 1, 50]), (.noJournal, [3, 1, 7]), (.noFsync, [1, 7, 15, 3]),
  ]
}
