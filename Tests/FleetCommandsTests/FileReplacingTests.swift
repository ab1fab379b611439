import Glibc
import Testing

@testable import FleetCommands

@Suite struct FileReplacingTests {
  @Test func aFileKeepsItsModeAndALinkStaysALink() throws {
    let folder = try folder()
    let file = folder + "/fleet.yaml"
    try Files.write(Array("old".utf8), to: file)
    chmod(file, 0o2664)
    symlink("fleet.yaml", folder + "/link")
    try Files.replace(folder + "/link", with: Array("new".utf8))
    #expect(try Files.read(file) == Array("new".utf8))
    var status = stat()
    #expect(lstat(folder + "/link", &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFLNK)
    #expect(stat(file, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o2664)
    #expect(try Files.tree(folder) { _ in false }.map(\.path) == ["fleet.yaml"])
  }

  @Test(.enabled(if: geteuid() == 0, "only root may give files away"))
  func aFileKeepsItsOwner() throws {
    let file = try folder() + "/fleet.yaml"
    try Files.write(Array("old".utf8), to: file)
    #expect(chown(file, 65_534, 65_533) == 0)
    try Files.replace(file, with: [1])
    var status = stat()
    #expect(stat(file, &status) == 0)
    #expect(status.st_uid == 65_534)
    #expect(status.st_gid == 65_533)
  }

  @Test func whatIsNotThereIsNotCreated() throws {
    let file = try folder() + "/fleet.yaml"
    let error = #expect(throws: FileError.self) { try Files.replace(file, with: [1]) }
    #expect(error?.description == "cannot write `\(file)`: No such file or directory")
    #expect(!Files.exists(file))
  }

  private func folder() throws -> String {
    var name = Array("/tmp/fleetctl-replace-XXXXXX".utf8CString)
    try #require(mkdtemp(&name) != nil)
    return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
