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
    // The runner writes its mark here, and waits for a reader: a process of its own, which looks first.
    mkfifo(bench.path("state/tx/t/.armed"), 0o600)
    #expect(Scratch.sh(Self.looker, bench.scratch.path) == 0)
    let refused = await #expect(throws: ApplyError.self) { try await activate(session) }
    // Whoever asks for the lock needs the guard, which the runner held.
    #expect(bench.scratch.read("seen") == "t\nunmarked\nguarded\n")
    // A pipe cannot be synced, so that this run is refused in the end, and its word goes.
    guard case .rejected = refused?.code else {
      Issue.record("the run was not refused")
      return
    }
    #expect(!bench.exists("state/pending"))
  }

  /// Waits for the word, writes down what is there with it, and lets the runner go on.
  private static let looker = #"""
    exec >"$1/seen.new" 2>/dev/null </dev/null
    {
      tries=0
      while [ ! -s "$1/state/pending" ] && [ "$tries" -lt 6000 ]; do sleep 0.01; tries=$((tries + 1)); done
      cat "$1/state/pending"
      if [ -e "$1/state/tx/t/armed" ]; then echo marked; else echo unmarked; fi
      if flock -n "$1/run/guard" true; then echo free; else echo guarded; fi
      mv "$1/seen.new" "$1/seen"
      exec cat "$1/state/tx/t/.armed"
    } &
    """#

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
