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

  /// Each seed was found by `fleetsim --defect NAME`: all among the first 200.
  @Test(arguments: Self.seen)
  func aDeliberateDefectIsSeen(defect: Defect, seed: UInt64) {
    #expect(Simulation.run(seed: seed).violations.isEmpty)
    #expect(!Simulation.run(seed: seed, defects: [defect]).violations.isEmpty)
  }

  @Test func everyDeliberateDefectHasASeed() {
    #expect(Set(Self.seen.map(\.0)) == Set(Defect.allCases))
  }

  /// What it is that is seen, for the two that took faults of their own to be seen.
  @Test func aDefectIsNamedByWhatItDid() {
    #expect(
      Simulation.run(seed: 162, defects: [.noFencing]).violations.first
        == "n1: run-alice and run-bob change the node at once"
    )
    let lost = Simulation.run(seed: 171, defects: [.noReadBack])
    #expect(lost.faults == ["lost writes", "lost writes"])
    #expect(
      lost.violations.first?.hasPrefix("n1 was told as changed and is not as wanted:") == true
    )
  }

  private static let seen: [(Defect, UInt64)] = [
    (.noFencing, 162), (.noReadBack, 171), (.noRecovery, 24), (.noWatchdog, 24), (.noJournal, 3),
    (.noFsync, 3),
  ]
}
