/// Simulated time and the only thread of a simulated world.
///
/// Every task of a world prefers this executor, so that all of it (the real planner, the real apply
/// and the models beside them) runs on the thread that called `run`, one job after the other. Which of
/// several ready jobs is next is drawn with the dice: one seed is one interleaving.
///
/// Not Sendable by nature: it is only ever touched by that one thread.
package final class World: TaskExecutor, @unchecked Sendable {
  /// Why a world stopped.
  package enum End: Sendable {
    case finished
    /// Nothing could happen any more and the main task was not done.
    case stuck
    /// More steps or more time than any run may need.
    case endless
  }

  /// Microseconds since the beginning.
  package private(set) var now = 0
  /// Chance.
  package var dice: Dice
  /// What happened.
  package var trace: Trace
  /// Whether the run is over and only what is left is woken to end.
  package private(set) var isOver = false

  private var ready: [UnownedJob] = []
  private var timers = TimerHeap()
  private var isDone = false
  private static let mostSteps = 400_000
  private static let mostTime = 48 * 3600 * 1_000_000

  /// Makes a world; with `recording` every line of the trace is kept.
  package init(seed: UInt64, recording: Bool) {
    dice = Dice(seed: seed)
    trace = Trace(recording: recording)
  }

  /// Takes a job; called by the concurrency runtime.
  package func enqueue(_ job: consuming ExecutorJob) { ready.append(UnownedJob(job)) }

  /// Runs `main` to its end, then wakes what still sleeps so that it ends too.
  package func run(_ main: @escaping @Sendable () async -> Void) -> End {
    Task(executorPreference: self) {
      await main()
      self.isDone = true
    }
    var end = End.finished
    var steps = 0
    while steps < Self.mostSteps, now < Self.mostTime {
      steps += 1
      if !step() { break }
      if isDone { break }
    }
    if !isDone { end = ready.isEmpty && timers.isEmpty ? .stuck : .endless }
    isOver = true
    var rest = 0
    while rest < Self.mostSteps, step() { rest += 1 }
    return end
  }

  private func step() -> Bool {
    if !ready.isEmpty {
      let index = ready.count == 1 ? 0 : dice.below(ready.count)
      ready.remove(at: index).runSynchronously(on: asUnownedTaskExecutor())
      return true
    }
    guard let timer = timers.pop() else { return false }
    if !isOver { now = max(now, timer.time) }
    timer.body()
    return true
  }

  /// Calls `body` after so many microseconds.
  package func after(_ microseconds: Int, _ body: @escaping () -> Void) {
    timers.push(time: now + max(0, microseconds), body)
  }

  /// Waits; returns at once when the world is over.
  package func sleep(_ microseconds: Int) async {
    guard !isOver else { return }
    await withUnsafeContinuation { (waiting: UnsafeContinuation<Void, Never>) in
      after(microseconds) { waiting.resume() }
    }
  }

  /// Starts a task of this world that nobody waits for.
  package func spawn(_ body: @escaping @Sendable () async -> Void) {
    Task(executorPreference: self) { await body() }
  }

  /// Notes what happened now.
  package func note(_ text: @autoclosure () -> String) {
    guard !isOver else { return }
    trace.add(now, text())
  }
}

/// Timers by time, those of one moment in the order of their making.
struct TimerHeap {
  private var items: [(time: Int, number: Int, body: () -> Void)] = []
  private var made = 0

  var isEmpty: Bool { items.isEmpty }

  mutating func push(time: Int, _ body: @escaping () -> Void) {
    made += 1
    items.append((time, made, body))
    var at = items.count - 1
    while at > 0, before(at, (at - 1) / 2) {
      items.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  mutating func pop() -> (time: Int, body: () -> Void)? {
    guard let first = items.first else { return nil }
    let last = items.removeLast()
    if !items.isEmpty {
      items[0] = last
      var at = 0
      while true {
        var least = at
        for child in [2 * at + 1, 2 * at + 2] where child < items.count && before(child, least) {
          least = child
        }
        guard least != at else { break }
        items.swapAt(at, least)
        at = least
      }
    }
    return (first.time, first.body)
  }

  private func before(_ one: Int, _ other: Int) -> Bool {
    (items[one].time, items[one].number) < (items[other].time, items[other].number)
  }
}

/// What happened in a world: always a digest, on demand the lines.
package struct Trace: Sendable {
  /// FNV-1a over all lines: equal runs have equal digests.
  package private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
  /// The lines, if they are kept.
  package private(set) var lines: [String] = []
  private let isRecording: Bool

  init(recording: Bool) { isRecording = recording }

  mutating func add(_ time: Int, _ text: String) {
    for byte in text.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
    digest = (digest ^ UInt64(time)) &* 0x100_0000_01B3
    guard isRecording else { return }
    let millis = String(time / 1000 % 1000)
    let stamp = "\(time / 1_000_000).\(String(repeating: "0", count: 3 - millis.count))\(millis)"
    lines.append(String(repeating: " ", count: max(0, 9 - stamp.count)) + stamp + "  " + text)
  }
}
