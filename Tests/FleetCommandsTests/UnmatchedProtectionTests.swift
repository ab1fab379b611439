import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources
import Testing

@testable import FleetCommands

/// What only the nodes can tell of `protect`.
@Suite struct UnmatchedProtectionTests {
  /// Node `name` that wants a folder, and whose record has another one of a role that left.
  private func node(
    _ name: String,
    isSilent: Bool = false,
    hasRecord: Bool = true
  ) throws
    -> NodeInput
  {
    let id = try #require(NodeID(name))
    let rights = Ownership(owner: "root", group: "root", mode: 0o755)
    let folder = DirectorySpec(path: "/srv/wanted", ownership: rights, data: false)
    var observed = ObservedNode()
    var manifest = Manifest(fleet: "f", node: name, uuid: "u")
    manifest.owned["dir:/srv/recorded"] = Manifest.Entry(
      role: "old",
      sha256: "",
      data: true,
      effect: ChangeEffect()
    )
    observed.manifest = hasRecord ? .value(manifest) : .absent
    return NodeInput(
      id: id,
      address: "192.0.2.1",
      roles: ["web"],
      resources: [
        Resource(
          ResourceAddress(id, .dir, folder.path),
          role: "web",
          spec: .directory(folder),
          origin: "roles/web/role.yaml:1:1"
        )
      ],
      observation: isSilent
        ? .unreachable(step: "connect", cause: "timed out", remedy: nil) : .observed(observed)
    )
  }

  private func idle(
    _ entries: [String],
    _ own: [String],
    _ nodes: [NodeInput]
  ) -> [String] {
    let owners = Dictionary(
      nodes.map { ($0.id, own.map { Located($0, at: nil) }) },
      uniquingKeysWith: { first, _ in first }
    )
    return UnmatchedProtection(nodes).findings(entries.map { Located($0, at: nil) }, owners)
      .map(\.detail)
  }

  @Test func whatIsWantedOrRecordedIsGuarded() throws {
    let nodes = [try node("a"), try node("b", hasRecord: false)]
    let good = [
      "web", "old", "node.a", "*", "*/dir:/srv/*", "node.a/dir:/srv/recorded", "node.?/role.web",
      "node.gone/dir:/x",
    ]
    #expect(idle(good, [], nodes) == [])
    #expect(idle([], ["*", "dir:/srv/wanted", "web"], nodes) == [])
  }

  @Test func whatIsNeitherIsToldOnce() throws {
    let nodes = [try node("a"), try node("b", hasRecord: false)]
    #expect(
      idle(["*/dir:/srv/wantde", "node.b/dir:/srv/recorded", "redis"], [], nodes)
        == ["*/dir:/srv/wantde", "node.b/dir:/srv/recorded", "redis"].map { entry in
          "`\(entry)` of `protect` matches nothing that is wanted or recorded on its nodes. It guards nothing; addresses look as plans print them."
        }
    )
    #expect(
      idle([], ["old"], nodes) == [
        "`old` of `protect` matches nothing that is wanted or recorded on node.b. It guards nothing; addresses look as plans print them."
      ]
    )
  }

  @Test func whileANodeIsSilentNobodyKnows() throws {
    let nodes = [try node("a"), try node("b", isSilent: true)]
    #expect(idle(["*/dir:/srv/wantde", "node.b/dir:/x"], [], nodes) == [])
    #expect(idle(["node.a/dir:/x"], [], nodes).count == 1)
  }
}
