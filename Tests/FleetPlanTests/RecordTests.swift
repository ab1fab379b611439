import FleetModel
import FleetPlan
import FleetResources
import Testing

/// What a node's manifest says after an apply follows from what is seen there, not from what the steps said.
@Suite struct RecordTests {
  /// A node before and after the apply of a plan.
  struct Applied {
    let plan: Plan
    let before: ObservedNode
    let after: ObservedNode
    let manifest: Manifest
    let node: OneNode

    init(_ changed: OneNode) throws {
      var node = changed
      plan = try node.fleet.plan()
      before = try #require(node.fleet.nodes[node.id]?.seen)
      manifest = try #require(before.manifest.known)
      try node.fleet.apply(plan)
      after = try #require(node.fleet.nodes[node.id]?.seen)
      self.node = node
    }

    /// The record that the apply leaves when the node looks like `seen` after it.
    func record(seeing seen: ObservedNode) -> Manifest {
      manifest.updated(
        applying: plan.changes(of: node.id),
        resources: node.fleet.wanted[node.id] ?? [],
        before: before,
        after: seen,
        context: node.fleet.context(node.id),
        startups: [:]
      )
    }
  }

  @Test func `what nobody wants any more and is not there is no longer owned`() throws {
    var manifest = Manifest(fleet: "test", node: "n", uuid: "u")
    for key in ["file:/etc/gone", "file:/etc/there", "unit:gone.service", "dir:/etc/gone.d"] {
      manifest.owned[key] = .init(role: "web", sha256: "")
    }
    var after = ObservedNode()
    after.paths["/etc/gone"] = .absent
    after.paths["/etc/gone.d"] = .absent
    after.paths["/etc/there"] = .value(ObservedPath(kind: .file, ownership: Make.root))
    after.units["gone.service"] = .absent
    let node = try OneNode()
    let updated = manifest.updated(
      applying: [],
      resources: [],
      before: after,
      after: after,
      context: node.fleet.context(node.id),
      startups: [:]
    )
    #expect(updated.owned.keys.sorted() == ["dir:/etc/gone.d", "file:/etc/there"])
  }

  @Test func `a restart after which the same process runs stays owed`() throws {
    var node = try OneNode()
    node.want(
      Make.file(
        node.id,
        OneNode.conf,
        FileContent(text: "port 1\n"),
        role: "redis",
        effect: .init(restart: ["redis.service"])
      )
    )
    let applied = try Applied(node)
    var unchanged = applied.after
    unchanged.units["redis.service"] = applied.before.units["redis.service"]
    let owed = applied.manifest.loaded["redis.service"]
    #expect(applied.record(seeing: unchanged).loaded["redis.service"] == owed)
    #expect(applied.record(seeing: applied.after).loaded["redis.service"] != owed)
  }

  @Test func `what was stopped and runs all the same stays ours`() throws {
    var node = try OneNode()
    node.fleet.wanted[node.id]?.removeAll { $0.address.name == "redis.service" }
    let applied = try Applied(node)
    #expect(OneNode.lines(applied.plan) == ["stop,disable unit:redis.service [intent]"])
    func isOwned(_ seen: ObservedNode) -> Bool {
      applied.record(seeing: seen).owned["unit:redis.service"] != nil
    }
    #expect(isOwned(applied.before))
    #expect(!isOwned(applied.after))
    var enabled = applied.after
    enabled.units["redis.service"] = .value(ObservedUnit())
    #expect(!isOwned(enabled))
    var unit = ObservedUnit()
    unit.unitFileState = "enabled"
    enabled.units["redis.service"] = .value(unit)
    #expect(isOwned(enabled))
  }

  @Test func `what was removed and is there all the same stays ours`() throws {
    var node = try OneNode()
    node.fleet.wanted[node.id]?.removeAll { $0.address.name == OneNode.site }
    let applied = try Applied(node)
    #expect(OneNode.lines(applied.plan).contains { $0.hasSuffix("file:/etc/nginx/site [intent]") })
    let key = "file:\(OneNode.site)"
    #expect(applied.record(seeing: applied.before).owned[key] != nil)
    #expect(applied.record(seeing: applied.after).owned[key] == nil)
  }
}
