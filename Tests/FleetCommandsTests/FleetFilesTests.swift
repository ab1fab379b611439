import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetTestSupport
import FoundationEssentials
import Glibc
import Testing

@testable import FleetCommands

@Suite struct FleetFilesTests {
  /// A folder of its own, gone after the test.
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = TemporaryFolder.make()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func write(_ text: String, to path: String) throws {
    try FileManager.default.createDirectory(
      atPath: SourceTree.folder(of: path),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  private func files(_ folder: String) -> FleetFiles {
    FleetFiles(main: folder + "/fleet.yaml", SourceText(name: folder + "/fleet.yaml", text: ""))
  }

  private func why(_ answer: IncludeAnswer) -> String? {
    if case .unreadable(let why, _) = answer { why } else { nil }
  }

  @Test func anIncludedFileIsReadFromTheMainFilesFolderAndKept() throws {
    try inFolder { folder in
      try write("a: 1", to: folder + "/x/a.yaml")
      var files = files(folder)
      guard case .text(let source, let identity) = files.include("x/a.yaml", limit: 100) else {
        Issue.record("not read")
        return
      }
      #expect(source.name == folder + "/x/a.yaml")
      #expect(source.bytes == Array("a: 1".utf8))
      #expect(identity == Files.realPath(folder + "/x/a.yaml"))
      #expect(files.sources.keys.sorted() == [folder + "/fleet.yaml", folder + "/x/a.yaml"])
    }
  }

  @Test func aLinkHasTheIdentityOfItsFile() throws {
    try inFolder { folder in
      try write("a: 1", to: folder + "/a.yaml")
      #expect(symlink("a.yaml", folder + "/b.yaml") == 0)
      var files = files(folder)
      guard case .text(_, let one) = files.include("a.yaml", limit: 100),
        case .text(_, let other) = files.include("b.yaml", limit: 100)
      else {
        Issue.record("not read")
        return
      }
      #expect(one == other)
    }
  }

  @Test func whatIsNoRegularFileIsRefusedWithoutWaiting() throws {
    try inFolder { folder in
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      #expect(mkdir(folder + "/folder", 0o700) == 0)
      var files = files(folder)
      #expect(why(files.include("pipe", limit: 100)) == "Not a regular file")
      #expect(why(files.include("folder", limit: 100)) == "Is a directory")
      #expect(why(files.include("/dev/zero", limit: 100)) == "Not a regular file")
      #expect(why(files.include("nothing", limit: 100)) == "No such file or directory")
    }
  }

  @Test func aMissingFileNamesWhatStandsBesideIt() throws {
    try inFolder { folder in
      try write("", to: folder + "/x/web.yaml")
      try write("", to: folder + "/x/.hidden")
      var files = files(folder)
      guard case .unreadable(_, let nearby) = files.include("x/wbe.yaml", limit: 100) else {
        Issue.record("read")
        return
      }
      #expect(nearby == ["web.yaml"])
    }
  }

  @Test func moreThanTheLimitIsNoticedAndNotSwallowed() throws {
    try inFolder { folder in
      try write(String(repeating: "x", count: 3 << 20), to: folder + "/big")
      var files = files(folder)
      guard case .text(let source, _) = files.include("big", limit: 1 << 20) else {
        Issue.record("not read")
        return
      }
      #expect(source.bytes.count > 1 << 20)
      #expect(source.bytes.count < 2 << 20)
    }
  }

  @Test func aFleetInSeveralFilesIsLoadedWithItsRoles() throws {
    try inFolder { folder in
      try write(
        """
        version: 1
        fleet: f
        registry: none
        include: [nodes/web.yaml]
        groups: {g: {nodes: ["*"], roles: [{web: {level: 3}}]}}
        """,
        to: folder + "/fleet.yaml"
      )
      try write(
        "nodes: {web-1: {address: 10.0.0.1}}\nrole_paths: [../roles]\nsources: {s: {path: src}}",
        to: folder + "/nodes/web.yaml"
      )
      try write(
        """
        name: web
        summary: A role.
        layer: business
        params: {level: {type: int, default: 1, doc: Level.}}
        """,
        to: folder + "/roles/web/role.yaml"
      )
      let loaded = try LoadedFleet.load(folder + "/fleet.yaml", strict: false)
      #expect(loaded.diagnostics.sorted().map(\.detail) == [])
      let resolved = try #require(loaded.resolved)
      #expect(resolved.instances(of: "web").map(\.node.id.name) == ["web-1"])
      #expect(resolved.fleet.sources["s"]?.value == "nodes/src")
      #expect(loaded.sources.count == 3)
    }
  }
}

/// Names of folders that nobody else uses.
private enum TemporaryFolder {
  static func make() -> String {
    var template = Array("/tmp/fleetctl-test-XXXXXX".utf8CString)
    return mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
  }
}
