import Glibc
import Testing

@testable import FleetCommands

@Suite struct FilesTests {
  @Test func aFileIsReplacedWholeAndForItsOwnerOnly() throws {
    let path = try folder() + "/fleet.plan"
    try Files.write(Array("one".utf8), to: path)
    try Files.write(Array("two and more".utf8), to: path)
    #expect(try Files.read(path) == Array("two and more".utf8))
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test func aFailedWriteNamesThePathAndLeavesNothing() throws {
    let folder = try folder()
    let path = folder + "/missing/fleet.plan"
    #expect(throws: FileError.self) { try Files.write([1], to: path) }
    #expect(!Files.exists(path))
  }

  @Test func aTreeIsListedSortedWithoutLinksAndExcludes() throws {
    let root = try folder()
    mkdir(root + "/b", 0o755)
    mkdir(root + "/venv", 0o755)
    for name in ["b/two.sh", "a", "venv/no"] {
      try Files.write([1], to: root + "/" + name)
    }
    chmod(root + "/b/two.sh", 0o700)
    symlink("/etc/passwd", root + "/link")
    let found = try Files.tree(root) { $0 == "venv/" }
    #expect(found.map(\.path) == ["a", "b/two.sh"])
    #expect(found.map(\.executable) == [false, true])
  }

  private func folder() throws -> String {
    var name = Array("/tmp/fleetctl-files-XXXXXX".utf8CString)
    try #require(mkdtemp(&name) != nil)
    return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
