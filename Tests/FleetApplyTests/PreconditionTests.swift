import FleetDigest
import FleetProbe
import FleetResources
import FleetTransport
import Glibc
import Testing

@testable import FleetApply

/// What is asked anew before anything of a run begins on a node.
@Suite struct PreconditionTests: Sendable {
  let bench: Bench
  init() throws { bench = try Bench() }

  /// A file, a link, a folder, one that is not there, as they are.
  private func scene() -> [String] {
    _ = Scratch.sh(
      "cd \"$1\" && printf old >file && chmod 0640 file && ln -s file link && mkdir -m 0750 folder; stat -c '%U %G' file >who",
      bench.scratch.path
    )
    let who = bench.scratch.read("who")?.dropLast() ?? ""
    return [
      "f 640 \(who) \(SHA256.hex(Array("old".utf8))) \(bench.path("file"))\u{1F}",
      "l - - - - \(bench.path("link"))\u{1F}file",
      "d 750 \(who) - \(bench.path("folder"))\u{1F}",
      "- - - - - \(bench.path("new"))\u{1F}",
    ]
  }

  private func apply(
    _ lines: [String],
    batch: String = "files",
    over connection: any RemoteConnection = LocalShell()
  ) async throws -> ApplyError? {
    let session = try await bench.locked(over: connection)
    await session.expect(lines)
    do throws(ApplyError) {
      _ = try await session.run(
        batch: [bench.write("new", "new\n")],
        transaction: "run",
        name: batch,
        window: 60
      )
      try await session.releaseLock()
      return nil
    } catch {
      #expect(await !session.isArmed)
      try? await session.releaseLock()
      return error
    }
  }

  @Test func `a node that is as it was under the lock takes the batch`() async throws {
    #expect(try await apply(scene()) == nil)
    #expect(bench.exists("new"))
  }

  @Test(arguments: [
    ("printf edited >file", "file has other content"),
    ("chmod 0644 file", "file has another kind, owner, mode or target"),
    ("rm file", "file is gone"),
    ("rm file; mkdir -m 0640 file", "file has another kind, owner, mode or target"),
    ("ln -sfn elsewhere link", "link has another kind, owner, mode or target"),
    ("rm link; printf old >link", "link has another kind, owner, mode or target"),
    ("rm link", "link is gone"),
    ("chmod 0700 folder", "folder has another kind, owner, mode or target"),
    ("rmdir folder", "folder is gone"),
    ("printf mine >new", "new was not there and is"),
    ("ln -s nowhere new", "new was not there and is"),
  ])
  func `what moved is named and nothing of the batch is on the node`(
    act: String,
    said: String
  ) async throws {
    let lines = scene()
    _ = Scratch.sh("cd \"$1\" && eval \"$2\"", bench.scratch.path, act)
    let error = try await apply(lines)
    guard case .moved(let what) = error?.code else {
      Issue.record("expected a moved node, got \(String(describing: error))")
      return
    }
    #expect(what == [bench.scratch.path + "/" + said])
    #expect(
      error?.message
        == "moved since the plan, so nothing was done here: \(what[0]); plan again"
    )
    #expect(!bench.exists("state/tx/run/files"))
    #expect(!bench.exists("state/tx/run/armed") && !bench.exists("state/frozen"))
  }

  @Test func `what moves after the batch was staged is found before the way back is armed`()
    async throws
  {
    let session = try await bench.locked()
    let batch = try EncodedBatch([BatchRecord(bench.write("new", "new\n"))])
    // Staged, and no runner is started.
    let request = await session.request(
      [
        "command=batch", "token=00112233445566778899aabbccddeeff", "transaction=run",
        "batch=files", "from=0", "wait=0", "launcher=nobody", "window=60",
      ] + batch.header + scene().map { "expect=" + $0 },
      frames: batch.frames
    )
    _ = try await session.currentConnection.run(request.command)
    #expect(bench.exists("state/tx/run/files/runtime.sh"))
    #expect(
      Scratch.sh(
        "printf edited >\"$1/file\"; f=$1/state/tx/run/files; sh \"$f/runtime.sh\" run \"$f\"",
        bench.scratch.path
      ) == 0
    )
    let error = await #expect(throws: ApplyError.self) {
      try await session.run(
        batch: [bench.write("new", "new\n")],
        transaction: "run",
        name: "files",
        window: 60
      )
    }
    #expect(error?.code == .moved(["\(bench.path("file")) has other content"]))
    #expect(await !session.isArmed)
    #expect(!bench.exists("state/tx/run/armed") && !bench.exists("state/pending"))
    #expect(!bench.exists("new"))
  }

  @Test
  func `a batch that goes on over a new connection is compared anew, under a lock that is its own`()
    async throws
  {
    let lines = scene()
    for isLockGone in [false, true] {
      let folder = bench.scratch.path
      let run = bench.layout.runDirectory
      // The lock goes through, the batch is cut off.
      let session = bench.session(over: FaultyShell(.none, .input(40))) {
        () async throws(TransportError) in
        _ = Scratch.sh("printf edited >\"$1/file\"", folder)
        if isLockGone { _ = Scratch.sh("rm \"$1/lock\"", run) }
        return LocalShell()
      }
      try await session.acquireLock(
        holder: "test@here pid 1",
        planDigest: "d",
        leaseSeconds: 60,
        token: Bench.random()
      )
      await session.expect(lines)
      let error = await #expect(throws: ApplyError.self) {
        try await session.run(
          batch: [bench.write("new", "new\n")],
          transaction: "run",
          name: "files",
          window: 60
        )
      }
      let moved = ApplyError.Code.moved(["\(bench.path("file")) has other content"])
      #expect(error?.code == (isLockGone ? .lostLease : moved))
      #expect(!bench.exists("state/tx/run/files") && !bench.exists("new"))
      try? await session.releaseLock()
    }
  }

  @Test func `later batches of a run do not ask for what the run itself changed`() async throws {
    let session = try await bench.locked()
    await session.expect(scene())
    for (name, text) in [("one", "1"), ("two", "2")] {
      let results = try await session.run(
        batch: [bench.write("new", text), bench.write("file", text)],
        transaction: "run",
        name: name
      )
      #expect(results.map(\.status) == [.done, .done])
    }
    #expect(bench.exists("new"))
  }

  @Test func `a login that lost sudo gets no lock, and with a lock no batch`() async throws {
    var shell = LocalShell()
    // No such user: as with one whose rule is gone, sudo is not even reached.
    shell.environment += ["SUDO_USER=nobody-there", "SUDO_UID=987654", "SUDO_GID=987654"]
    let refused = await #expect(throws: ApplyError.self) { try await bench.locked(over: shell) }
    guard case .notAllowed(let cause) = refused?.code else {
      Issue.record("expected a refusal, got \(String(describing: refused))")
      return
    }
    #expect(cause.code == .sudoNotAllowed && cause.step == "sudo")
    #expect(refused?.message.hasPrefix("the login may not become root any more: ") == true)
    #expect(cause.remedy?.contains("fleetctl doctor --sudoers") == true)
    #expect(!bench.exists("run/lock"))
    let session = try await bench.locked()
    await session.use(shell)
    let error = await #expect(throws: ApplyError.self) {
      try await session.run(
        batch: [bench.write("new", "new\n")],
        transaction: "run",
        name: "files",
        window: 60
      )
    }
    guard case .notAllowed = error?.code else {
      Issue.record("expected a refusal, got \(String(describing: error))")
      return
    }
    #expect(await !session.isArmed)
    #expect(!bench.exists("state/tx/run/files") && !bench.exists("new"))
  }
}
