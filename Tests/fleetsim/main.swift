import FleetSimulator
import Glibc

// fleetsim [--runs N] [--seed S] [--jobs N] [--replay SEED] [--defect NAME] [--keep-going]
var arguments = CommandLine.arguments.dropFirst()
var runs = 2000
var seed: UInt64 = 1
var replay: UInt64?
var defects: Set<Defect> = []
var keepGoing = false
// As many as the machine has processors, unless told.
var jobs = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
while let word = arguments.popFirst() {
  switch word {
  case "--runs": runs = arguments.popFirst().flatMap { Int($0) } ?? runs
  case "--seed": seed = arguments.popFirst().flatMap { UInt64($0) } ?? seed
  case "--jobs": jobs = max(1, arguments.popFirst().flatMap { Int($0) } ?? jobs)
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
var faults: [String: Int] = [:]
var digest: UInt64 = 0
var done = 0
// Part by part, each on all threads: what is printed does not depend on which of them was faster.
while done < runs, bad == 0 || keepGoing {
  let first = seed &+ UInt64(done)
  let seeds = (0..<UInt64(min(100, runs - done))).map { first &+ $0 }
  for outcome in await simulate(seeds, jobs, defects) {
    done += 1
    endings[outcome.ending, default: 0] += 1
    for fault in outcome.faults { faults[fault, default: 0] += 1 }
    digest = digest &* 31 &+ outcome.digest
    guard !outcome.violations.isEmpty else { continue }
    bad += 1
    say("seed \(outcome.seed) [\(outcome.faults.joined(separator: ", "))]:")
    for violation in outcome.violations.prefix(6) { say("  \(violation)") }
    say("  replay it: make simulate SIM_REPLAY=\(outcome.seed)")
    if !keepGoing { break }
  }
}
let seconds = began.duration(to: .now) / .seconds(1)
say(
  "\(done) runs in \(Int(seconds)) s, \(Int(Double(done) * 60 / max(seconds, 0.001))) a minute, "
    + "\(bad) with violations, digest \(String(digest, radix: 16))"
)
for (title, counts) in [("ended with", endings), ("under", faults)] {
  let words = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
  say("  \(title): \(words.joined(separator: ", "))")
}
exit(bad == 0 ? 0 : 1)

/// Runs `seeds`, several at a time, and gives what came of them in their order.
///
/// A world is one thread and shares nothing with another.
func simulate(
  _ seeds: [UInt64],
  _ jobs: Int,
  _ defects: Set<Defect>
) async -> [Simulation.Outcome] {
  await withTaskGroup(of: [Simulation.Outcome].self) { group in
    for job in 0..<jobs {
      group.addTask {
        stride(from: job, to: seeds.count, by: jobs).map {
          Simulation.run(seed: seeds[$0], defects: defects)
        }
      }
    }
    var outcomes: [Simulation.Outcome] = []
    for await part in group { outcomes += part }
    return outcomes.sorted { $0.seed < $1.seed }
  }
}

/// Writes a line at once: whoever stops a long run has read all of it.
func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
}
