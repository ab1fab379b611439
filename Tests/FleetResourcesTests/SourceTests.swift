import FleetModel
import FleetResources
import Testing

@Suite struct SourceTests {
  private func file(_ path: String, _ digit: Character) -> SourceFile {
    SourceFile(path: path, sha256: String(repeating: digit, count: 64), executable: false)
  }

  private func list(_ files: [SourceFile]) -> String {
    files.map { $0.listLine + "\n" }.joined()
  }

  @Test func addedChangedAndDeletedFilesAreToldApart() {
    var executable = file("d", "1")
    executable.executable = true
    let delta = SourceDelta(
      list: list([file("a", "1"), file("b b", "1"), file("c", "1"), file("d", "1")]),
      wanted: [file("a", "1"), file("b b", "2"), file("e", "1"), executable]
    )
    #expect(delta.added.map(\.path) == ["e"])
    #expect(delta.changed.map(\.path) == ["b b", "d"])
    #expect(delta.deleted == ["c"])
  }

  @Test(arguments: ["/etc/shadow", "../up", "a/../../b", ""])
  func aListThatLeadsOutOfTheTreeDeletesNothing(path: String) {
    let digest = String(repeating: "a", count: 64)
    #expect(SourceDelta(list: "\(digest) - \(path)\n", wanted: []).deleted == [])
  }

  @Test func aTreeThatNobodyWantsLosesOnlyWhatWePutThere() throws {
    let list = SourceRemoval.listPath("/opt/web")
    var node = ObservedNode()
    let root = Ownership(owner: "web", group: "web", mode: 0o755)
    node.paths["/opt/web"] = .value(ObservedPath(kind: .directory, ownership: root))
    var file = ObservedPath(kind: .file, ownership: root)
    file.content = Secret(Array(self.list([self.file("a/b", "1")]).utf8))
    node.paths[list] = .value(file)
    let removal = try #require(SourceRemoval(target: "/opt/web", observed: node))
    let id = try #require(NodeID("n"))
    let step = removal.operation(for: ResourceAddress(id, .source, "/opt/web"))
    #expect(step.verb == .syncSource)
    #expect(step.arguments == ["/opt/web", "web", "web", list, "a/b"])
    #expect(step.blob?.reveal { $0.count } == 1536)
  }
}
