import FleetApply
import FleetModel
import FleetPlan
import FleetResources
import Testing

@testable import FleetCommands

/// Nodes that a run leaves as they are while the others go on.
@Suite struct LeftOutTests {
  @Test func `a node that moved is left out with what moved, the others are not`() throws {
    let plan = try plan(["a": [], "b": []])
    var left = LeftOut()
    left.add(Moved.Node(id: try id("a"), what: "node.a/file:/etc/a"))
    #expect(left.addDependents(in: plan).isEmpty)
    #expect(left.leavesSomething(of: plan))
    let why = "moved since the plan, so nothing was done here: node.a/file:/etc/a; plan again"
    let result = try #require(left.results(of: plan).first)
    #expect(left.results(of: plan).count == 1)
    #expect(result.outcome == .moved)
    #expect(result.failed == [.init(address: "node.a", why: why)])
    let endings = AddressEnding.all(of: plan.changes(of: result.node), result, stillOpen: [])
    #expect(endings.map(\.kind) == [.skipped])
    #expect(endings.map(\.why) == [why])
  }

  @Test func `what needs a change of a node that is left out waits, also over others`() throws {
    let plan = try plan(["a": [], "b": ["a"], "c": ["b"], "d": []])
    var left = LeftOut()
    left.addFrozen(try id("a"), "the node is frozen: a disk")
    #expect(left.addDependents(in: plan).map(\.name) == ["b", "c"])
    #expect(!left.has(try id("d")))
    let results = left.results(of: plan)
    #expect(results.map(\.outcome) == [.frozen, .skipped, .skipped])
    #expect(
      results.map { $0.skipped.map(\.why) } == [
        [], ["node.b/file:/etc/b needs node.a/file:/etc/a, and node.a is frozen"],
        ["node.c/file:/etc/c needs node.b/file:/etc/b, which is left out"],
      ]
    )
    for result in results {
      let endings = AddressEnding.all(of: plan.changes(of: result.node), result, stillOpen: [])
      #expect(endings.map(\.kind) == [.skipped])
    }
  }

  @Test func `the node that makes a value must take part though nothing of it changes`() throws {
    var plan = try plan(["b": [], "c": []])
    plan.changes[0].producer = ResourceAddress(try id("ca"), .certificate, "authority")
    var left = LeftOut()
    left.addUnreachable(try id("ca"), "connect: timed out")
    #expect(left.addDependents(in: plan).map(\.name) == ["b"])
    let why =
      "node.b/file:/etc/b needs node.ca/certificate:authority, and node.ca cannot be reached"
    #expect(left.reasons[try id("b")]?.why == why)
  }

  @Test func `what is needed and not part of the plan keeps nobody back`() throws {
    var plan = try plan(["a": [], "b": ["a"]])
    plan.changes.removeFirst()
    var left = LeftOut()
    left.addFrozen(try id("a"), "the node is frozen: a disk")
    #expect(left.addDependents(in: plan).isEmpty)
  }

  @Test func `a rollout goes on without the nodes that are left out`() throws {
    var plan = try plan(["a": [], "b": [], "c": []])
    var rollout = PlannedRollout(role: "r", carriers: 3, nodes: [try id("a"), try id("b")])
    rollout.canary = 1
    let whole = PlannedRollout(role: "s", carriers: 1, nodes: [try id("a")])
    plan.rollouts = [rollout, whole]
    var left = LeftOut()
    left.add(Moved.Node(id: try id("a"), what: "x"))
    let rollouts = left.rollouts(of: plan)
    #expect(rollouts.map(\.role) == ["r"])
    #expect(rollouts.map { $0.nodes.map(\.name) } == [["b"]])
    #expect(rollouts.map(\.carriers) == [3])
  }

  @Test func `where nothing is left the gravest reason is told`() throws {
    let plan = try plan(["a": [], "b": [], "c": ["a"]])
    var left = LeftOut()
    left.add(Moved.Node(id: try id("a"), what: "x"))
    left.addUnreachable(try id("b"), "connect: timed out")
    left.addDependents(in: plan)
    #expect(!left.leavesSomething(of: plan))
    #expect(left.status == .conflict)
    var lost = LeftOut()
    lost.addUnreachable(try id("b"), "connect: timed out")
    #expect(lost.status == .unreachable)
    lost.addFrozen(try id("a"), "the node is frozen: a disk")
    #expect(lost.status == .nodeFrozen)
    // The first reason stands.
    lost.add(Moved.Node(id: try id("a"), what: "x"))
    #expect(lost.reasons[try id("a")]?.outcome == .frozen)
  }

  @Test func `a node that left the fleet is told so`() throws {
    var left = LeftOut()
    left.add(Moved.Node(id: try id("a"), what: nil))
    let why = "the node is no longer in fleet.yaml; plan again"
    #expect(left.results(of: try plan(["a": []])).map { $0.failed.map(\.why) } == [[why]])
  }

  @Test func `nodes end side by side, and what they say is told in their order`() async {
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let notes = await SideBySide.notes(["hangs", "goes on"]) { node in
      if node == "hangs" {
        for await _ in gate { break }
      } else {
        open.yield()
      }
      return [node]
    }
    #expect(notes == ["hangs", "goes on"])
  }

  private func id(_ name: String) throws -> NodeID { try #require(NodeID(name)) }

  /// One file a node, which needs the files of the nodes named.
  private func plan(_ needs: [String: [String]]) throws -> Plan {
    let names = needs.keys.sorted()
    return Plan(
      fleet: "f",
      options: PlanOptions(),
      nodes: try names.map { PlannedNode(id: try id($0), address: "10.0.0.1", roles: []) },
      changes: try names.map { name in
        var change = PlannedChange(
          ResourceAddress(try id(name), .file, "/etc/\(name)"),
          role: "r",
          actions: [.create],
          label: .intent,
          phase: .configure
        )
        change.requires = try (needs[name] ?? []).map {
          ResourceAddress(try id($0), .file, "/etc/\($0)")
        }
        return change
      },
      diffs: [:],
      notes: []
    )
  }
}
