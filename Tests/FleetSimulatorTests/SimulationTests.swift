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

  /// Each seed was found by `fleetsim --defect NAME`.
  @Test(arguments: Self.seen)
  func aDeliberateDefectIsSeen(defect: Defect, seed: UInt64) {
    #expect(Simulation.run(seed: seed).violations.isEmpty)
    #expect(!Simulation.run(seed: seed, defects: [defect]).violations.isEmpty)
  }

  private static let seen: [(Defect, UInt64)] = [(.noWatchdog, 3), (.noJournal, 3), (.noFsync, 25)]
}
