import FleetDigest
import FleetModel
import FleetResources
import Testing

@testable import FleetPlan

/// A plan that is made while the answers come in.
@Suite struct PlanMakerTests {
  /// A fleet in use, with edits by hand, secrets in plain files, guards and rollouts; some nodes silent.
  private func input(_ seed: Int) throws -> (input: PlanInput, random: SplitMix64) {
    var random = RandomFleet(seed: seed)
    var fleet = random.fleet(of: 2...7)
    var numbers = SplitMix64(seed: seed)
    if seed % 4 != 0 {
      try fleet.apply(try fleet.plan())
      random.disturb(&fleet)
    }
    let ids = fleet.nodes.keys.sorted()
    let values = ids.flatMap { id in
      (fleet.nodes[id]?.seen.secrets ?? [:]).sorted { "\($0.key)" < "\($1.key)" }
        .map { $0.value.reveal { String(decoding: $0, as: UTF8.self) } }
    }
    for id in ids where Bool.random(using: &numbers) {
      guard let value = values.randomElement(using: &numbers) else { continue }
      fleet.nodes[id]?.edit("/etc/web/site", "secret \(value)\n")
    }
    fleet.look()
    for id in ids where Int.random(in: 0..<5, using: &numbers) == 0 { fleet.silent.insert(id) }
    if seed % 3 == 0 {
      for id in ids {
        fleet.wanted[id]?.removeAll { $0.role == "web" && $0.address.kind != .firewall }
        fleet.roles[id] = ["data"]
      }
    }
    var input = PlanInput(fleet: "test", nodes: fleet.inputs)
    if seed % 5 == 0 { input.options.targets = ["node.n1"] }
    input.rollouts = ["web": RolloutPolicy(), "data": RolloutPolicy()]
    for index in input.nodes.indices where index % 2 == seed % 2 {
      input.nodes[index].protections = [
        PlanProtection(AddressPattern("*/unit:*"), text: "*", place: "fleet.yaml:1:1")
      ]
    }
    return (input, numbers)
  }

  /// A maker that knows what is wanted and nothing of what was seen.
  private func maker(_ input: PlanInput) -> PlanMaker {
    var input = input
    for index in input.nodes.indices { input.nodes[index].observation = Self.nothing }
    return PlanMaker(input)
  }

  private static let nothing = NodeObservation.unreachable(
    step: "connect",
    cause: "nobody looked",
    remedy: nil
  )

  @Test(arguments: 0..<40) func `the plan is the same whoever answers first`(seed: Int) throws {
    var (input, random) = try input(seed)
    let wanted = PlanFile(try Planner.plan(input))
    for _ in 0..<2 {
      var maker = maker(input)
      for node in input.nodes.shuffled(using: &random) { maker.add(node.observation, of: node.id) }
      let plan = try maker.finish()
      #expect(PlanFile(plan).bytes == wanted.bytes, "seed \(seed)")
      #expect(plan.destroyed == wanted.plan.destroyed)
    }
  }

  @Test(arguments: 0..<40) func `a node that is taken out again leaves no trace`(seed: Int) throws {
    var (input, random) = try input(seed)
    for place in input.nodes.indices.shuffled(using: &random).prefix(2) {
      var other = input
      other.nodes[place].observation = .unreachable(step: "identity", cause: "a copy", remedy: "r")
      let wanted = PlanFile(try Planner.plan(other)).bytes
      var maker = maker(input)
      let order = input.nodes.shuffled(using: &random)
      let moment = Int.random(in: 0...order.count, using: &random)
      for (number, node) in order.enumerated() {
        if number == moment {
          maker.withdraw(other.nodes[place].id, other.nodes[place].observation)
        }
        maker.add(node.observation, of: node.id)
      }
      maker.withdraw(other.nodes[place].id, other.nodes[place].observation)
      #expect(PlanFile(try maker.finish()).bytes == wanted, "seed \(seed), node \(place)")
    }
  }

  @Test(arguments: 0..<20) func `a comparison reads of other nodes what its kind says it reads`(
    seed: Int
  ) throws {
    let (input, _) = try input(seed)
    let knowledge = FleetKnowledge(input.nodes)
    for node in input.nodes {
      guard case .observed(let observed) = node.observation else { continue }
      let whole = knowledge.context(for: node, options: input.options)
      for resource in node.resources {
        var part = whole
        let reads = resource.spec.reads
        part.secrets = part.secrets.filter { reads.secrets.contains($0.key) }
        part.secretKeepers = part.secretKeepers.filter { reads.secrets.contains($0.key) }
        if !reads.authority { part.authority = .unknown("not read") }
        let (all, some) = (resource.compare(observed, whole), resource.compare(observed, part))
        #expect("\(all)" == "\(some)", "seed \(seed) \(resource.address)")
        #expect(
          resource.observedDigest(observed, whole) == resource.observedDigest(observed, part)
        )
        #expect(resource.desiredDigest(whole) == resource.desiredDigest(part))
      }
    }
  }

  @Test func `each node is compared when all is there that it reads, and not before`() throws {
    let ids = (1...4).map { Make.node("n\($0)") }
    let secret = SecretID(role: "data", name: "password")
    var maker = PlanMaker(
      PlanInput(
        fleet: "test",
        nodes: [
          node(ids[0], [owned(secret, ids[0])]),
          node(ids[1], [Make.file(ids[1], "/etc/b", FileContent([.secret(secret)]))]),
          node(ids[2], [Make.file(ids[2], "/etc/c", FileContent(text: "c"))]),
          node(ids[3], [Make.file(ids[3], "/etc/d", FileContent(text: "d"))]),
        ]
      )
    )
    var seen = ObservedNode()
    seen.paths = ["/etc/c": .absent, "/etc/b": .absent]
    maker.add(.observed(seen), of: ids[1])
    #expect(maker.compared.isEmpty, "its secret's owner has not answered")
    maker.add(.observed(seen), of: ids[2])
    #expect(maker.compared == [ids[2]])
    #expect(maker.kept == [ids[1], ids[2]], "its text is still to be searched for the secret")
    seen.secrets = [secret: Secret(Array("correct horse battery".utf8))]
    maker.add(.observed(seen), of: ids[0])
    #expect(maker.compared == Array(ids[...2]))
    #expect(maker.kept == [ids[1]], "what read of another node can be compared again")
    maker.add(Self.nothing, of: ids[3])
    maker.add(.observed(seen), of: Make.node("stranger"))
    maker.add(.observed(seen), of: ids[3])
    let plan = try maker.finish()
    #expect(plan.nodes.map(\.isReachable) == [true, true, true, false], "the first answer counts")
  }

  @Test func `a secret whose owner answers last is in no diff of those before`() throws {
    let (first, last) = (Make.node("n1"), Make.node("n2"))
    let secret = SecretID(role: "data", name: "password")
    let input = PlanInput(
      fleet: "test",
      nodes: [
        node(first, [Make.file(first, "/etc/c", FileContent(text: "c\n"))]),
        node(last, [owned(secret, last)]),
      ]
    )
    var seen = ObservedNode()
    let text = Array("it is correct horse battery\n".utf8)
    let path = ObservedPath(
      kind: .file,
      ownership: Make.root,
      size: text.count,
      sha256: SHA256.hex(text),
      content: Secret(text)
    )
    seen.paths["/etc/c"] = .value(path)
    var owner = ObservedNode()
    owner.secrets = [secret: Secret(Array("correct horse battery".utf8))]
    for order in [[first, last], [last, first]] {
      var maker = PlanMaker(input)
      for id in order { maker.add(.observed(id == first ? seen : owner), of: id) }
      let plan = try maker.finish()
      let change = try #require(plan.changes.first { $0.address.name == "/etc/c" })
      #expect(change.hidesContent && change.diff == nil)
      #expect(plan.diffs.isEmpty)
    }
    // Without the owner nobody knows that it is a secret.
    var maker = PlanMaker(input)
    maker.add(.observed(seen), of: first)
    let diffs = try maker.finish().diffs
    #expect(diffs.values.first?.contains("-it is correct horse battery") == true)
  }

  private func node(_ id: NodeID, _ resources: [Resource]) -> NodeInput {
    NodeInput(
      id: id,
      address: "192.0.2.1",
      roles: [],
      resources: resources,
      observation: Self.nothing
    )
  }

  private func owned(_ id: SecretID, _ node: NodeID) -> Resource {
    Make.resource(
      node,
      .secret,
      id.description,
      .secret(SecretSpec(id: id, file: "/etc/s", key: "S", length: 48, ownership: Make.root)),
      role: "data"
    )
  }
}
