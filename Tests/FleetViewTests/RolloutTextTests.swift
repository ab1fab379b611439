import FleetModel
import FleetPlan
import Testing

@testable import FleetView

/// The lines of a plan about rollouts.
@Suite struct RolloutTextTests {
  @Test func `a line says how the nodes are changed, and further ones who is down already`() throws
  {
    let ids = try ["n1", "n2", "n3"].map { try #require(NodeID($0)) }
    var rollout = PlannedRollout(role: "web", carriers: 3, nodes: Array(ids.prefix(2)))
    #expect(
      RolloutText(rollout: rollout).lines == [
        "Rollout of `web` over 2 of its 3 nodes: one node at a time, stops at the first failure."
      ]
    )
    rollout.batch = 2
    rollout.canary = 1
    rollout.maxUnavailable = 2
    rollout.maxFailures = 1
    rollout.down = [.init(node: ids[2], why: "web.service is failed")]
    #expect(
      RolloutText(rollout: rollout).lines == [
        "Rollout of `web` over 2 of its 3 nodes: in batches of 2, canary n1, at most 2 down at once, "
          + "stops when more than 1 fail.",
        "  already down: n3, web.service is failed",
      ]
    )
    rollout.down = ids.map { .init(node: $0, why: "web.service is failed") }
    #expect(
      RolloutText(rollout: rollout).lines.last == "  already down: n1 … n3, web.service is failed"
    )
    rollout.down = (0..<14).map { .init(node: ids[$0 % 3], why: "reason \($0)") }
    #expect(RolloutText(rollout: rollout).lines.last == "  and 4 more are down")
    rollout.down = [.init(node: ids[2], why: "web.service is failed")]
    let plan = Plan(
      fleet: "f",
      options: PlanOptions(),
      nodes: [],
      changes: [],
      diffs: [:],
      notes: []
    )
    var withRollout = plan
    withRollout.rollouts = [rollout]
    #expect(PlanHuman(PlanFile(withRollout)).rendered().contains("  already down: n3, web.service"))
  }
}
