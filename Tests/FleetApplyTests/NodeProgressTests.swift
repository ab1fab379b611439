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
}
