import FleetApply
import FleetCommands
import FleetModel
import FleetPlan
import FleetResources

/// One seed: a fleet, a version that is there, a version to apply, faults, and what must hold.
package struct Simulation {
  /// What came of one seed.
  package struct Outcome: Sendable {
    /// The seed.
    package var seed: UInt64
    /// What must not be, one line each; empty when all is well.
    package var violations: [String] = []
    /// How the apply under faults ended: an exit status, `killed`.
    package var ending = ""
    /// The faults drawn.
    package var faults: [String] = []
    /// Digest of the trace.
    package var digest: UInt64 = 0
    /// The trace, if it was asked for.
    package var trace: [String] = []
    /// Simulated seconds in all, and from the end of the faults to the empty plan.
    package var seconds = 0, secondsToConverge = 0
  }

  private let world: World
  private let seed: UInt64
  private let defects: Set<Defect>
  private var outcome: Outcome

  private init(_ seed: UInt64, _ recording: Bool, _ defects: Set<Defect>) {
    world = World(seed: seed, recording: recording)
    self.seed = seed
    self.defects = defects
    outcome = Outcome(seed: seed)
  }

  /// Runs one seed.
  package static func run(
    seed: UInt64,
    recording: Bool = false,
    defects: Set<Defect> = []
  ) -> Outcome {
    let simulation = Unchecked(Simulation(seed, recording, defects))
    let result = Unchecked(Box(Outcome(seed: seed)))
    let world = simulation.value.world
    let end = world.run {
      var simulation = simulation.value
      await simulation.perform()
      result.value.outcome = simulation.outcome
    }
    var outcome = result.value.outcome
    switch end {
    case .finished: break
    case .stuck:
      outcome.violations.append("liveness: nothing can happen any more, and it is not over")
    case .endless: outcome.violations.append("liveness: it never ends")
    }
    outcome.digest = world.trace.digest
    outcome.trace = world.trace.lines
    outcome.seconds = world.now / 1_000_000
    return outcome
  }

  private final class Box {
    var outcome: Outcome
    init(_ outcome: Outcome) { self.outcome = outcome }
  }

  private mutating func perform() async {
    var dice = world.dice
    let old = SimFleet.draw(&dice)
    let new = old.next(&dice)
    let isFresh = dice.chance(20)
    let faults = Faults.draw(new.apps.keys.sorted(), &dice)
    world.dice = dice
    outcome.faults = faults.names
    let nodes = new.apps.keys.sorted().map { Self.machine($0, world, defects) }
    var judge = SimJudge(
      nodes: nodes,
      fleets: [old, new, new.mended],
      services: !faults.isFlaky && !faults.drifts
    )
    if !isFresh {
      world.note("== the version before, without faults")
      let report = await apply(old, nodes, "before").perform()
      if report.status != .success {
        judge.violate(
          "a first apply without faults ended with \(report.status.map { "\($0)" } ?? "?")"
        )
      }
      await mustBeConverged(old, nodes, "after a first apply", &judge)
    }
    judge.begin(isFresh ? nil : old)
    world.note("== the new version, with \(faults.names.joined(separator: ", "))")
    await underFaults(old, new, faults, nodes, &judge)
    await heal(nodes)
    judge.look(at: new, old)
    world.note("== without faults")
    let began = world.now
    await thaw(nodes)
    await converge(new.mended, nodes, &judge)
    outcome.secondsToConverge = (world.now - began) / 1_000_000
    outcome.violations = judge.violations + nodes.flatMap(\.violations)
  }

  // MARK: Parts

  private static func machine(_ name: String, _ world: World, _ defects: Set<Defect>) -> SimNode {
    let node = SimNode(name, world)
    for path in [
      "/etc", "/etc/systemd", "/etc/systemd/system", "/etc/sysctl.d", "/opt", "/var", "/var/lib",
      "/usr", "/run",
    ] { node.disk.put(path, .folder(node.clock), at: 0) }
    node.disk.syncAll()
    node.defects = defects
    node.groups = ["root"]
    return node
  }

  private func client(_ name: String) -> SimClient {
    let client = SimClient(name, world)
    client.latency = world.dice.pick([1_000, 20_000, 200_000])
    return client
  }

  private func apply(_ fleet: SimFleet, _ nodes: [SimNode], _ run: String) -> SimApply {
    var apply = SimApply(
      client: client(run),
      nodes: nodes,
      wanted: fleet.resources,
      run: "run-\(run)"
    )
    apply.window = world.dice.pick([30, 60, 120, 300])
    apply.defects = defects
    return apply
  }

  private mutating func underFaults(
    _ old: SimFleet,
    _ new: SimFleet,
    _ faults: Faults,
    _ nodes: [SimNode],
    _ judge: inout SimJudge
  ) async {
    var first = apply(new, nodes, "alice")
    first.onFailure = world.dice.pick([.continue, .continue, .stop, .rollback])
    first.parallelism = [nil, nil, 1, 2][Int(seed % 4)]
    if faults.drifts, faults.isLate {
      // What the run does not touch may be edited at any time.
      first.afterLook = { plan in
        let touched = plan.changes.filter { $0.address.node.name == nodes.first?.name }
        Self.drift(nodes, among: Set(touched.filter(\.action.isExecuted).map(\.address.name)))
      }
    }
    if faults.drifts, !faults.isLate { first.between = { Self.drift(nodes) } }
    faults.begin(world, nodes, first.client)
    var second: SimApply?
    if let other = faults.second {
      second = apply(other.reverts ? old : new, nodes, "bob")
      second?.lockWait = other.waits
    }
    let carried = Unchecked((first, second, faults))
    async let one = carried.value.0.perform()
    async let two = Self.later(carried)
    let reports = await (one, two)
    outcome.ending = reports.0.status.map { "\($0)" } ?? "killed"
    judge.note(reports.0, by: first.client, aloneWith: faults.second == nil)
    if let report = reports.1, let second {
      judge.note(report, by: second.client, aloneWith: false)
    }
  }

  private static func later(
    _ carried: Unchecked<(SimApply, SimApply?, Faults)>
  ) async -> SimApply.Report? {
    guard let apply = carried.value.1, let second = carried.value.2.second else { return nil }
    await apply.client.world.sleep(second.after * 1_000_000)
    return await apply.perform()
  }

  /// Somebody writes into a file of ours.
  private static func drift(_ nodes: [SimNode], among touched: Set<String>? = nil) {
    guard let node = nodes.first,
      let path = node.disk.live.keys.sorted().first(where: {
        $0.hasSuffix("/main.conf") && touched?.contains($0) ?? true
      }),
      var entry = node.disk[path], let inode = entry.inode
    else { return }
    node.note("somebody edits \(path)")
    entry.inode = Inode(inode.bytes + Array("edited\n".utf8))
    entry.changed = node.clock
    node.disk.put(path, entry, at: node.world.now)
    node.disk.sync(path)
    node.before["drift"] = node.look(node)
  }

  /// Faults end, and all that runs out by itself runs out.
  private func heal(_ nodes: [SimNode]) async {
    for node in nodes { node.powerEndsAtStep = nil }
    for _ in 0..<4 { await world.sleep(900_000_000) }
    for node in nodes {
      node.flakiness = 0
      node.isFull = false
      node.losesWrites = []
      node.losesRemovals = []
      node.cutOffUntil = 0
    }
    await world.sleep(120_000_000)
  }

  private func thaw(_ nodes: [SimNode]) async {
    let client = client("thaw")
    for node in nodes where node.disk["/var/lib/fleetctl/frozen"] != nil {
      world.note("\(node.name) is frozen: \(node.text(of: "/var/lib/fleetctl/frozen"))")
      // fleetctl lock thaw: one conversation.
      let process = Process(node, "thaw")
      try? await Runtime(process).remove("/var/lib/fleetctl/frozen")
      _ = client
    }
  }

  private func converge(_ fleet: SimFleet, _ nodes: [SimNode], _ judge: inout SimJudge) async {
    let report = await apply(fleet, nodes, "after").perform()
    if report.status != .success {
      let status = report.status.map { "\($0)" } ?? "?"
      judge.violate("liveness: the apply after the faults ended with \(status) \(report.early)")
      for result in report.results {
        for item in result.failed { judge.violate("  \(item.address): \(item.why)") }
      }
      for ending in report.endings where ending.kind != .done {
        judge.violate("  \(ending.address) \(ending.kind.rawValue): \(ending.why)")
      }
      for change in report.plan?.changes ?? [] where !change.action.isExecuted {
        judge.violate("  \(change.address): \(change.action)")
      }
    }
    await mustBeConverged(fleet, nodes, "after the faults", &judge)
  }

  /// The next plan is empty, changes nothing, does not depend on the order of its input, and the
  /// nodes are as wanted.
  private func mustBeConverged(
    _ fleet: SimFleet,
    _ nodes: [SimNode],
    _ when: String,
    _ judge: inout SimJudge
  ) async {
    // A service may still be on its way up.
    await world.sleep(5_000_000)
    let changes = nodes.map(\.disk.changes)
    let starts = nodes.map(\.starts)
    let plan = await apply(fleet, nodes, "plan").plan()
    if nodes.map(\.disk.changes) != changes || nodes.map(\.starts) != starts {
      judge.violate("\(when): a plan changed a node")
    }
    guard let plan else { return judge.violate("\(when): no plan") }
    for change in plan.changes where change.action.isExecuted || change.action == .blocked {
      judge.violate("\(when) the plan is not empty: \(change.action.rawValue) \(change.address)")
    }
    for node in plan.nodes where !node.isReachable {
      judge.violate("\(when) \(node.id) is unreachable: \(node.cause ?? "")")
    }
    judge.mustBe(fleet, when)
  }
}
