import FleetModel
import FleetPlan
import FleetResources
import Testing

@testable import FleetApply

/// An earlier run taken back from the journal that was kept of it.
@Suite struct TakeBackTests: Sendable {
  let bench: Bench
  init() throws { bench = try Bench() }

  /// A confirmed run that changed one file, made one in a new folder, and deleted one.
  private func confirmed(_ session: NodeSession) async throws {
    bench.scratch.write("old", "one\n", mode: 0o644)
    bench.scratch.write("going", "was here\n", mode: 0o644)
    bench.scratch.write("private", "password=abc\n", mode: 0o640)
    let batch = [
      bench.write("old", "two\n", mode: "0644"), bench.write("new/deep/file", "new\n"),
      bench.write("private", "password=def\n", mode: "0640"),
      bench.operation(.remove, bench.path("going")),
    ]
    _ = try await session.run(batch: batch, transaction: "first", name: "files", window: 60)
    let fate4 = try await session.confirm("first")
    #expect(fate4 == .confirmed)
  }

  @Test func `everything comes back, and the taking back can itself be taken back`() async throws {
    let session = try await bench.locked()
    try await confirmed(session)
    let results = try await session.takeBack(
      "first",
      waitingFor: [],
      transaction: "second",
      window: 60
    )
    #expect(results.map(\.status) == [.done])
    #expect(bench.scratch.read("old") == "one\n")
    #expect(bench.scratch.read("going") == "was here\n")
    #expect(bench.scratch.read("private") == "password=abc\n")
    #expect(bench.mode("private") == 0o640)
    #expect(!bench.exists("new"))
    // Nobody confirmed: as the first run left it.
    let undone = try await session.rollback("second")
    #expect(undone.status == .done)
    #expect(bench.scratch.read("old") == "two\n")
    #expect(!bench.exists("going"))
    #expect(bench.scratch.read("new/deep/file") == "new\n")
    #expect(bench.scratch.read("private") == "password=def\n")
    #expect(bench.leftovers == 0)
  }

  @Test func `a review says what comes back and shows only what everybody may read`() async throws {
    let session = try await bench.locked()
    try await confirmed(session)
    let review = try await session.review("first")
    #expect(review.standing == .ready)
    #expect(review.items.allSatisfy { !$0.hasMoved })
    let old = try #require(review.items.first { $0.name == bench.path("old") })
    #expect(old.texts.before.map { String(decoding: $0, as: UTF8.self) } == "one\n")
    #expect(old.texts.now.map { String(decoding: $0, as: UTF8.self) } == "two\n")
    let hidden = try #require(review.items.first { $0.name == bench.path("private") })
    #expect(hidden.texts.before == nil && hidden.texts.now == nil)
    let node = try #require(NodeID("n"))
    let (plan, moved) = RollbackPlan.make(
      fleet: "f",
      run: "first",
      [(id: node, address: "10.0.0.1", roles: [], review: review)]
    )
    #expect(moved.isEmpty)
    let text = String(decoding: PlanFile(plan).bytes, as: UTF8.self)
    #expect(!text.contains("password"))
    let words = plan.changes.map {
      "\($0.address.name.split(separator: "/").last ?? "") \($0.action)"
    }
    #expect(
      Set(words) == [
        "old update", "new delete", "deep delete", "file delete", "private update", "going create",
      ]
    )
  }

  @Test func `what somebody changed since is named with how it was left and how it is`()
    async throws
  {
    let session = try await bench.locked()
    try await confirmed(session)
    bench.scratch.write("old", "three\n", mode: 0o644)
    let review = try await session.review("first")
    #expect(review.items.filter(\.hasMoved).map(\.name) == [bench.path("old")])
    let node = try #require(NodeID("n"))
    let moved = RollbackPlan.make(
      fleet: "f",
      run: "first",
      [(id: node, address: "10.0.0.1", roles: [], review: review)]
    ).moved
    #expect(moved.count == 1)
    #expect(moved[0].hasPrefix("node.n/file:\(bench.path("old")): the run left it as `file "))
  }

  @Test func `runs without a journal, unconfirmed ones and unknown ends are told apart`()
    async throws
  {
    let session = try await bench.locked()
    let standing1 = try await session.review("nothing").standing
    #expect(standing1 == .gone)
    _ = try await session.run(
      batch: [bench.write("a", "x")],
      transaction: "open",
      name: "files",
      window: 60
    )
    let standing2 = try await session.review("open").standing
    #expect(standing2 == .unconfirmed)
    let fate5 = try await session.confirm("open")
    #expect(fate5 == .confirmed)
    _ = Scratch.sh("rm \"$1/tx/open/after\"", bench.layout.stateDirectory)
    let standing3 = try await session.review("open").standing
    #expect(standing3 == .unknown)
    let error = await #expect(throws: ApplyError.self) {
      try await session.takeBack("nothing", waitingFor: [], transaction: "t", window: 60)
    }
    #expect(
      error?.message
        == "the way back could not be written, so nothing was changed: the journal of run nothing is gone"
    )
  }

  @Test func `the record of what is owned is kept from before the run`() async throws {
    let session = try await bench.locked()
    var manifest = Manifest(fleet: "f", node: "n", uuid: "u")
    manifest.generation = 7
    try await session.writeManifest(manifest, transaction: "zero")
    try await confirmed(session)
    manifest.generation = 8
    manifest.owned["file:/x"] = .init(role: "r", sha256: "")
    manifest.owned["package:nginx"] = .init(role: "r", sha256: "")
    try await session.writeManifest(manifest, transaction: "first")
    let review = try await session.review("first")
    #expect(review.manifest?.generation == 7)
    let after = RollbackPlan.manifest(before: review.manifest, now: manifest, review)
    #expect(after.generation == 9)
    // Packages do not come back, so they stay ours; the file went.
    #expect(after.owned.keys.sorted() == ["package:nginx"])
  }

  @Test(arguments: [
    ("disabled inactive enable", "", true), ("disabled inactive enable", "not-found", true),
    ("disabled active restart", "disabled", true), ("disabled inactive enable", "enabled", false),
    ("enabled active restart", "", false), ("enabled active restart", "disabled", false),
    (" inactive start", "", true), ("static inactive start", "static", true),
  ])
  func `a unit whose file the run brought is back when it is gone`(
    before: String,
    now: String,
    isBack: Bool
  ) {
    let item = RunReview.Item(kind: "unit", name: "x.service", before: before, now: now, left: "")
    #expect(RollbackPlan.isBack(item) == isBack)
  }

  @Test func `the history is told as it was written`() async throws {
    let session = try await bench.locked()
    let none = try await session.history()
    #expect(none.isEmpty)
    try await session.appendHistory("{\"run\":\"a\"}", transaction: "a")
    try await session.appendHistory("{\"run\":\"b\"}", transaction: "b")
    let told = try await session.history()
    #expect(told == ["{\"run\":\"a\"}", "{\"run\":\"b\"}"])
  }
}
