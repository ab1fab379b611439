import FleetSimulator
import Glibc

// fleetsim [--runs N] [--seed S] [--replay SEED] [--defect NAME] [--keep-going]
var arguments = CommandLine.arguments.dropFirst()
var runs = 2000
var seed: UInt64 = 1
var replay: UInt64?
var defects: Set<Defect> = []
var keepGoing = false
while let word = arguments.popFirst() {
  switch word {
  case "--runs": runs = arguments.popFirst().flatMap { Int($0) } ?? runs
  case "--seed": seed = arguments.popFirst().flatMap { UInt64($0) } ?? seed
  case "--replay": replay = arguments.popFirst().flatMap { UInt64($0) }
  case "--defect":
    if let defect = arguments.popFirst().flatMap(Defect.init) { defects.insert(defect) }
  case "--keep-going": keepGoing = true
  default:
    say("unknown: \(word)")
    exit(64)
  }
}
if let replay {
  let outcome = Simulation.run(seed: replay, recording: true, defects: defects)
  for line in outcome.trace { say(line) }
  for violation in outcome.violations { say("VIOLATION: \(violation)") }
  say("seed \(replay): \(outcome.ending), digest \(String(outcome.digest, radix: 16))")
  exit(outcome.violations.isEmpty ? 0 : 1)
}
let began = ContinuousClock.now
var bad = 0
var endings: [String: Int] = [:]
var digest: UInt64 = 0
var done = runs
for index in 0..<runs {
  let outcome = Simulation.run(seed: seed &+ UInt64(index), defects: defects)
  endings[outcome.ending, default: 0] += 1
  digest = digest &* 31 &+ outcome.digest
  guard !outcome.violations.isEmpty else { continue }
  bad += 1
  say("seed \(outcome.seed) [\(outcome.faults.joined(separator: ", "))]:")
  for violation in outcome.violations.prefix(6) { say("  \(violation)") }
  say("  replay it: make simulate SIM_REPLAY=\(outcome.seed)")
  if !keepGoing {
    done = index + 1
    break
  }
}
let seconds = began.duration(to: .now) / .seconds(1)
say(
  "\(done) runs in \(Int(seconds)) s, \(Int(Double(done) * 60 / max(seconds, 0.001))) a minute, "
    + "\(bad) with violations, digest \(String(digest, radix: 16))"
)
for (ending, count) in endings.sorted(by: { $0.key < $1.key }) { say("  \(ending): \(count)") }
exit(bad == 0 ? 0 : 1)

/// Writes a line at once: whoever stops a long run has read all of it.
func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
}
