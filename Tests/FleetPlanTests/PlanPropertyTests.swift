import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources
import Testing

@Suite struct PlanPropertyTests {
  private func text(_ plan: Plan) -> String {
    plan.changes.map {
      "\($0.address) \($0.actions.map(\.rawValue)) \($0.label.rawValue) \($0.reasons.map(\.text))"
    }.joined(separator: "\n")
  }

  @Test(arguments: 0..<120) func applyingAPlanLeavesNothingToPlan(seed: Int) throws {
    var random = RandomFleet(seed: seed)
    var fleet = random.fleet()
    let first = try fleet.plan()
    #expect(first.hasChanges)
    try fleet.apply(first)
    let second = try fleet.plan()
    #expect(text(second) == "", "seed \(seed)")
  }

  @Test(arguments: 0..<120) func everyDisturbanceIsMendedByOneApply(seed: Int) throws {
    var random = RandomFleet(seed: seed)
    var fleet = random.fleet()
    try fleet.apply(try fleet.plan())
    random.disturb(&fleet)
    try fleet.apply(try fleet.plan())
    let after = try fleet.plan()
    #expect(text(after) == "", "seed \(seed)")
  }

  @Test(arguments: 0..<40) func theOrderOfTheInputDoesNotMatter(seed: Int) throws {
    var random = RandomFleet(seed: seed)
    var fleet = random.fleet()
    fleet.look()
    var numbers = SplitMix64(seed: seed)
    let inputs = fleet.inputs
    let plan = try Planner.plan(PlanInput(fleet: "test", nodes: inputs))
    let shuffled = inputs.shuffled(using: &numbers).map { node in
      var node = node
      node.resources.shuffle(using: &numbers)
      return node
    }
    let other = try Planner.plan(PlanInput(fleet: "test", nodes: shuffled))
    #expect(PlanFile(plan).bytes == PlanFile(other).bytes)
  }

  @Test(arguments: 0..<40) func whatNobodyWantsAnyMoreGoesAndDataStays(seed: Int) throws {
    var random = RandomFleet(seed: seed)
    var fleet = random.fleet()
    try fleet.apply(try fleet.plan())
    for id in fleet.wanted.keys {
      fleet.wanted[id]?.removeAll { $0.role == "web" && $0.address.kind != .firewall }
      fleet.roles[id] = ["data"]
    }
    let plan = try fleet.plan()
    for id in fleet.nodes.keys {
      let stop = try #require(
        plan.changes.first { $0.address == ResourceAddress(id, .unit, "web.service") }
      )
      #expect(stop.actions == [.stop, .disable])
    }
    try fleet.apply(plan)
    let after = try fleet.plan()
    #expect(text(after) == "", "seed \(seed)")
    for (_, node) in fleet.nodes {
      #expect(node.seen.paths["/etc/web/site"] == .absent)
      #expect(node.seen.paths["/etc/web/web.env"]?.known != nil, "shared with others: it stays")
      #expect(node.log.allSatisfy { !$0.hasPrefix("sync-source") || $0.contains("/opt/web") })
    }
  }

  @Test(arguments: 0..<40) func aPlanFileReadsBackAsItWasWritten(seed: Int) throws {
    var random = RandomFleet(seed: seed)
    var fleet = random.fleet()
    let file = PlanFile(try fleet.plan(), meta: ["created_at": "now"])
    let back = try PlanFile(parsing: file.bytes)
    #expect(back == file)
    #expect(back.bytes == file.bytes)
  }

  @Test(arguments: 0..<40) func noSecretIsInThePlan(seed: Int) throws {
    var random = RandomFleet(seed: seed)
    var fleet = random.fleet()
    try fleet.apply(try fleet.plan())
    random.disturb(&fleet)
    let values = fleet.nodes.values.flatMap(\.seen.secrets.values)
    for id in fleet.nodes.keys {
      let password = try #require(values.first?.reveal { String(decoding: $0, as: UTF8.self) })
      fleet.nodes[id]?.edit("/etc/web/site", "secret \(password)\n")
    }
    let text = String(decoding: PlanFile(try fleet.plan()).bytes, as: UTF8.self)
    for value in values {
      let value = value.reveal { String(decoding: $0, as: UTF8.self) }
      #expect(!text.contains(value))
    }
  }
}
