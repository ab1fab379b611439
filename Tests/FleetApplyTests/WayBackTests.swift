import FleetModel
import FleetResources
import FleetTransport
import Glibc
import Testing

@testable import FleetApply

/// The way back: armed before the first change, confirmed by a new login, else fired by the node.
@Suite struct WayBackTests {
  let bench: Bench
  init() throws {
    bench = try Bench()
    mkdir(bench.path("etc"), 0o755)
    bench.scratch.write("etc/a", "old\n")
  }

  /// Waits until the node decided; the watch looks once a second.
  private func ending(of session: NodeSession, _ transaction: String) async throws -> Fate {
    for _ in 0..<600 {
      switch try await session.fate(of: transaction) {
      case .armed, .goingBack: break
      // The watch gives the lock back last, after its word and the history.
      case .takenBack where bench.exists("run/lock"): break
      case let fate: return fate
      }
      try await Task.sleep(for: .milliseconds(200))
    }
    return try await session.fate(of: transaction)
  }

  private func activate(_ session: NodeSession, window: Int) async throws {
    let results = try await session.run(
      batch: [bench.write("etc/a", "new\n"), bench.write("etc/b", "b\n", before: "absent")],
      transaction: "t",
      name: "files",
      window: window
    )
    #expect(results.map(\.status) == [.done, .done])
    #expect(bench.scratch.read("etc/a") == "new\n")
  }

  @Test func `what is confirmed over a new connection stays`() async throws {
    let session = try await bench.locked()
    try await activate(session, window: 60)
    guard case .armed(let left) = try await session.fate(of: "t") else {
      Issue.record("not armed")
      return
    }
    #expect((1...60).contains(left))
    #expect(bench.scratch.read("state/pending") == "t\n")
    #expect(try await session.confirm("t") == .confirmed)
    #expect(try await session.confirm("t") == .confirmed)
    #expect(!bench.exists("state/pending"))
    #expect(bench.scratch.read("etc/a") == "new\n")
    // The watch ends by itself and finds nothing to do.
    try await Task.sleep(for: .milliseconds(1500))
    #expect(bench.scratch.read("etc/a") == "new\n")
    #expect(try await session.fate(of: "t") == .confirmed)
  }

  @Test func `what nobody confirms is taken back by the node, which is frozen then`() async throws {
    let session = try await bench.locked()
    try await activate(session, window: 60)
    await session.abandon()
    try runOut()
    let fate = try await ending(of: session, "t")
    #expect(fate == .takenBack(isWhole: true, text: ""))
    #expect(bench.scratch.read("etc/a") == "old\n")
    #expect(!bench.exists("etc/b"))
    #expect(!bench.exists("state/pending"))
    // A client that was only asleep cannot write or confirm any more.
    await #expect(throws: ApplyError.self) {
      _ = try await session.run(batch: [bench.write("etc/a", "x")], transaction: "t", name: "late")
    }
    #expect(bench.scratch.read("etc/a") == "old\n")
    // The next one is told why, until somebody thaws the node.
    let next = bench.session()
    let why = "nobody confirmed run t in time: it was taken back"
    await #expect(throws: ApplyError(.frozen(why), "the node is frozen: \(why)")) {
      try await next.acquireLock(holder: "h", planDigest: "d", leaseSeconds: 9, token: "u")
    }
    #expect(try await next.inspectLock().frozen == why)
    try await next.thaw()
    try await next.acquireLock(holder: "h", planDigest: "d", leaseSeconds: 9, token: "u")
    let history = bench.scratch.read("state/history.jsonl") ?? ""
    #expect(history.contains("\"run\":\"t\",\"by\":\"watchdog\",\"result\":\"rolled back\""))
  }

  @Test func `a run that waits for its confirmation is in the way of the next`() async throws {
    let session = try await bench.locked()
    try await activate(session, window: 60)
    try await session.releaseLock()
    let next = bench.session()
    do {
      try await next.acquireLock(holder: "h", planDigest: "d", leaseSeconds: 9, token: "u")
      Issue.record("the lock was granted over an unconfirmed run")
    } catch {
      guard case .lockHeld(let holder) = error.code else {
        Issue.record("\(error)")
        return
      }
      #expect(holder.hasPrefix("run t, which nobody confirmed yet, "))
    }
    bench.scratch.write("state/tx/t/deadline", "another-boot 0\n")
    #expect(try await ending(of: next, "t") == .takenBack(isWhole: true, text: ""))
  }

  @Test func `a run of an earlier boot is taken back when the machine comes up`() async throws {
    let session = try await bench.locked()
    try await activate(session, window: 600)
    // The machine goes down: the watch with it; another boot finds the deadline void.
    let tx = bench.path("state/tx/t")
    _ = Scratch.sh("pkill -9 -f \"watch $1\"", tx)
    bench.scratch.write("state/tx/t/deadline", "another-boot 999999999\n")
    #expect(
      Scratch.sh("exec /bin/sh \"$1/tx/t/runtime.sh\" recover \"$1\"", bench.path("state")) == 0
    )
    #expect(bench.scratch.read("etc/a") == "old\n")
    #expect(try await session.fate(of: "t") == .takenBack(isWhole: true, text: ""))
    #expect(
      bench.scratch.read("state/frozen")
        == "the machine went down before run t was confirmed: it was taken back\n"
    )
    #expect(!bench.exists("state/pending"))
  }

  @Test func `a way back that was cut off is gone from the start again`() async throws {
    let session = try await bench.locked()
    try await activate(session, window: 600)
    let tx = bench.path("state/tx/t")
    _ = Scratch.sh("pkill -9 -f \"watch $1\"", tx)
    // As a kill leaves it after the first of two restores.
    _ = Scratch.sh("mv \"$1/armed\" \"$1/fired\" && rm -f \"$2/etc/b\"", tx, bench.scratch.path)
    #expect(Scratch.sh("exec /bin/sh \"$1/runtime.sh\" watch \"$1\"", tx) == 0)
    #expect(bench.scratch.read("etc/a") == "old\n")
    #expect(!bench.exists("etc/b"))
    #expect(try await session.fate(of: "t") == .takenBack(isWhole: true, text: ""))
  }

  @Test func `the client's own way back disarms the node's`() async throws {
    let session = try await bench.locked()
    try await activate(session, window: 60)
    #expect(try await session.rollback("t").status == .done)
    #expect(bench.scratch.read("etc/a") == "old\n")
    #expect(try await session.fate(of: "t") == .takenBack(isWhole: true, text: ""))
    #expect(!bench.exists("state/pending"))
    // Nobody was cut off, so the node takes the next run.
    #expect(!bench.exists("state/frozen"))
    try await session.releaseLock()
    _ = try await bench.locked()
  }

  @Test func `what comes back only in part freezes the node, and the next boot tries once more`()
    async throws
  {
    let session = try await bench.locked()
    try await activate(session, window: 600)
    // Something stands in the way.
    unlink(bench.path("etc/a"))
    mkdir(bench.path("etc/a"), 0o700)
    let result = try await session.rollback("t")
    #expect(result.status == .failed)
    #expect(result.text.contains("the node is frozen"), "\(result.text)")
    let why = "run t failed, and not all of it could be taken back"
    #expect(try await session.inspectLock().frozen == why)
    guard case .takenBack(isWhole: false, _) = try await session.fate(of: "t") else {
      Issue.record("it counts as whole")
      return
    }
    rmdir(bench.path("etc/a"))
    #expect(
      Scratch.sh("exec /bin/sh \"$1/tx/t/runtime.sh\" recover \"$1\"", bench.path("state")) == 0
    )
    #expect(bench.scratch.read("etc/a") == "old\n")
    #expect(try await session.fate(of: "t") == .takenBack(isWhole: true, text: ""))
  }

  @Test func `the node's own way back says when it came back only in part`() async throws {
    let session = try await bench.locked()
    try await activate(session, window: 60)
    unlink(bench.path("etc/a"))
    mkdir(bench.path("etc/a"), 0o700)
    try runOut()
    let fate = try await ending(of: session, "t")
    guard case .takenBack(isWhole: false, let text) = fate else {
      Issue.record("it counts as \(fate)")
      return
    }
    #expect(text.contains("cannot restore \(bench.path("etc/a"))"), "\(text)")
  }

  @Test func `a thaw ends what is left of a way back, and the next boot leaves all as it is`()
    async throws
  {
    let session = try await bench.locked()
    try await activate(session, window: 600)
    unlink(bench.path("etc/a"))
    mkdir(bench.path("etc/a"), 0o700)
    _ = try await session.rollback("t")
    bench.scratch.write("etc/.fleetctl-t-files-0", "half")
    try await session.thaw()
    #expect(!bench.exists("state/pending"))
    #expect(!bench.exists("etc/.fleetctl-t-files-0"))
    rmdir(bench.path("etc/a"))
    #expect(
      Scratch.sh("exec /bin/sh \"$1/tx/t/runtime.sh\" recover \"$1\"", bench.path("state")) == 0
    )
    #expect(!bench.exists("etc/a"))
  }

  @Test func `room for the way back is kept until it is decided`() async throws {
    let session = try await bench.locked()
    try await activate(session, window: 60)
    #expect((bench.scratch.read("state/tx/t/reserve/room")?.utf8.count ?? 0) >= 262_144)
    #expect(try await session.confirm("t") == .confirmed)
    #expect(!bench.exists("state/tx/t/reserve"))
  }

  @Test func `an edit by hand that stops a run is not taken back with it`() async throws {
    let session = try await bench.locked()
    let results = try await session.run(
      batch: [
        bench.write("etc/b", "b\n", before: "absent"),
        bench.write("etc/a", "new\n", before: "another digest"),
      ],
      transaction: "t",
      name: "files",
      window: 60
    )
    #expect(results.map(\.status) == [.done, .failed])
    bench.scratch.write("etc/a", "by hand\n")
    #expect(try await session.rollback("t").status == .done)
    #expect(bench.scratch.read("etc/a") == "by hand\n")
    #expect(!bench.exists("etc/b"))
  }

  @Test func `what fleetctl owns goes back with the run`() async throws {
    let session = try await bench.locked()
    try await session.writeManifest(Manifest(fleet: "f", node: "n", uuid: "u"), transaction: "zero")
    let before = bench.scratch.read("state/manifest.json")
    try await activate(session, window: 60)
    try await session.writeManifest(Manifest(fleet: "f", node: "n", uuid: "v"), transaction: "t")
    #expect(bench.scratch.read("state/manifest.json") != before)
    #expect(try await session.rollback("t").status == .done)
    #expect(bench.scratch.read("state/manifest.json") == before)
  }

  @Test func `a first manifest goes again with its run`() async throws {
    let session = try await bench.locked()
    try await activate(session, window: 60)
    try await session.writeManifest(Manifest(fleet: "f", node: "n", uuid: "u"), transaction: "t")
    #expect(bench.exists("state/manifest.json"))
    #expect(try await session.rollback("t").status == .done)
    #expect(!bench.exists("state/manifest.json"))
  }

  @Test func `what a write that was cut off left behind goes with the run`() async throws {
    let session = try await bench.locked()
    try await activate(session, window: 60)
    // As a kill between writing and renaming leaves it.
    bench.scratch.write("etc/.fleetctl-t-files-0", "half")
    #expect(try await session.rollback("t").status == .done)
    #expect(!bench.exists("etc/.fleetctl-t-files-0"))
  }

  @Test func `a word from the client moves the deadline on`() async throws {
    let session = try await bench.locked()
    try await activate(session, window: 300)
    bench.scratch.write("state/tx/t/deadline", "\(try bootID()) \(try uptime() + 60)\n")
    try await session.renewLock()
    guard case .armed(let left) = try await session.fate(of: "t") else {
      Issue.record("not armed any more")
      return
    }
    #expect(left > 200)
    #expect(try await session.confirm("t") == .confirmed)
  }

  @Test func `nothing is changed when the way back cannot be armed`() async throws {
    let session = try await bench.locked()
    mkdir(bench.path("state/tx"), 0o700)
    mkdir(bench.path("state/tx/t"), 0o700)
    // A folder where the token should be.
    mkdir(bench.path("state/tx/t/.armed"), 0o700)
    var refused: ApplyError?
    do throws(ApplyError) {
      _ = try await session.run(
        batch: [bench.write("etc/a", "new\n")],
        transaction: "t",
        name: "files",
        window: 60
      )
    } catch {
      refused = error
    }
    guard case .rejected(let results) = refused?.code else {
      Issue.record("it was not refused: \(refused?.message ?? "no error")")
      return
    }
    #expect(results.map(\.status) == [.failed])
    #expect(results[0].text.contains("the way back could not be armed, so nothing was changed"))
    #expect(bench.scratch.read("etc/a") == "old\n")
    // Nothing is left of it that somebody would take back.
    #expect(try await session.fate(of: "t") == .none)
  }

  @Test func `a freeze with a reason keeps everybody out`() async throws {
    let session = bench.session()
    try await session.freeze(because: "disk is being replaced, ask bob")
    #expect(try await session.inspectLock().frozen == "disk is being replaced, ask bob")
    await #expect(throws: ApplyError.self) { _ = try await bench.locked() }
    try await session.thaw()
    let holder = try await bench.locked()
    let lock = try await session.inspectLock()
    #expect(lock.holder == "test@here pid 1")
    #expect(lock.plan == "d")
    #expect((1...60).contains(lock.secondsLeft))
    #expect(lock.secondsHeld != nil)
    #expect(lock.frozen == nil && lock.pending == nil)
    try await holder.releaseLock()
    #expect(try await session.inspectLock() == NodeLock())
  }

  /// Ends the time to confirm in a second: a window so short could be over before the test looked.
  private func runOut() throws {
    bench.scratch.write("state/tx/t/deadline", "\(try bootID()) \(try uptime() + 1)\n")
  }

  private func bootID() throws -> String {
    try #require(readLine("/proc/sys/kernel/random/boot_id"))
  }

  private func uptime() throws -> Int {
    let line = try #require(readLine("/proc/uptime"))
    return try #require(line.split(separator: ".").first.flatMap { Int($0) })
  }

  private func readLine(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 200)
    guard fgets(&buffer, 200, file) != nil else { return nil }
    return String(
      decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) },
      as: UTF8.self
    )
  }
}
