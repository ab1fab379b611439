import FleetModel
import FleetResources
import FleetTransport
import Glibc
import Synchronization
import Testing

@testable import FleetApply

@Suite struct BatchTests {
  let bench: Bench
  init() throws { bench = try Bench() }

  @Test func `results come in order, with the failure's last lines`() async throws {
    let session = try await bench.locked()
    let seen = Mutex<[Int]>([])
    let results = try await session.run(
      batch: [
        bench.step("talk", "i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; done; exit 3"),
        bench.write("never", ""),
      ],
      transaction: "t",
      name: "b"
    ) { index, _ in seen.withLock { $0.append(index) } }
    #expect(results.map(\.status) == [.failed, .skipped])
    let lines = results[0].text.split(separator: "\n")
    #expect(lines.count <= 20)
    #expect(lines.last == "step talk: command ended with status 3")
    #expect(lines.dropLast().last == "line 40")
    #expect(seen.withLock { $0 } == [0, 1])
    #expect(!bench.exists("steps/talk"))
  }

  @Test func `a step gets its words and its environment, and leaves its stamp`() async throws {
    let session = try await bench.locked()
    let program = #"printf '%s|%s|%s|%s|%s' "$0" "$1" "$KEY" "$EMPTY" "$(pwd)" > out; env > env"#
    let step = bench.step("s", program, environment: ["EMPTY=", "KEY=a b=c $HOME"])
    let results = try await session.run(batch: [step], transaction: "t", name: "b")
    #expect(results.map(\.status) == [.done])
    #expect(bench.scratch.read("out") == "|word with space|a b=c $HOME||\(bench.scratch.path)")
    #expect(bench.scratch.read("steps/s") == "stamp of s\n")
    #expect(bench.scratch.read("env")?.contains("FLEETCTL") == false)
  }

  @Test func `a step that takes too long is ended and leaves no stamp`() async throws {
    let session = try await bench.locked()
    let results = try await session.run(
      batch: [bench.step("slow", "sleep 30", timeout: 1)],
      transaction: "t",
      name: "b"
    )
    #expect(results.map(\.status) == [.failed])
    #expect(results[0].text.contains("took longer than 1 s"))
    #expect(!bench.exists("steps/slow"))
  }

  @Test func `a batch that outlasts one round trip is followed to its end`() async throws {
    // Three round trips is what a node has to begin, however busy it is.
    let bench = try Bench(followSeconds: 3)
    let session = try await bench.locked()
    let batch = [bench.step("wait", "sleep 3.2"), bench.write("a", "x")]
    let results = try await session.run(batch: batch, transaction: "t", name: "b")
    #expect(results.map(\.status) == [.done, .done])
  }

  @Test(arguments: [10, 200, 20_000, 45_000]) func `a cut upload does nothing, and is sent again`(
    _ length: Int
  ) async throws {
    let session = try await bench.locked(over: FaultyShell(.none, .input(length)))
    let big = String(repeating: "payload ", count: 4000)
    let results = try await session.run(
      batch: [bench.write("big", big), bench.step("count", "echo ran >> count")],
      transaction: "t",
      name: "b"
    )
    #expect(results.map(\.status) == [.done, .done])
    #expect(bench.scratch.read("big") == big)
    #expect(bench.scratch.read("count") == "ran\n")
    #expect(
      Scratch.sh("[ -z \"$(find \"$1\" -name '.stage-*')\" ]", bench.layout.stateDirectory) == 0
    )
  }

  @Test func `a lost answer is read over a new connection; nothing runs twice`() async throws {
    let session = try await bench.locked(over: FaultyShell(.none, .answer))
    let batch = [bench.step("count", "echo ran >> count"), bench.write("a", "x")]
    let results = try await session.run(batch: batch, transaction: "t", name: "b")
    #expect(results.map(\.status) == [.done, .done])
    #expect(bench.scratch.read("count") == "ran\n")
    // Also when the caller asks again.
    let again = try await session.run(batch: batch, transaction: "t", name: "b")
    #expect(again == results)
    #expect(bench.scratch.read("count") == "ran\n")
  }

  @Test func `a plan to be kept is there before the first batch, and once`() async throws {
    let session = try await bench.locked()
    let kept = bench.layout.stateDirectory + "/tx/t/plan.json"
    await session.keep(plan: Array("the plan".utf8), of: "t") { Issue.record("\($0)") }
    #expect(try await session.plan(of: "t") == nil)
    let look = bench.step("look", "cat '\(kept)' > seen")
    _ = try await session.run(batch: [look], transaction: "t", name: "one")
    #expect(bench.scratch.read("seen") == "the plan")
    #expect(Scratch.sh("rm \"$1\"", kept) == 0)
    _ = try await session.run(batch: [bench.write("a", "x")], transaction: "t", name: "two")
    #expect(try await session.plan(of: "t") == nil)
  }

  @Test func `a plan that many nodes keep is in memory once`() async throws {
    let plan = [UInt8](repeating: 0x2E, count: 100_000)
    for run in ["t", "u"] {
      let recorder = PieceRecorder()
      let session = try await bench.locked(over: recorder)
      await session.keep(plan: plan, of: run) { Issue.record("\($0)") }
      _ = try await session.run(batch: [bench.write("a", run)], transaction: run, name: "b")
      try await session.releaseLock()
      let pieces = recorder.pieces.withLock { $0 }.filter { $0.count == plan.count }
      #expect(pieces.map(Self.place) == [Self.place(plan)])
    }
  }

  /// Where the bytes are in memory.
  private static func place(_ bytes: [UInt8]) -> UnsafeRawPointer? {
    bytes.withUnsafeBytes(\.baseAddress)
  }

  @Test func `a plan that cannot be kept is told, and the batch is carried out`() async throws {
    let session = try await bench.locked()
    let said = Mutex<[String]>([])
    #expect(Scratch.sh("mkdir -p \"$1/tx/t/plan.json/x\"", bench.layout.stateDirectory) == 0)
    await session.keep(plan: Array("the plan".utf8), of: "t") { why in
      said.withLock { $0.append(why) }
    }
    let results = try await session.run(
      batch: [bench.write("a", "x")],
      transaction: "t",
      name: "b"
    )
    #expect(results.map(\.status) == [.done])
    #expect(said.withLock(\.count) == 1)
    #expect(said.withLock { $0[0].hasPrefix("the plan could not be kept on the node: ") })
  }

  @Test func `a plan whose bytes change on the way is told, and not kept`() async throws {
    let session = try await bench.locked(over: FlippingShell())
    let said = Mutex<[String]>([])
    await session.keep(plan: Array("the end!".utf8), of: "t") { why in
      said.withLock { $0.append(why) }
    }
    let results = try await session.run(
      batch: [bench.write("a", "x")],
      transaction: "t",
      name: "b"
    )
    #expect(results.map(\.status) == [.done])
    let why = "the plan could not be kept on the node: it did not arrive whole"
    #expect(said.withLock { $0 } == [why])
    #expect(try await session.plan(of: "t") == nil)
    #expect(
      Scratch.sh("[ -z \"$(find \"$1\" -name '.stage-*')\" ]", bench.layout.stateDirectory) == 0
    )
  }

  @Test func `what is kept of a run is its owner's alone`() async throws {
    let session = try await bench.locked()
    await session.keep(plan: Array("the plan".utf8), of: "t") { Issue.record("\($0)") }
    _ = try await session.run(batch: [bench.write("a", "x")], transaction: "t", name: "b")
    try await session.finish(
      transaction: "t",
      manifest: Manifest(fleet: "f", node: "n", uuid: "u"),
      history: "{}"
    )
    for file in ["tx/t/plan.json", "manifest.json", "history.jsonl"] {
      #expect(bench.mode("state/" + file) == 0o600, "\(file)")
    }
    // Only what outlives the conversation takes the runtime's text along.
    #expect(
      Scratch.sh(
        "[ \"$(cd \"$1/tx/t\" && echo */runtime.sh)\" = b/runtime.sh ]",
        bench.layout.stateDirectory
      ) == 0
    )
  }

  @Test func `a connection that stays away leaves an unknown outcome`() async throws {
    let session = bench.session(over: FaultyShell(.none, .answer)) {
      () async throws(TransportError) in
      throw TransportError(.unreachable, step: "connect", "no route to host")
    }
    try await session.acquireLock(
      holder: "h",
      planDigest: "d",
      leaseSeconds: 60,
      token: Bench.random()
    )
    let error = await #expect(throws: ApplyError.self) {
      try await session.run(batch: [bench.write("a", "x")], transaction: "t", name: "b")
    }
    #expect(error?.code == .unknownOutcome)
    #expect(error?.message.contains("no route to host") == true)
  }

  @Test func `a runner that was killed is an unknown outcome, with what is known`() async throws {
    let session = try await bench.locked()
    let kill = bench.step(
      "kill",
      "read boot pid < '\(bench.layout.stateDirectory)/tx/t/b/running'; kill -9 $pid"
    )
    let error = await #expect(throws: ApplyError.self) {
      try await session.run(
        batch: [bench.write("a", "x"), kill, bench.write("b", "y")],
        transaction: "t",
        name: "b"
      )
    }
    #expect(error?.code == .unknownOutcome)
    #expect(error?.results == 1)
    #expect(bench.exists("a"))
    #expect(!bench.exists("b"))
    let undone = try await session.rollback("t")
    #expect(undone.status == .done)
    #expect(!bench.exists("a"))
  }

  @Test func `bytes on the way that change are noticed before anything starts`() async throws {
    let session = try await bench.locked(over: FlippingShell())
    let error = await #expect(throws: ApplyError.self) {
      try await session.run(batch: [bench.write("a", "the end!")], transaction: "t", name: "b")
    }
    #expect(error?.code == .stagingFailed)
    #expect(!bench.exists("a"))
  }

  @Test func `after a batch nothing of its blobs is left on the node`() async throws {
    let session = try await bench.locked()
    _ = try await session.run(batch: [bench.write("a", "s3cret")], transaction: "t", name: "b")
    #expect(Scratch.sh("grep -rq s3cret \"$1\"", bench.layout.stateDirectory) == 1)
    #expect(
      Scratch.sh(
        "[ \"$(stat -c %a \"$1\" \"$1/tx\" \"$1/tx/t\" | sort -u)\" = 700 ]",
        bench.layout.stateDirectory
      ) == 0
    )
  }

  @Test func `manifest and history are written and the lock is given back`() async throws {
    let session = try await bench.locked()
    var manifest = Manifest(fleet: "f", node: "n", uuid: "u")
    manifest.owned["file:/etc/a"] = Manifest.Entry(role: "r", sha256: "00")
    try await session.writeManifest(manifest, transaction: "t")
    manifest.generation = 2
    for number in 0..<3 { try await session.appendHistory("{\"run\":\(number)}", transaction: "t") }
    try await session.finish(transaction: "t", manifest: manifest, history: "{\"last\":true}")
    let text = try #require(bench.scratch.read("state/manifest.json"))
    #expect(text.contains("\"generation\" : 2"))
    #expect(text.contains("file:/etc/a"))
    #expect(bench.scratch.read("state/history.jsonl")?.split(separator: "\n").count == 4)
    #expect(bench.mode("state/manifest.json") == 0o600)
    _ = try await bench.locked()
  }

  @Test func `old transactions go, the last ten stay`() async throws {
    for number in 0..<13 {
      let session = try await bench.locked()
      _ = try await session.run(
        batch: [bench.write("a", "\(number)")],
        transaction: "t\(number)",
        name: "b"
      )
      try await session.finish(transaction: "t\(number)", manifest: nil, history: "{}")
    }
    #expect(
      Scratch.sh(
        "[ \"$(ls \"$1/tx\" | wc -l)\" = 10 ] && [ -d \"$1/tx/t12\" ]",
        bench.layout.stateDirectory
      ) == 0
    )
  }
}

/// A connection that changes the last byte of what ends with `end!`.
private struct FlippingShell: RemoteConnection {
  func run(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult {
    var command = command
    if command.stdin.suffix(4) == Array("end!".utf8) {
      command.stdin[command.stdin.count - 1] = 0x3F
    }
    return try await LocalShell().run(command)
  }
  func exchange(_ request: StreamRequest) async throws(TransportError) -> [UInt8] { [] }
  func close() async {}
}
