import FleetModel
import FleetPlan
import FleetResources
import FleetView
import Testing

/// A plan of many nodes says once what holds for several.
@Suite struct PlanFoldingTests {
  @Test func `fifty nodes with equal changes are one group that names them all`() {
    let text = Crowd(web: 50).text
    #expect(
      text == """
        Plan for fleet "edge" (50 nodes, 50 with changes)

        50 nodes: web-01 … web-50  (nginx)
          ~ file /etc/nginx/nginx.conf  [drift]
              @@ -1 +1 @@
              -old
              +new
              because it was changed on the node (roles/nginx/role.yaml:41:7)
          ! reload nginx.service
              because /etc/nginx/nginx.conf changes (roles/nginx/role.yaml:41:7)
            (3 unchanged hidden on each)

        Plan: 0 to create, 50 to change, 0 to delete, 0 to restart, 50 to reload on 50 of 50 nodes.
        Digest: \(PlanFile(Crowd(web: 50).plan).digest)

        """
    )
  }

  @Test func `one that differs among them is its own group`() {
    var crowd = Crowd(web: 50)
    crowd.plan.notes = [PlanNote(severity: "warning", node: crowd.id(7), text: "it is odd")]
    let headings = crowd.headings
    #expect(
      headings == [
        "49 nodes: web-01 … web-06, web-08 … web-50  (nginx)", "node.web-07  192.0.2.7  (nginx)",
      ]
    )
    #expect(crowd.text.contains("the same diff as on node.web-01"))
  }

  @Test func `each shown thing keeps nodes apart`() {
    let edits: [(inout PlannedChange) -> Void] = [
      {
        $0.actions = [.delete]; $0.action = .delete
      }, { $0.label = .intent },
      { $0.reasons = [.init("the role nginx wants it otherwise")] },
      { $0.differences.append(Difference("mode", before: "0600", after: "0644")) },
      { $0.diff = "other" }, { $0.hidesContent = true }, { $0.remedy = "Look at it." },
      { $0.isInterrupting = true }, { $0.cost = "all queues stand still" },
      { $0.address = ResourceAddress($0.address.node, .file, "/etc/nginx/other.conf") },
    ]
    for (number, edit) in edits.enumerated() {
      var crowd = Crowd(web: 6)
      crowd.plan.diffs["other"] = ["@@ -1 +1 @@", "-old", "+newer"]
      edit(&crowd.plan.changes[4])
      #expect(crowd.headings.count == 2, "edit \(number) was folded away")
      #expect(crowd.headings.last?.hasPrefix("node.web-03  ") == true, "edit \(number)")
    }
  }

  @Test func `the order given does not matter`() {
    var random = SystemRandomNumberGenerator()
    var crowd = Crowd(web: 12)
    crowd.plan.notes = [PlanNote(severity: "info", node: crowd.id(7), text: "it is odd")]
    let text = crowd.text
    for _ in 0..<10 {
      var other = crowd
      other.plan.nodes.shuffle(using: &random)
      let digest = PlanFile(other.plan).digest
      #expect(other.text.replacing(digest, with: "") == text.replacing(crowd.digest, with: ""))
    }
  }

  @Test func `nodes that differ in their own name and address only stand together and say so`() {
    var crowd = Crowd(web: 20)
    for index in crowd.plan.changes.indices where crowd.plan.changes[index].diff != nil {
      let change = crowd.plan.changes[index]
      crowd.plan.changes[index].remedy = "Take it over with `--adopt \(change.address)`."
    }
    #expect(crowd.headings == ["20 nodes: web-01 … web-20  (nginx)"])
    #expect(crowd.text.contains("`--adopt node.web-01/file:/etc/nginx/nginx.conf`"))
    #expect(
      crowd.text.contains(
        "    (as on node.web-01; on the others only their own name or address differs)\n"
      )
    )
    // The name of another one is no own name.
    crowd.plan.changes[6].remedy = "Take it over with `--adopt node.web-05/file:/x`."
    #expect(crowd.headings.count == 2)
  }

  @Test func `a part of a word is not a node's name`() throws {
    var crowd = Crowd(web: 2)
    crowd.plan.notes = [
      PlanNote(severity: "info", node: crowd.id(1), text: "web-011 and xweb-01 and web-01.example"),
      PlanNote(severity: "info", node: crowd.id(2), text: "web-021 and xweb-02 and web-02.example"),
    ]
    #expect(crowd.headings.count == 2)
    crowd.plan.notes = [
      PlanNote(severity: "info", node: crowd.id(1), text: "web-01, (web-01) at 192.0.2.1:22."),
      PlanNote(severity: "info", node: crowd.id(2), text: "web-02, (web-02) at 192.0.2.2:22."),
    ]
    #expect(crowd.headings.count == 1)
  }

  @Test func `unreachable nodes with one cause stand together, each at its own address`() {
    var crowd = Crowd(web: 30)
    crowd.plan.changes = []
    for index in crowd.plan.nodes.indices {
      crowd.plan.nodes[index].failedStep = "connect"
      crowd.plan.nodes[index].cause =
        "ops@\(crowd.plan.nodes[index].address) did not answer within 5 s"
    }
    crowd.plan.nodes[3].cause = "refused"
    #expect(
      crowd.text == """
        Plan for fleet "edge" (30 nodes, 0 with changes, 30 unreachable)

        29 nodes: web-01 … web-03, web-05 … web-30  (nginx)
          ? unreachable (connect): ops@192.0.2.1 did not answer within 5 s
            (as on node.web-01; on the others only their own name or address differs)

        node.web-04  192.0.2.4  (nginx)
          ? unreachable (connect): refused

        No changes on the 0 of 30 nodes that answered (30 unreachable).

        """
    )
  }

  @Test func `roles and counts that differ keep nobody apart`() {
    var crowd = Crowd(web: 3)
    crowd.plan.nodes[1].roles = ["agent", "nginx"]
    crowd.plan.nodes[2].unchanged = 9
    #expect(crowd.headings == ["3 nodes: web-01 … web-03  (nginx, …)"])
    #expect(crowd.text.contains("    (3 to 9 unchanged hidden on each)\n"))
    crowd.plan.nodes[1].roles = ["agent"]
    #expect(crowd.headings == ["3 nodes: web-01 … web-03"])
  }

  @Test func `measured outages keep nobody apart and are told as a range`() {
    var crowd = Crowd(web: 3)
    for (place, seconds) in [(1, 2), (3, 7), (5, 3)] {
      crowd.plan.changes[place].actions = [.restart]
      crowd.plan.changes[place].action = .restart
      crowd.plan.changes[place].isInterrupting = true
      crowd.plan.changes[place].outageSeconds = seconds
    }
    #expect(crowd.headings.count == 1)
    #expect(crowd.text.contains("      down for about 2 to 7 s\n"))
    #expect(!crowd.text.contains("differs"))
    crowd.plan.changes[3].outageSeconds = 360
    #expect(crowd.text.contains("      down for about 2 s to 6 min\n"))
    crowd.plan.changes[1].outageSeconds = 180
    crowd.plan.changes[5].outageSeconds = 361
    #expect(crowd.text.contains("      down for about 3 to 6 min\n"))
    // One that nobody has measured is another case.
    crowd.plan.changes[3].outageSeconds = nil
    #expect(crowd.headings.count == 2)
  }

  @Test func `what plan printed is what show prints, folded and expanded`() throws {
    var options = PlanHuman.Options()
    for isExpanded in [false, true] {
      options.isExpanded = isExpanded
      let file = PlanFile(Crowd(web: 50).plan)
      let back = try PlanFile(parsing: file.bytes)
      let text = PlanHuman(file, options: options).rendered()
      #expect(PlanHuman(back, options: options).rendered() == text)
      #expect(text.split(separator: "\n").count { $0.hasPrefix("node.") } == (isExpanded ? 50 : 0))
    }
    #expect(PlanFile(Crowd(web: 50).plan).plan.nodes.count == 50)
  }

  @Test func `a node by itself is shown whole`() throws {
    var crowd = Crowd(web: 50)
    crowd.plan.nodes.append(PlannedNode(id: SamplePlan.node("idle"), address: "::1", roles: []))
    var options = PlanHuman.Options()
    options.nodes = ["web-07", "idle"]
    let text = PlanHuman(PlanFile(crowd.plan), options: options).rendered()
    let headings = text.split(separator: "\n").filter { $0.hasPrefix("node.") }
    #expect(headings == ["node.idle  ::1", "node.web-07  192.0.2.7  (nginx)"])
    #expect(text.contains("      +new\n"))
    #expect(text.contains("\nShown: 2 of 51 nodes.\n"))
  }

  @Test func `a long diff is cut, says how much is missing, and comes whole on request`() {
    var crowd = Crowd(web: 1)
    crowd.plan.diffs["d"] = ["@@ -1 +1,150 @@"] + (1...149).map { "+line \($0)" }
    #expect(crowd.text.contains("      +line 99\n      ... 50 more lines; `--expand` shows them\n"))
    #expect(!crowd.text.contains("+line 100"))
    // A plan itself keeps no more of it.
    crowd.plan.diffs["d"]?.append("... 12 more lines")
    #expect(crowd.text.contains("      ... 62 more lines; `--expand` shows them\n"))
    var options = PlanHuman.Options()
    options.isExpanded = true
    let whole = PlanHuman(PlanFile(crowd.plan), options: options).rendered()
    #expect(
      whole.contains(
        "+line 149\n      ... 12 more lines than a plan keeps; `fleetctl render web-01 --to DIR` writes"
      )
    )
  }

  @Test func `hostile text stays tamed and hidden content hidden in a group`() {
    var crowd = Crowd(web: 9)
    for index in crowd.plan.changes.indices where crowd.plan.changes[index].diff != nil {
      crowd.plan.changes[index].diff = nil
      crowd.plan.changes[index].hidesContent = true
      crowd.plan.changes[index].differences = [
        Difference("content", before: "sha256:1", after: "sha256:2")
      ]
      crowd.plan.changes[index].reasons = [.init("\u{1B}[2J\u{1}node.web-01 says")]
    }
    let text = crowd.text
    #expect(text.contains("content changed (hidden: holds secrets)"))
    #expect(!text.contains("sha256:1"))
    #expect(text.contains("because ␛[2J␁node.web-01 says"))
    #expect(!text.utf8.contains { $0 < 0x20 && $0 != 0x0A })
    // Text that looks like what stands for an own name is none.
    #expect(crowd.headings.count == 2)
  }

  @Test func `a thousand nodes with the same changes are a page`() {
    let lines = Crowd(web: 1000).text.split(separator: "\n")
    #expect(lines.count < 20)
    #expect(lines.allSatisfy { $0.utf8.count < 120 })
  }
}

/// Equal nodes of one role.
private struct Crowd {
  var plan: Plan

  init(web count: Int) {
    plan = Plan(
      fleet: "edge",
      options: PlanOptions(),
      nodes: [],
      changes: [],
      diffs: ["d": ["@@ -1 +1 @@", "-old", "+new"]],
      notes: []
    )
    for number in 1...count {
      var node = PlannedNode(id: id(number), address: "192.0.2.\(number)", roles: ["nginx"])
      node.unchanged = 3
      plan.nodes.append(node)
      plan.changes.append(
        change(number, .file, "/etc/nginx/nginx.conf", [.update], "it was changed on the node")
      )
      plan.changes.append(
        change(number, .unit, "nginx.service", [.reload], "/etc/nginx/nginx.conf changes")
      )
    }
  }

  func id(_ number: Int) -> NodeID {
    SamplePlan.node("web-\(number < 10 ? "0" : "")\(number)")
  }

  var digest: String { PlanFile(plan).digest }
  var text: String { PlanHuman(PlanFile(plan)).rendered() }
  var headings: [String] {
    text.split(separator: "\n").map(String.init)
      .filter { $0.hasPrefix("node.") || ($0.contains(" nodes: ") && $0.first?.isNumber == true) }
  }

  private func change(
    _ number: Int,
    _ kind: ResourceKind,
    _ name: String,
    _ actions: [ActionWord],
    _ reason: String
  ) -> PlannedChange {
    var change = PlannedChange(
      ResourceAddress(id(number), kind, name),
      role: "nginx",
      actions: actions,
      label: kind == .file ? .drift : .intent,
      phase: .configure
    )
    change.reasons = [.init(reason, origin: "roles/nginx/role.yaml:41:7")]
    change.diff = kind == .file ? "d" : nil
    return change
  }
}
