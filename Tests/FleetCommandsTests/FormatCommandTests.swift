import FleetTestSupport
import FoundationEssentials
import Glibc
import Testing

/// `fleetctl fmt` as it is called: exit statuses, what it prints, which files it changes.
@Suite struct FormatCommandTests {
  private static let untidy = "version:   1\nfleet: f   # mine\nnodes:\n    a: {address: h}\n"
  private static let tidy = "version: 1\nfleet: f  # mine\nnodes:\n  a: {address: h}\n"
  private static let broken = "version: 1\nnodes: [a\n"

  /// A folder with files of its own, gone after the test.
  private func inFolder(
    _ files: [String: String],
    _ body: (Folder) throws -> Void
  ) throws {
    var template = Array("/tmp/fleetctl-fmt-XXXXXX".utf8CString)
    let root = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { try? FileManager.default.removeItem(atPath: root) }
    let folder = Folder(path: root + "/work")
    for (name, text) in files.sorted(by: { $0.key < $1.key }) { try folder.write(text, to: name) }
    try body(folder)
  }

  private struct Folder {
    let path: String

    func write(_ text: String, to name: String) throws {
      let file = "\(path)/\(name)"
      try FileManager.default.createDirectory(
        atPath: SourceTree.folder(of: file),
        withIntermediateDirectories: true
      )
      try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    }

    func text(_ name: String) -> String? { SourceTree.text(at: "\(path)/\(name)") }

    func fmt(_ arguments: String..., input: String = "") -> CommandRun {
      CommandRun(["fmt"] + arguments, in: path, input: input)
    }
  }

  @Test func aFileIsFormattedAndNamedAndTheSecondRunSaysNothing() throws {
    try inFolder(["fleet.yaml": Self.untidy]) { folder in
      let first = folder.fmt()
      #expect(first.status == 0)
      #expect(first.output == "fleet.yaml\n")
      #expect(first.errors == "")
      #expect(folder.text("fleet.yaml") == Self.tidy)
      let second = folder.fmt()
      #expect(second.status == 0)
      #expect(second.output + second.errors == "")
    }
  }

  @Test func checkNamesTheFileExits3AndWritesNothing() throws {
    try inFolder(["fleet.yaml": Self.untidy]) { folder in
      let run = folder.fmt("--check")
      #expect(run.status == 3)
      #expect(run.output == "fleet.yaml\n")
      #expect(folder.text("fleet.yaml") == Self.untidy)
    }
  }

  @Test func checkOfAFormattedFileExits0AndIsSilent() throws {
    try inFolder(["fleet.yaml": Self.tidy]) { folder in
      let run = folder.fmt("--check")
      #expect(run.status == 0)
      #expect(run.output + run.errors == "")
    }
  }

  @Test func diffShowsTheLinesExits0AndWritesNothing() throws {
    try inFolder(["fleet.yaml": Self.untidy]) { folder in
      let run = folder.fmt("--diff")
      #expect(run.status == 0)
      #expect(run.output.hasPrefix("--- fleet.yaml\n+++ fleet.yaml, formatted\n@@ "))
      #expect(run.output.contains("\n-version:   1\n"))
      #expect(run.output.contains("\n+version: 1\n"))
      #expect(folder.text("fleet.yaml") == Self.untidy)
      let checked = folder.fmt("--diff", "--check")
      #expect(checked.status == 3)
      #expect(checked.output == run.output)
    }
  }

  @Test(arguments: [[], ["--check"], ["--diff"]])
  func aSyntaxErrorExits1WithItsPlaceAndLeavesTheFileAlone(_ options: [String]) throws {
    try inFolder(["fleet.yaml": Self.broken]) { folder in
      let run = CommandRun(["fmt"] + options, in: folder.path)
      #expect(run.status == 1)
      #expect(run.output == "")
      #expect(run.errors.contains("FLT1001"))
      #expect(run.errors.contains("fleet.yaml:"))
      #expect(folder.text("fleet.yaml") == Self.broken)
    }
  }

  @Test func anErrorInOneFileDoesNotKeepItFromTheOthers() throws {
    try inFolder(["a.yaml": Self.broken, "b.yaml": Self.untidy]) { folder in
      let run = folder.fmt("a.yaml", "missing.yaml", "b.yaml")
      #expect(run.status == 1)
      #expect(run.output == "b.yaml\n")
      #expect(run.errors.contains("cannot read `missing.yaml`: No such file or directory"))
      #expect(folder.text("a.yaml") == Self.broken)
      #expect(folder.text("b.yaml") == Self.tidy)
    }
  }

  @Test func standardInputGoesToStandardOutput() throws {
    try inFolder(["fleet.yaml": Self.untidy]) { folder in
      let run = folder.fmt("-", input: Self.untidy)
      #expect(run.status == 0)
      #expect(run.output == Self.tidy)
      #expect(run.errors == "")
      let check = folder.fmt("--check", "-", input: Self.untidy)
      #expect(check.status == 3)
      #expect(check.output == "stdin\n")
      let refused = folder.fmt("-", input: Self.broken)
      #expect(refused.status == 1)
      #expect(refused.output == "")
      #expect(folder.text("fleet.yaml") == Self.untidy)
    }
  }

  @Test func whatTheFleetIncludesIsFormattedWithItEachFileOnce() throws {
    let main = "version: 1\nfleet: f\ninclude:   [parts/web.yaml, parts/db.yaml]\n"
    let web = "include:   [db.yaml]\nnodes:\n    w: {address: w}\n"
    let database = "nodes:\n    d: {address: d}\n"
    let files = ["fleet.yaml": main, "parts/web.yaml": web, "parts/db.yaml": database]
    try inFolder(files) { folder in
      let check = folder.fmt("--check")
      #expect(check.status == 3)
      #expect(check.output == "fleet.yaml\nparts/web.yaml\nparts/db.yaml\n")
      let run = folder.fmt()
      #expect(run.status == 0)
      #expect(run.output == check.output)
      #expect(folder.text("parts/db.yaml") == "nodes:\n  d: {address: d}\n")
      #expect(folder.fmt("--check").status == 0)
      // A file that is named is formatted alone.
      try folder.write(database, to: "parts/db.yaml")
      #expect(folder.fmt("fleet.yaml", "--check").status == 0)
    }
  }

  @Test func anIncludedFileThatIsNotThereIsTold() throws {
    try inFolder(["fleet.yaml": "version: 1\nfleet: f\ninclude: [gone.yaml]\n"]) { folder in
      let run = folder.fmt()
      #expect(run.status == 1)
      #expect(run.errors.contains("cannot read `gone.yaml`"))
    }
  }

  @Test func anUnknownOptionIsAUsageError() throws {
    try inFolder([:]) { folder in
      try folder.write("", to: "x")
      #expect(folder.fmt("--chek").status == 64)
    }
  }
}
