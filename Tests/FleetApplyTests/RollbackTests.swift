import FleetModel
import FleetResources
import Glibc
import Testing

@testable import FleetApply

@Suite struct RollbackTests {
  let bench: Bench
  init() throws { bench = try Bench() }

  /// Everything below the folder but the runtime's own: type, mode, target, content.
  func picture() -> String? {
    _ = Scratch.sh(
      """
      cd "$1" && rm -f picture && { find etc -printf '%p %y %m %l\n' | sort; find etc -type f | sort | xargs -r cat; } > picture
      """,
      bench.scratch.path
    )
    return bench.scratch.read("picture")
  }

  func prepare() {
    mkdir(bench.path("etc"), 0o755)
    mkdir(bench.path("etc/dir"), 0o711)
    bench.scratch.write("etc/changed", "old\n\0bytes", mode: 0o4755)
    bench.scratch.write("etc/removed", "gone", mode: 0o600)
    bench.scratch.write("etc/rights", "r", mode: 0o644)
    symlink("somewhere", bench.path("etc/link"))
  }

  @Test func `every change of every batch is taken back, the last first`() async throws {
    prepare()
    let before = picture()
    let session = try await bench.locked()
    let first = try await session.run(
      batch: [
        bench.write("etc/changed", "new"),
        bench.write("etc/new/deep/file", "x", before: "absent"),
        bench.operation(.remove, bench.path("etc/removed")),
        bench.operation(.makeLink, bench.path("etc/link"), "elsewhere"),
      ],
      transaction: "t",
      name: "one"
    )
    let second = try await session.run(
      batch: [
        bench.write("etc/changed", "newer"),
        bench.operation(.setOwnership, bench.path("etc/rights"), "0600", bench.owner, bench.group),
        bench.operation(.makeDirectory, bench.path("etc/dir"), "0700", bench.owner, bench.group),
        bench.operation(.makeDirectory, bench.path("etc/made"), "0700", bench.owner, bench.group),
      ],
      transaction: "t",
      name: "two"
    )
    #expect((first + second).allSatisfy { $0.status == .done })
    #expect(picture() != before)
    #expect(try await session.rollback("t").status == .done)
    #expect(picture() == before)
    // Once more changes nothing.
    #expect(try await session.rollback("t").status == .done)
    #expect(picture() == before)
    #expect(bench.leftovers == 0)
  }

  @Test func `of a batch that failed only what was done is taken back`() async throws {
    prepare()
    let before = picture()
    let session = try await bench.locked()
    let results = try await session.run(
      batch: [
        bench.write("etc/changed", "new"), bench.write("etc/dir", "no"),
        bench.operation(.remove, bench.path("etc/removed")),
      ],
      transaction: "t",
      name: "one"
    )
    #expect(results.map(\.status) == [.done, .failed, .skipped])
    // Somebody else's change to what was never reached is not undone.
    bench.scratch.write("etc/removed", "newer", mode: 0o600)
    #expect(try await session.rollback("t").status == .done)
    #expect(picture() == before?.replacing("gone", with: "newer"))
  }

  @Test func `a source tree is taken back, with what was deleted`() async throws {
    mkdir(bench.path("etc"), 0o755)
    let session = try await bench.locked()
    func sync(_ name: String, _ build: String, delete: [String]) async throws -> [OperationResult] {
      let made = Scratch.sh(
        """
        rm -rf "$1/build" && mkdir -p "$1/build" && cd "$1/build" && eval "$2" && \
        tar -cf ../tree.tar --owner=0 --group=0 $(ls) .fleetctl-manifest && rm -rf ../build
        """,
        bench.scratch.path,
        build
      )
      try #require(made == 0)
      let arguments =
        [bench.path("etc/app"), bench.owner, bench.group, bench.path("sources/app")] + delete
      let tar = bytes(of: bench.path("tree.tar"))
      let operation = NodeOperation(.syncSource, arguments, blob: Secret(tar), for: nil)
      return try await session.run(batch: [operation], transaction: "t\(name)", name: name)
    }
    let first = try await sync(
      "1",
      "mkdir -p a/b; echo one > a/b/f; echo keep > k; echo 'x 0 a/b/f\nx 0 k' > .fleetctl-manifest",
      delete: []
    )
    #expect(first.map(\.status) == [.done])
    #expect(bench.scratch.read("etc/app/a/b/f") == "one\n")
    bench.scratch.write("etc/app/foreign", "not ours")
    let before = picture()
    let list = bench.scratch.read("sources/app")

    let second = try await sync(
      "2",
      "echo two > k; chmod 755 k; mkdir n; echo new > n/f; echo 'x 1 k\nx 0 n/f' > .fleetctl-manifest",
      delete: ["a/b/f"]
    )
    #expect(second.map(\.status) == [.done])
    #expect(bench.scratch.read("etc/app/k") == "two\n")
    #expect(bench.mode("etc/app/k") == 0o755)
    #expect(!bench.exists("etc/app/a"))
    #expect(bench.scratch.read("etc/app/foreign") == "not ours")
    #expect(bench.scratch.read("sources/app") == "x 1 k\nx 0 n/f\n")
    #expect(bench.leftovers == 0)

    #expect(try await session.rollback("t2").status == .done)
    _ = Scratch.sh("rmdir \"$1/etc/app/n\"", bench.scratch.path)
    #expect(picture() == before)
    #expect(bench.scratch.read("sources/app") == list)
  }

  @Test func `a tree never reaches outside of its folder`() async throws {
    mkdir(bench.path("etc"), 0o755)
    mkdir(bench.path("etc/app"), 0o755)
    bench.scratch.write("etc/precious", "x")
    symlink("..", bench.path("etc/app/up"))
    _ = Scratch.sh(
      "cd \"$1\" && : > .fleetctl-manifest && tar -cf tree.tar .fleetctl-manifest",
      bench.scratch.path
    )
    let session = try await bench.locked()
    for (index, name) in ["../precious", "up/precious", "/etc/hostname", "a/../../precious"]
      .enumerated()
    {
      let arguments = [
        bench.path("etc/app"), bench.owner, bench.group, bench.path("sources/app"), name,
      ]
      let tar = bytes(of: bench.path("tree.tar"))
      let operation = NodeOperation(.syncSource, arguments, blob: Secret(tar), for: nil)
      let results = try await session.run(batch: [operation], transaction: "t", name: "b\(index)")
      #expect(results.map(\.status) == [.failed], "\(name)")
    }
    #expect(bench.exists("etc/precious"))
  }

  func bytes(of path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = read(descriptor, &bytes, bytes.count)
    return Array(bytes[..<max(count, 0)])
  }
}
