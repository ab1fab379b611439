import FleetModel
import FleetPlan
import FleetResources
import Testing

@testable import FleetApply

@Suite struct NodeProgressTests: RunMaterial {
  /// What an apply could not begin it does not note as done: neither a batch that was lost nor one that was refused.
  @Test(arguments: [true, false])
  func `what was never begun stays in the record of what is owned`(isLost: Bool) throws {
    let log = Log()
    var task = try task("n", [], log)
    let address = ResourceAddress(task.node, .file, "/etc/old")
    let change = PlannedChange(
      address,
      role: "r",
      actions: [.delete],
      label: .intent,
      phase: .configure
    )
    var observed = task.observed
    var before = Manifest(fleet: "test", node: "n", uuid: "u")
    before.owned["file:/etc/old"] = .init(role: "r", sha256: "")
    observed.manifest = .value(before)
    task = NodeTask(
      task.input,
      schedule: NodeSchedule(node: task.node, changes: [change]),
      observed: observed,
      worker: task.worker
    )
    var progress = NodeProgress(task)
    progress.hasActivated = true
    let operation = NodeOperation(.remove, ["/etc/old"], for: address)
    if isLost {
      _ = progress.take([operation], .unknown("the batch was cut off"), at: .zero)
      #expect(progress.result.outcome == .unknown)
      _ = progress.take(.neverBegun("it is as before"))
      #expect(!progress.hasActivated)
    } else {
      _ = progress.take([operation], .refused("the batch does not arrive"), at: .zero)
    }
    #expect(progress.result.outcome == .failed)
    #expect(progress.result.failed.last?.why.contains("outcome unknown") == false)
    let context = FleetKnowledge([task.input]).context(for: task.input, options: PlanOptions())
    #expect(progress.manifest(of: "test", context).owned["file:/etc/old"] != nil)
  }

  @Test(arguments: [true, false])
  func `a node that moved, or whose login lost sudo, was not touched and says so`(
    hasMoved: Bool
  )
    throws
  {
    let log = Log()
    let task = try task("n", [file("n", "/etc/a"), file("n", "/etc/b")], log)
    var progress = NodeProgress(task)
    let outcome: BatchOutcome = hasMoved ? .moved("it moved") : .notAllowed("no sudo")
    #expect(!outcome.isBegun)
    let failures = progress.take([NodeOperation(.daemonReload, [], for: nil)], outcome, at: .zero)
    let why = hasMoved ? "it moved" : "no sudo"
    #expect(failures == [.init(address: "node.n", why: why)])
    #expect(progress.result.outcome == (hasMoved ? .moved : .unreachable))
    #expect(progress.halted == why && !progress.isUnconfirmed)
    #expect(progress.hasFailed == hasMoved)
    let endings = AddressEnding.all(
      of: task.schedule.changes,
      progress.result,
      // Whatever the node says of them now, it was not this run.
      stillOpen: []
    )
    #expect(endings.map(\.kind) == [.skipped, .skipped])
    #expect(endings.allSatisfy { $0.why == why })
  }

  @Test(arguments: ["before", "after"])
  func `a restart that systemd only says it made fails while it can be taken back`(
    invocation: String
  ) throws {
    let log = Log()
    var task = try task("n", [], log)
    var observed = task.observed
    var unit = ObservedUnit()
    unit.invocation = "before"
    observed.units["a.service"] = .value(unit)
    task = NodeTask(
      task.input,
      schedule: task.schedule,
      observed: observed,
      worker: task.worker
    )
    let address = ResourceAddress(task.node, .unit, "a.service")
    var progress = NodeProgress(task)
    let operations = [
      NodeOperation(.unit, ["restart", "a.service"], for: address),
      NodeOperation(.waitUnit, ["a.service", "30", "2", ""], for: address),
    ]
    let failures = progress.take(
      operations,
      .results([
        OperationResult(status: .done, milliseconds: 1, output: []),
        OperationResult(status: .done, milliseconds: 1, output: Array("\(invocation) 0".utf8)),
      ]),
      at: .zero
    )
    let isLost = invocation == "before"
    let why = "systemd said that it restarted `a.service`, and what ran before still runs"
    #expect(failures.map(\.why) == (isLost ? [why] : []))
    #expect((progress.halted != nil) == isLost)
    #expect(progress.result.outcome == (isLost ? .failed : .changed))
  }

  @Test func `what a run touches is to be as it was seen under the lock, and nothing else`() throws
  {
    let log = Log()
    let resources = [
      file("n", "/etc/gone"), file("n", "/etc/kept"), file("n", "/etc/new"),
      file("n", "/etc/odd\n"),
      unit("n", "a.service", wave: 0), unit("n", "b.service", wave: 0),
    ]
    let made = try task("n", resources, log)
    var seen = made.observed
    let rights = Ownership(owner: "root", group: "adm", mode: 0o640)
    seen.paths = [
      "/etc/gone": .value(ObservedPath(kind: .link, ownership: rights, target: "x y")),
      "/etc/kept": .value(ObservedPath(kind: .file, ownership: rights, sha256: "aa")),
      "/etc/new": .absent, "/etc/odd\n": .absent, "/etc/old": .unknown("why"),
      "/etc/owned": .value(ObservedPath(kind: .file, ownership: rights, sha256: "bb")),
    ]
    for (name, invocation) in [("a.service", "1"), ("b.service", "3")] {
      var unit = ObservedUnit()
      unit.invocation = invocation
      seen.units[name] = .value(unit)
    }
    var manifest = Manifest(fleet: "test", node: "n", uuid: "u")
    manifest.owned["file:/etc/owned"] = .init(role: "gone", sha256: "bb")
    manifest.owned["file:/etc/other"] = .init(role: "gone", sha256: "cc")
    seen.manifest = .value(manifest)
    let touched = resources.map(\.address).filter { $0.name != "/etc/kept" }
    var changes = touched.map {
      PlannedChange($0, role: "r", actions: [.update], label: .intent, phase: .configure)
    }
    let orphan = ResourceAddress(made.node, .file, "/etc/owned")
    changes.append(
      PlannedChange(orphan, role: "gone", actions: [.delete], label: .intent, phase: .configure)
    )
    let task = NodeTask(
      made.input,
      schedule: NodeSchedule(node: made.node, changes: changes),
      observed: seen,
      worker: made.worker
    )
    var planned = PlannedNode(id: made.node, address: "", roles: [])
    planned.invocations = ["a.service": "1", "b.service": "2"]
    let plan = Plan(
      fleet: "test",
      options: PlanOptions(),
      nodes: [planned],
      changes: changes,
      diffs: [:],
      notes: []
    )
    #expect(
      Preconditions(task, plan: plan).lines == [
        "- - - - - /etc/new\u{1F}", "f 640 root adm bb /etc/owned\u{1F}",
        "l - - - - /etc/gone\u{1F}x y", "unit a.service 1",
      ]
    )
  }
}
