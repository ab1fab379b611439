import FleetResources
import FleetTransport
import Glibc
import Testing

@testable import FleetApply

/// Several operators at one node: whoever holds the lock writes, nobody's write is lost.
@Suite struct TwoOperatorsTests: Sendable {
  let bench: Bench
  init() throws { bench = try Bench() }

  /// Reads a number, waits a moment, writes the next: two at once would lose one.
  private func increment(_ counter: String) -> NodeOperation {
    bench.step("add", "n=$(cat '\(counter)'); sleep 0.01; echo $((n + 1)) >'\(counter)'")
  }

  @Test func `no update is lost between operators that take turns`() async throws {
    let counter = bench.scratch.write("counter", "0\n")
    let (clients, rounds) = (4, 3)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<clients {
        group.addTask {
          let session = bench.session()
          for round in 0..<rounds {
            try await session.acquireLock(
              holder: "client \(client)",
              planDigest: "d",
              leaseSeconds: 60,
              token: Bench.random(),
              waitSeconds: 1_000_000
            )
            let name = "c\(client)-\(round)"
            let results = try await session.run(
              batch: [increment(counter)],
              transaction: name,
              name: "add"
            )
            #expect(results.map(\.status) == [.done])
            try await session.releaseLock()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(bench.scratch.read("counter") == "\(clients * rounds)\n")
  }

  @Test func `a holder that slept beyond its lease writes nothing`() async throws {
    let counter = bench.scratch.write("counter", "0\n")
    let asleep = try await bench.locked()
    _ = Scratch.sh("sed -i 's/^deadline=.*/deadline=1/' \"$1/lock\"", bench.layout.runDirectory)
    let other: NodeSession = bench.session()
    try await other.acquireLock(
      holder: "other",
      planDigest: "d",
      leaseSeconds: 60,
      token: Bench.random()
    )
    let error = await #expect(throws: ApplyError.self) {
      try await asleep.run(batch: [increment(counter)], transaction: "t", name: "b")
    }
    #expect(error?.code == .lostLease)
    #expect(bench.scratch.read("counter") == "0\n")
  }
}
