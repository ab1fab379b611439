import FleetModel
import FleetPlan
import FleetResources
import Testing

/// One secret of a role that several nodes carry.
@Suite struct SharedSecretTests {
  let nodes = ["a", "b", "c"].map { Make.node($0) }
  let id = SecretID(role: "web", name: "token")
  var fleet = SimulatedFleet()

  init() {
    for node in nodes {
      fleet.nodes[node] = SimulatedNode()
      fleet.wanted[node] = [
        Make.resource(
          node,
          .secret,
          id.description,
          .secret(
            SecretSpec(id: id, file: "/etc/web.env", key: "T", length: 8, ownership: Make.root)
          )
        ),
        Make.file(node, "/etc/web.conf", FileContent([.text("token "), .secret(id), .text("\n")])),
      ]
    }
  }

  func change(_ plan: Plan, _ node: NodeID, _ kind: ResourceKind = .secret) -> PlannedChange? {
    plan.changes.first { $0.address.node == node && $0.address.kind == kind }
  }

  var values: [Secret?] { nodes.map { fleet.nodes[$0]?.seen.secrets[id] } }

  @Test func theFirstNodeMakesItAndTheOthersAreGivenIt() throws {
    var test = self
    let plan = try test.fleet.plan()
    let maker = ResourceAddress(nodes[0], .secret, id.description)
    #expect(
      change(plan, nodes[0])?.differences.map(\.after) == [
        "8 random characters as T in /etc/web.env"
      ]
    )
    #expect(change(plan, nodes[0])?.producer == nil)
    for node in nodes.dropFirst() {
      let given = try #require(change(plan, node))
      #expect(given.action == .create)
      #expect(given.producer == maker)
      #expect(
        given.reasons.map(\.text).contains(
          "all nodes of the role share it (node.a/secret:web.token)"
        )
      )
      #expect(given.differences.map(\.after) == ["the value of \(maker) as T in /etc/web.env"])
    }
    try test.fleet.apply(plan)
    #expect(test.values[0] != nil)
    #expect(Set(test.values).count == 1)
    #expect(OneNode.lines(try test.fleet.plan()) == [])
  }

  @Test func aNodeThatComesLaterIsGivenTheValueThatIsThere() throws {
    var test = self
    let first = nodes[0]
    let (late, lateWanted) = (test.fleet.nodes[first], test.fleet.wanted[first])
    test.fleet.nodes[first] = nil
    try test.fleet.apply(try test.fleet.plan())
    let old = test.values[1]
    test.fleet.nodes[first] = late
    test.fleet.wanted[first] = lateWanted
    let plan = try test.fleet.plan()
    #expect(change(plan, first)?.producer == nil)
    try test.fleet.apply(plan)
    #expect(old != nil && test.values == [old, old, old])
    #expect(OneNode.lines(try test.fleet.plan()) == [])
  }

  @Test func nobodyMakesOneWhileANodeThatMayHaveItIsSilent() throws {
    var test = self
    test.fleet.silent = [nodes[2]]
    let plan = try test.fleet.plan()
    #expect(
      OneNode.lines(plan) == [
        "unknown secret:web.token [intent]", "unknown file:/etc/web.conf [intent]",
        "unknown secret:web.token [intent]", "unknown file:/etc/web.conf [intent]",
      ]
    )
    #expect(change(plan, nodes[0])?.reasons.first?.text == "its owner c is unreachable")
  }

  @Test func aNodeWithAnotherValueIsBlockedUntilItsLineIsTakenOut() throws {
    var test = self
    try test.fleet.apply(try test.fleet.plan())
    test.fleet.nodes[nodes[1]]?.setSecret(id, "by-hand-12345678")
    let plan = try test.fleet.plan()
    #expect(OneNode.lines(plan) == ["blocked secret:web.token [intent]"])
    let blocked = try #require(change(plan, nodes[1]))
    #expect(
      blocked.reasons.first?.text
        == "its value is another one than that of node.a/secret:web.token, which all nodes of the role share"
    )
    #expect(
      blocked.remedy
        == "Take the line `T=…` out of /etc/web.env on the node whose value shall go, then plan again: "
        + "it is given the other one."
    )
    test.fleet.nodes[nodes[1]]?.setSecret(id, nil)
    try test.fleet.apply(try test.fleet.plan())
    #expect(Set(test.values).count == 1)
    #expect(OneNode.lines(try test.fleet.plan()) == [])
  }

  @Test func theValueOfANodeThatIsOursCountsBeforeAnAdoptedOne() throws {
    var test = self
    let first = nodes[0]
    let (late, lateWanted) = (test.fleet.nodes[first], test.fleet.wanted[first])
    test.fleet.nodes[first] = nil
    try test.fleet.apply(try test.fleet.plan())
    test.fleet.nodes[first] = late
    test.fleet.wanted[first] = lateWanted
    test.fleet.nodes[first]?.setSecret(id, "from-before-our-time")
    let plan = try test.fleet.plan()
    #expect(change(plan, first)?.action == .blocked)
    #expect(change(plan, nodes[1]) == nil)
  }

  @Test func aDatabaseRoleIsGivenTheSharedPassword() throws {
    var test = self
    for node in nodes {
      let spec = DatabaseRoleSpec(name: "app", password: id)
      test.fleet.wanted[node]?.append(
        Make.resource(node, .database, "role-app", .databaseRole(spec))
      )
      test.fleet.nodes[node]?.setPostgres(ObservedPostgres(roles: [], databases: [:]))
    }
    try test.fleet.apply(try test.fleet.plan())
    #expect(OneNode.lines(try test.fleet.plan()) == [])
    test.fleet.nodes[nodes[1]]?.setSecret(id, nil)
    let plan = try test.fleet.plan()
    #expect(change(plan, nodes[1], .database)?.action == .update)
  }
}
