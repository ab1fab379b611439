import FleetResources
import Glibc
import Testing

@testable import FleetApply

/// `state/pending`, the node's word of the run that a boot would take back: each run writes and removes only its own.
@Suite struct PendingTests {
  let bench: Bench
  init() throws {
    bench = try Bench()
    mkdir(bench.path("etc"), 0o755)
    bench.scratch.write("etc/a", "old\n")
  }

  /// How a run that was armed comes to its end.
  enum Ending: CaseIterable {
    case confirmed, takenBackByClient, takenBackByNode, neverArmed
  }

  @Test(arguments: Ending.allCases)
  func `the end of a run takes its own word away`(_ ending: Ending) async throws {
    try await bring(ending) {}
    #expect(!bench.exists("state/pending"))
  }

  @Test(arguments: Ending.allCases)
  func `the end of a run leaves the word of another alone`(_ ending: Ending) async throws {
    // As the next run leaves it, whose client was quicker than the end of this one.
    try await bring(ending) { bench.scratch.write("state/pending", "other\n") }
    #expect(bench.scratch.read("state/pending") == "other\n")
  }

  @Test func `who asks for the lock of an armed run leaves its word`() async throws {
    let session = try await bench.locked()
    try await activate(session)
    try await session.releaseLock()
    let error = await #expect(throws: ApplyError.self) {
      try await bench.session().acquireLock(
        holder: "h",
        planDigest: "d",
        leaseSeconds: 9,
        token: "u"
      )
    }
    guard case .lockHeld(let holder) = error?.code else {
      Issue.record("the lock was not refused: \(String(describing: error))")
      return
    }
    #expect(holder.hasPrefix("run t, which nobody confirmed yet, "))
    #expect(bench.scratch.read("state/pending") == "t\n")
    #expect(try await takenBack(session) == .takenBack(isWhole: true, text: ""))
  }

  @Test func `nobody asks for the lock between a run's word and its mark`() async throws {
    let session = try await bench.locked()
    mkdir(bench.path("state/tx"), 0o700)
    mkdir(bench.path("state/tx/t"), 0o700)
    // The runner writes its mark here, and waits for a reader.
    mkfifo(bench.path("state/tx/t/.armed"), 0o600)
    async let refused = #expect(throws: ApplyError.self) { try await activate(session) }
    for _ in 0..<12_000 where bench.scratch.read("state/pending") == nil {
      try await Task.sleep(for: .milliseconds(5))
    }
    try #require(bench.scratch.read("state/pending") == "t\n")
    #expect(!bench.exists("state/tx/t/armed"))
    // Whoever asks for the lock needs the guard, which the runner holds.
    #expect(Scratch.sh("exec flock -n \"$1/guard\" true", bench.layout.runDirectory) == 1)
    #expect(Scratch.sh("exec cat \"$1\"", bench.path("state/tx/t/.armed")) == 0)
    // A pipe cannot be synced, so that this run is refused in the end, and its word goes.
    guard case .rejected = await refused?.code else {
      Issue.record("the run was not refused")
      return
    }
    #expect(!bench.exists("state/pending"))
  }

  /// Arms run t, or tries to, does `between` and ends the run.
  private func bring(_ ending: Ending, between: () -> Void) async throws {
    let session = try await bench.locked()
    if ending == .neverArmed {
      mkdir(bench.path("state/tx"), 0o700)
      mkdir(bench.path("state/tx/t"), 0o700)
      // A file where the room for the way back would be.
      bench.scratch.write("state/tx/t/reserve", "")
      between()
      let error = await #expect(throws: ApplyError.self) { try await activate(session) }
      guard case .rejected = error?.code else {
        Issue.record("the run was not refused: \(String(describing: error))")
        return
      }
      #expect(try await session.fate(of: "t") == .none)
      return
    }
    try await activate(session)
    #expect(bench.scratch.read("state/pending") == "t\n")
    between()
    switch ending {
    case .confirmed: #expect(try await session.confirm("t") == .confirmed)
    case .takenBackByClient: #expect(try await session.rollback("t").status == .done)
    case .takenBackByNode:
      #expect(try await takenBack(session) == .takenBack(isWhole: true, text: ""))
    case .neverArmed: break
    }
  }

  /// What becomes of run t when nobody confirms it.
  private func takenBack(_ session: NodeSession) async throws -> Fate {
    // Of another boot: void.
    bench.scratch.write("state/tx/t/deadline", "another-boot 0\n")
    #expect(
      Scratch.sh("exec /bin/sh \"$1/runtime.sh\" watch \"$1\"", bench.path("state/tx/t")) == 0
    )
    return try await session.fate(of: "t")
  }

  private func activate(_ session: NodeSession) async throws {
    let results = try await session.run(
      batch: [bench.write("etc/a", "new\n")],
      transaction: "t",
      name: "files",
      window: 300
    )
    #expect(results.map(\.status) == [.done])
  }
}
