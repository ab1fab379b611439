import FleetModel
import FleetPlan
import FleetResources
import Testing

/// A machine that ran before fleetctl came: what is equal is recorded, what differs is shown and waits.
@Suite struct TakeoverTests {
  private let id = OneNode.id

  private func first(_ plan: Plan, _ kind: ResourceKind) throws -> PlannedChange {
    try #require(plan.changes.first { $0.address.kind == kind && $0.action == .blocked })
  }

  @Test func whatWouldBeOverwrittenIsShownAsADiffBeforeAnybodyAgrees() throws {
    var node = try OneNode()
    node.edit("/etc/foreign", "theirs\n")
    node.want(Make.file(id, "/etc/foreign", FileContent(text: "ours\n")))
    let plan = try node.fleet.plan()
    let change = try first(plan, .file)
    #expect(change.reasons.first?.text == "somebody else's file is here with other content")
    #expect(
      change.remedy
        == "Compare, then take it over with `--adopt node.n1/file:/etc/foreign`, or all of "
        + "the node with `fleetctl adopt n1`."
    )
    #expect(change.diff.flatMap { plan.diffs[$0] } == ["@@ -1 +1 @@", "-theirs", "+ours"])
  }

  @Test func theContentThatIsOverwrittenIsKeptFirst() throws {
    var node = try OneNode()
    node.edit("/etc/foreign", "theirs\n")
    let theirs = node.fleet.nodes[id]?.seen.paths["/etc/foreign"]?.known?.sha256
    node.want(Make.file(id, "/etc/foreign", FileContent(text: "ours\n")))
    node.fleet.options.adopt = ["node.n1"]
    let plan = try node.fleet.plan()
    #expect(
      plan.changes.first?.reasons.last?.text
        == "note that the present one is kept as /var/lib/fleetctl/adopted/etc/foreign"
    )
    try node.fleet.apply(plan)
    #expect(node.fleet.nodes[id]?.copies == ["/etc/foreign": theirs ?? ""])
    node.fleet.options.adopt = []
    #expect(try node.planned() == [])
  }

  @Test func otherRightsOfTheSameContentWaitToo() throws {
    var node = try OneNode()
    node.edit("/etc/foreign", "ours\n")
    node.fleet.nodes[id]?.chmod("/etc/foreign", 0o600)
    node.want(Make.file(id, "/etc/foreign", FileContent(text: "ours\n")))
    let change = try first(try node.fleet.plan(), .file)
    #expect(change.reasons.first?.text == "the file was here before, with other rights")
    #expect(change.differences == [Difference("mode", before: "0600", after: "0644")])
  }

  @Test func aFolderOfOtherRightsIsNotChangedUnasked() throws {
    var node = try OneNode()
    let theirs = Ownership(owner: "app", group: "app", mode: 0o700)
    node.fleet.nodes[id]?.putFolder("/srv/data", theirs)
    let spec = DirectorySpec(path: "/srv/data", ownership: Make.root, data: true)
    node.want(Make.resource(id, .dir, "/srv/data", .directory(spec)))
    #expect(try node.planned() == ["blocked dir:/srv/data [adopt]"])
    node.fleet.options.adopt = ["*/dir:/srv/*"]
    #expect(try node.planned() == ["update dir:/srv/data [adopt]"])
  }

  @Test func linesAreAddedToAnEnvironmentFileAndNoneIsReplaced() throws {
    var node = try OneNode()
    node.edit("/etc/app.env", "# by hand\nHOST=\"old\"\nOTHER=1\n")
    func want(_ text: String) {
      node.want(Make.file(id, "/etc/app.env", FileContent(text: text), merges: true))
    }
    want("PORT=1\n")
    #expect(try node.planned() == ["update file:/etc/app.env [adopt]"])
    want("HOST=old\n")
    #expect(try node.planned() == ["adopt file:/etc/app.env [adopt]"])
    want("HOST=new\n")
    #expect(try node.planned() == ["blocked file:/etc/app.env [adopt]"])
  }

  @Test func aFileThatShouldGoGoesOnlyWhenItIsNamed() throws {
    var node = try OneNode()
    node.edit("/etc/old", "legacy\n")
    node.want(Make.resource(id, .file, "/etc/old", .absentPath(AbsentPathSpec(path: "/etc/old"))))
    let plan = try node.fleet.plan()
    #expect(OneNode.lines(plan) == ["blocked file:/etc/old [adopt]"])
    #expect(plan.summary[.delete] == 0)
    node.fleet.options.adopt = ["node.n1/file:/etc/old"]
    let taken = try node.fleet.plan()
    #expect(OneNode.lines(taken) == ["delete file:/etc/old [adopt]"])
    try node.fleet.apply(taken)
    #expect(node.fleet.nodes[id]?.copies.keys.sorted() == ["/etc/old"])
  }

  @Test func aServiceThatShouldGoStopsOnlyWhenItIsNamed() throws {
    var node = try OneNode()
    node.fleet.nodes[id]?.addService("legacy.service")
    node.want(
      Make.unit(id, "legacy.service") {
        $0.state = .stopped
        $0.enabled = false
      }
    )
    let change = try first(try node.fleet.plan(), .unit)
    #expect(change.reasons.first?.text == "it runs, and fleetctl did not start it")
    node.fleet.options.adopt = ["*/unit:legacy*"]
    #expect(try node.planned() == ["disable,stop unit:legacy.service [adopt]"])
  }

  @Test func aRunningServiceOfAnEqualFileIsRecordedAndNotTouched() throws {
    var node = try OneNode()
    let path = "/etc/systemd/system/old.service"
    node.edit(path, "[Service]\n")
    node.fleet.nodes[id]?.addService("old.service")
    node.want(Make.file(id, path, FileContent(text: "[Service]\n"), role: "old"))
    node.want(Make.unit(id, "old.service", role: "old"))
    let plan = try node.fleet.plan()
    #expect(
      OneNode.lines(plan) == ["adopt file:\(path) [adopt]", "adopt unit:old.service [adopt]"]
    )
    let started = node.fleet.nodes[id]?.seen.units["old.service"]?.known?.invocation
    try node.fleet.apply(plan)
    #expect(node.fleet.nodes[id]?.log.contains { $0.contains("old.service") } == false)
    #expect(node.fleet.nodes[id]?.seen.units["old.service"]?.known?.invocation == started)
    // Recorded, it goes with its role.
    node.fleet.wanted[id]?.removeAll { $0.role == "old" }
    #expect(
      try node.planned() == [
        "stop,disable unit:old.service [intent]", "delete file:\(path) [intent]",
      ]
    )
  }

  @Test func aSecretIsNotMadeAnewUnderADatabaseThatLivesWithIt() throws {
    var node = try OneNode()
    let secret = SecretID(role: "db", name: "password")
    node.fleet.nodes[id]?.setPostgres(ObservedPostgres(roles: ["app"], databases: ["app": "app"]))
    let spec = SecretSpec(
      id: secret,
      file: "/etc/db.env",
      key: "P",
      length: 8,
      ownership: Make.root
    )
    node.want(Make.resource(id, .secret, "db.password", .secret(spec)))
    node.want(
      Make.resource(
        id,
        .database,
        "role/app",
        .databaseRole(DatabaseRoleSpec(name: "app", password: secret))
      )
    )
    let change = try first(try node.fleet.plan(), .secret)
    #expect(
      change.reasons.first?.text
        == "the database role app is here already with a password of its own, "
        + "and a new value would lock out whoever uses the present one"
    )
    #expect(
      change.remedy
        == "Write the present value as a line `P=VALUE` into /etc/db.env on the node, or have "
        + "a new one made with `--adopt node.n1/secret:db.password`."
    )
  }

  @Test func aDatabaseOfAnotherOwnerIsNotGivenAwayUnasked() throws {
    var node = try OneNode()
    node.fleet.nodes[id]?.setPostgres(ObservedPostgres(roles: [], databases: ["app": "them"]))
    node.want(
      Make.resource(id, .database, "app", .database(DatabaseSpec(name: "app", owner: "us")))
    )
    #expect(try node.planned() == ["blocked database:app [adopt]"])
    node.fleet.options.adopt = ["node.n1/database:app"]
    #expect(try node.planned() == ["update database:app [adopt]"])
  }

  @Test func whatAnInterruptedRunOfOursBroughtIsOurs() throws {
    var node = try OneNode()
    let theirs = Ownership(owner: "root", group: "root", mode: 0o700)
    node.fleet.nodes[id]?.putFolder("/opt/app", theirs)
    let spec = DirectorySpec(path: "/opt/app", ownership: Make.root, data: false)
    node.want(Make.resource(id, .dir, "/opt/app", .directory(spec)))
    #expect(try node.planned() == ["blocked dir:/opt/app [adopt]"])
    node.fleet.nodes[id]?.remember(ownPaths: ["/opt/app"])
    #expect(try node.planned() == ["update dir:/opt/app [adopt]"])
  }

  @Test func aFolderOfAnotherUserAboveIsRefused() throws {
    var node = try OneNode()
    node.fleet.nodes[id]?.remember(ownersAbove: [
      "/srv/app/x": .init(folder: "/srv/app", owner: "eve")
    ])
    node.want(Make.file(id, "/srv/app/x", FileContent(text: "x\n")))
    let change = try first(try node.fleet.plan(), .file)
    #expect(
      change.reasons.first?.text
        == "/srv/app belongs to eve, who could replace what root is to own below it"
    )
    let folder = DirectorySpec(
      path: "/srv/app",
      ownership: Ownership(owner: "eve", group: "eve", mode: 0o755),
      data: false
    )
    node.want(Make.resource(id, .dir, "/srv/app", .directory(folder)))
    #expect(
      try node.planned() == ["create dir:/srv/app [intent]", "create file:/srv/app/x [intent]"]
    )
  }

  @Test func nothingIsMadeBelowALinkedParent() throws {
    var node = try OneNode()
    node.fleet.nodes[id]?.remember(unsafeParents: ["/etc/a/x": "/etc/a is a symbolic link to /tmp"])
    node.want(Make.file(id, "/etc/a/x", FileContent(text: "x\n")))
    let change = try first(try node.fleet.plan(), .file)
    #expect(
      change.reasons.first?.text
        == "it is not safe to write here: /etc/a is a symbolic link to /tmp"
    )
    #expect(
      change.remedy
        == "Correct that folder on the node (`chown root`, `chmod go-w`, or a real folder in "
        + "place of the link), then plan again."
    )
  }
}
