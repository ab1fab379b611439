import FleetModel
import FleetResources
import Testing

@testable import FleetApply

/// What programs said, and what they were given, does not stay on the node.
@Suite struct WordsTests {
  private static let canary = "canary-7f3a90c1"

  /// Whether the canary stands anywhere in the node's records.
  private func isKept(_ bench: Bench) -> Bool {
    Scratch.sh("grep -rqF -- \"$2\" \"$1/state\" \"$1/run\"", bench.scratch.path, Self.canary) == 0
  }

  @Test func `a run that the node takes back leaves no words and nothing it was sent or replaced`()
    async throws
  {
    let bench = try Bench()
    #expect(Scratch.sh("mkdir \"$1/etc\"", bench.scratch.path) == 0)
    bench.scratch.write("etc/a", "password=\(Self.canary) of before\n")
    let session = try await bench.locked()
    let results = try await session.run(
      batch: [
        bench.write("etc/a", "password=\(Self.canary) of now\n"),
        bench.step("talk", "cat etc/a >&2; exit 1"),
      ],
      transaction: "t",
      name: "files",
      window: 60
    )
    #expect(results.map(\.status) == [.done, .failed])
    #expect(isKept(bench))
    await session.abandon()
    bench.scratch.write("state/tx/t/deadline", "another-boot 0\n")
    for _ in 0..<600 where !bench.exists("state/tx/t/rolled-back") || bench.exists("run/lock") {
      try await Task.sleep(for: .milliseconds(200))
    }
    #expect(bench.scratch.read("etc/a") == "password=\(Self.canary) of before\n")
    #expect(!isKept(bench))
  }

  @Test func `a run whose client never came back leaves none once another has the lock`()
    async throws
  {
    let bench = try Bench()
    bench.scratch.write("password", "\(Self.canary)\n")
    let session = try await bench.locked()
    let results = try await session.run(
      batch: [bench.step("talk", "cat password >&2; exit 1")],
      transaction: "t",
      name: "prepare"
    )
    #expect(results[0].text.contains(Self.canary))
    // The same client asks again: nothing is told yet.
    _ = try await bench.locked()
    #expect(isKept(bench))
    try await session.releaseLock()
    let next = bench.session()
    try await next.acquireLock(holder: "h", planDigest: "d", leaseSeconds: 9, token: "u")
    #expect(!isKept(bench))
    let result = bench.scratch.read("state/tx/t/prepare/result.0") ?? ""
    #expect(result.hasPrefix("failed ") && result.split(separator: "\n").count == 1)
  }
}
