import FleetModel
import FleetResources
import Testing

@testable import FleetPlan

/// What a plan says about rollouts.
@Suite struct RolloutPlanTests {
  @Test func `the plan names batches, canary and who is down, and reads back the same`() throws {
    var policy = RolloutPolicy()
    policy.batch = .percent(50)
    policy.canary = 1
    policy.maxUnavailable = .nodes(2)
    policy.maxFailures = 1
    var input = PlanInput(fleet: "f", nodes: try inputs())
    input.rollouts = ["web": policy]
    let plan = try Planner.plan(input)
    let rollout = try #require(plan.rollouts.first)
    #expect(rollout.nodes.map(\.name) == ["n1", "n2"])
    #expect((rollout.carriers, rollout.batch, rollout.canary) == (3, 2, 1))
    #expect(rollout.down.map(\.why).last == "it cannot be reached (connect)")
    let file = PlanFile(plan)
    #expect(try PlanFile(parsing: file.bytes).plan.rollouts == plan.rollouts)
  }

  @Test func `a plan without rollouts has no member for them`() throws {
    let plan = try Planner.plan(PlanInput(fleet: "f", nodes: try inputs()))
    #expect(plan.rollouts.isEmpty)
    #expect(!String(decoding: PlanFile(plan).bytes, as: UTF8.self).contains("rollouts"))
  }

  @Test func `a role on one node, or without a change, needs no rollout`() throws {
    var input = PlanInput(fleet: "f", nodes: Array(try inputs().prefix(1)))
    input.rollouts = ["web": RolloutPolicy(), "other": RolloutPolicy()]
    #expect(try Planner.plan(input).rollouts.isEmpty)
  }

  @Test(
    arguments: [
      ("3", 3, 3), ("25%", 3, 2), ("1%", 1, 1), ("100%", 10, 10), ("0", nil, nil),
      ("101%", nil, nil),
      ("-1", nil, nil), ("2.5", nil, nil), ("%", nil, nil), ("", nil, nil), ("２", nil, nil),
    ] as [(String, Int?, Int?)]
  )
  func `amounts are numbers or parts of ten nodes`(text: String, up: Int?, down: Int?) {
    let amount = RolloutPolicy.Amount(text)
    #expect(amount?.count(of: 10, roundingUp: true) == up)
    #expect(amount?.count(of: 10, roundingUp: false) == down)
  }

  @Test func `what fleet.yaml says goes over what the role says, key by key`() {
    var role = RolloutPolicy()
    role.batch = .nodes(5)
    role.canary = 1
    var fleet = RolloutPolicy()
    fleet.batch = .percent(10)
    fleet.maxFailures = 2
    #expect(fleet.over(role).words == "batch 10%, max_failures 2, canary 1")
  }

  @Test func `turns follow needs, then ids; circles count as equal`() throws {
    let names = ["a", "b", "c"]
    let ids = try names.map { try #require(NodeID($0)) }
    func change(_ node: Int, needs: [Int]) -> PlannedChange {
      var change = PlannedChange(
        ResourceAddress(ids[node], .unit, "u.service"),
        role: "web",
        actions: [.start],
        label: .intent,
        phase: .activate
      )
      change.requires = needs.map { ResourceAddress(ids[$0], .unit, "u.service") }
      return change
    }
    let chain = RolloutOrder([change(0, needs: [2]), change(1, needs: []), change(2, needs: [])])
    #expect(chain.sorted(ids).map(\.name) == ["b", "c", "a"])
    #expect(chain.needs(of: ids[0]) == [ids[2]])
    let circle = RolloutOrder([change(0, needs: [1]), change(1, needs: [0])])
    #expect(circle.needs(of: ids[0]).intersection(circle.needs(of: ids[1])).isEmpty)
  }

  private func inputs() throws -> [NodeInput] {
    try ["n1", "n2", "n3"].map { name in
      let id = try #require(NodeID(name))
      let unit = UnitSpec(name: "web.service", enabled: true, state: .started)
      let resource = Resource(
        ResourceAddress(id, .unit, "web.service"),
        role: "web",
        spec: .unit(unit),
        wave: 0,
        origin: "test"
      )
      var observed = ObservedNode()
      var seen = ObservedUnit()
      seen.loadState = "loaded"
      seen.activeState = "inactive"
      seen.unitFileState = "disabled"
      observed.units = ["web.service": .value(seen)]
      observed.manifest = .absent
      observed.listeners = .value([])
      return NodeInput(
        id: id,
        address: "10.0.0.1",
        roles: ["web"],
        resources: [resource],
        observation: name == "n3"
          ? .unreachable(step: "connect", cause: "no answer", remedy: nil) : .observed(observed)
      )
    }
  }
}
