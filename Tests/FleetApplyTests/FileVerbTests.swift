import FleetDigest
import FleetResources
import Glibc
import Testing

@testable import FleetApply

@Suite struct FileVerbTests {
  let bench: Bench
  init() throws { bench = try Bench() }

  func run(_ operations: NodeOperation..., name: String = "b") async throws -> [OperationResult] {
    try await bench.locked().run(batch: operations, transaction: "t", name: name)
  }

  @Test func `a file is written with its mode and nothing is left beside it`() async throws {
    let text = "line\n\n@@x end 1\n\0binary\u{FF}, no newline at the end"
    let results = try await run(bench.write("etc/new/deep/file", text, before: "absent"))
    #expect(results.map(\.status) == [.done])
    #expect(bench.scratch.read("etc/new/deep/file") == text)
    #expect(bench.mode("etc/new/deep/file") == 0o640)
    #expect(bench.mode("etc/new") == 0o755)
    #expect(bench.leftovers == 0)
  }

  @Test func `a file that moved since the plan is not touched, and the rest is skipped`()
    async throws
  {
    bench.scratch.write("a", "by hand")
    let planned = SHA256.hex(Array("as planned".utf8))
    let results = try await run(bench.write("a", "new", before: planned), bench.write("b", "never"))
    #expect(results.map(\.status) == [.failed, .skipped])
    #expect(results[0].text.contains("moved since the plan"))
    #expect(bench.scratch.read("a") == "by hand")
    #expect(!bench.exists("b"))
  }

  @Test func `the file that is already as wanted is no surprise`() async throws {
    bench.scratch.write("a", "new", mode: 0o600)
    let results = try await run(bench.write("a", "new", before: "absent"))
    #expect(results.map(\.status) == [.done])
    #expect(bench.mode("a") == 0o640)
  }

  @Test func `a masked unit, a folder and a path through a link are refused`() async throws {
    symlink("/dev/null", bench.path("masked"))
    mkdir(bench.path("folder"), 0o755)
    symlink("folder", bench.path("alias"))
    mkdir(bench.path("open"), 0o755)
    chmod(bench.path("open"), 0o777)
    for (index, name) in ["masked", "folder", "alias/a", "open/a", "x/../a", "y/./a"].enumerated() {
      let results = try await run(bench.write(name, "x"), name: "b\(index)")
      #expect(results.first?.status == .failed, "\(name)")
    }
    #expect(bench.scratch.read("folder/a") == nil)
    #expect(bench.leftovers == 0)
  }

  @Test func `a link is replaced, not followed`() async throws {
    bench.scratch.write("precious", "keep")
    symlink("precious", bench.path("link"))
    let results = try await run(bench.write("link", "new"))
    #expect(results.map(\.status) == [.done])
    #expect(bench.scratch.read("precious") == "keep")
    #expect(bench.scratch.read("link") == "new")
  }

  @Test func `folders, links and removals do what they say`() async throws {
    mkdir(bench.path("full"), 0o755)
    bench.scratch.write("full/file", "")
    mkdir(bench.path("empty"), 0o755)
    bench.scratch.write("old", "")
    let results = try await run(
      bench.operation(.makeDirectory, bench.path("d"), "2750", bench.owner, bench.group),
      bench.operation(.makeLink, bench.path("l"), "target with space"),
      bench.operation(.makeLink, bench.path("l"), "other"),
      bench.operation(.setOwnership, bench.path("full/file"), "0600", bench.owner, bench.group),
      bench.operation(.remove, bench.path("old")),
      bench.operation(.remove, bench.path("never-there")),
      bench.operation(.removeDirectory, bench.path("full")),
      bench.operation(.removeDirectory, bench.path("empty"))
    )
    #expect(results.allSatisfy { $0.status == .done })
    #expect(bench.mode("d") == 0o2750)
    var target = [CChar](repeating: 0, count: 100)
    #expect(readlink(bench.path("l"), &target, 99) == 5)
    #expect(bench.mode("full/file") == 0o600)
    #expect(!bench.exists("old"))
    #expect(results[6].text.hasPrefix("kept"))
    #expect(!bench.exists("empty"))
  }

  @Test func `a link never replaces a file or a folder`() async throws {
    bench.scratch.write("file", "x")
    mkdir(bench.path("folder"), 0o755)
    for name in ["file", "folder"] {
      let results = try await run(bench.operation(.makeLink, bench.path(name), "t"), name: name)
      #expect(results.map(\.status) == [.failed])
    }
  }

  @Test func `values are data: what looks like shell text runs nothing`() async throws {
    let marker = bench.path("ran")
    let name = "a $(touch \(marker)) `touch \(marker)` ; touch \(marker) * ?"
    let results = try await run(
      bench.write(name, "$(touch \(marker))"),
      bench.operation(.makeLink, bench.path("l"), "$(touch \(marker))"),
      bench.operation(
        .generateSecret,
        bench.path("s"),
        "a;touch \(marker)",
        "8",
        "0600",
        bench.owner,
        bench.group
      )
    )
    #expect(results.map(\.status) == [.done, .done, .failed])
    #expect(bench.scratch.read(name) == "$(touch \(marker))")
    #expect(!bench.exists("ran"))
  }

  @Test func `an argument with a control character is never sent`() async throws {
    let session = try await bench.locked()
    let operation = bench.operation(.makeLink, bench.path("l"), "a\nb")
    let error = await #expect(throws: ApplyError.self) {
      try await session.run(batch: [operation], transaction: "t", name: "b")
    }
    #expect(error?.code == .invalidArgument)
    for name in ["", "../x", "a/b", ".hidden", "a b"] {
      await #expect(throws: ApplyError.self) {
        try await session.run(batch: [bench.write("a", "")], transaction: "t", name: name)
      }
    }
  }

  @Test func `a secret is made once and the other keys stay`() async throws {
    bench.scratch.write("env", "# ours\nOTHER=1\nEMPTY=\nPASSWORD_OLD=x", mode: 0o600)
    let make = bench.operation(
      .generateSecret,
      bench.path("env"),
      "PASSWORD",
      "32",
      "0640",
      bench.owner,
      bench.group
    )
    let empty = bench.operation(
      .generateSecret,
      bench.path("env"),
      "EMPTY",
      "8",
      "0640",
      bench.owner,
      bench.group
    )
    let fresh = bench.operation(
      .generateSecret,
      bench.path("new/env"),
      "KEY",
      "20",
      "0640",
      bench.owner,
      bench.group
    )
    let results = try await run(make, empty, fresh)
    #expect(results.allSatisfy { $0.status == .done && $0.output.isEmpty })
    let text = try #require(bench.scratch.read("env"))
    let lines = text.split(separator: "\n")
    #expect(lines.prefix(3) == ["# ours", "OTHER=1", "PASSWORD_OLD=x"])
    let value = try #require(lines.first { $0.hasPrefix("PASSWORD=") }).dropFirst(9)
    #expect(value.utf8.count == 32)
    #expect(value.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
    #expect(lines.last?.utf8.count == 14)
    #expect(bench.mode("env") == 0o600)
    #expect(bench.mode("new/env") == 0o640)

    _ = try await run(make, name: "again")
    #expect(bench.scratch.read("env") == text)
    // Nothing of it stays in the transaction.
    #expect(Scratch.sh("grep -rq \"$2\" \"$1\"", bench.layout.stateDirectory, String(value)) == 1)
  }

  @Test func `a secret that another node made is written as it is, over no other value`()
    async throws
  {
    bench.scratch.write("env", "OTHER=1\nHAD=own\n", mode: 0o600)
    func give(_ key: String, _ value: String) -> NodeOperation {
      bench.operation(
        .generateSecret,
        bench.path("env"),
        key,
        "8",
        "0640",
        bench.owner,
        bench.group,
        blob: Array(value.utf8)
      )
    }
    let results = try await run(give("GIVEN", "\"a b\""), give("HAD", "theirs"))
    #expect(results.map(\.status) == [.done, .done])
    #expect(bench.scratch.read("env") == "OTHER=1\nHAD=own\nGIVEN=\"a b\"\n")
    #expect(bench.mode("env") == 0o600)
    let empty = try await run(give("NONE", ""), name: "empty")
    #expect(empty.map(\.text) == ["the value to share is empty\n"])
  }
}
