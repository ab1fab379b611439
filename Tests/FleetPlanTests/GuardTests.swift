import FleetModel
import FleetPlan
import FleetResources
import Testing

/// What keeps a plan from deleting, and what comes before a risk.
@Suite struct GuardTests {
  private let id = OneNode.id

  private func protection(_ pattern: String) -> PlanProtection {
    PlanProtection(AddressPattern(pattern), text: pattern, place: "fleet.yaml:3:11")
  }

  private func plan(
    _ node: inout OneNode,
    protecting pattern: String? = nil,
    leaving: Bool = false
  ) throws -> Plan {
    node.fleet.look()
    var input = try #require(node.fleet.inputs.first)
    input.protections = pattern.map { [protection($0)] } ?? []
    input.isLeaving = leaving
    return try Planner.plan(
      PlanInput(fleet: "test", nodes: [input], options: node.fleet.options)
    )
  }

  @Test func whatIsProtectedIsNeitherDeletedNorEnded() throws {
    var node = try OneNode()
    node.fleet.wanted[id]?.removeAll { $0.address.name.contains("web.service") }
    let plan = try plan(&node, protecting: "*/unit:web*")
    #expect(
      OneNode.lines(plan) == [
        "blocked unit:web.service [intent]", "blocked file:\(OneNode.webUnit) [intent]",
      ]
    )
    let change = try #require(plan.changes.first)
    #expect(change.reasons.last == .init("it is protected", origin: "fleet.yaml:3:11"))
    #expect(
      change.remedy == "Take `*/unit:web*` out of `protect` (fleet.yaml:3:11) if it may really go."
    )
    #expect(plan.destroyed.isEmpty)
  }

  @Test func aRoleIsProtectedByItsName() throws {
    var node = try OneNode()
    node.fleet.wanted[id]?.removeAll { $0.role == "redis" }
    let plan = try plan(&node, protecting: "node.n1/role.redis")
    #expect(plan.changes.allSatisfy { $0.role != "redis" || $0.action == .blocked })
    #expect(!plan.changes.isEmpty)
  }

  @Test func updatesAndRestartsOfWhatIsProtectedGoOn() throws {
    var node = try OneNode()
    node.edit(OneNode.webUnit, "[Service]\nNice=5\n")
    #expect(try plan(&node, protecting: "node.n1").hasChanges)
  }

  @Test func aServiceThatGoesCountsAsDestroyedAndAStartDoesNot() throws {
    var node = try OneNode()
    node.systemctl("stop", "nginx.service")
    node.fleet.wanted[id]?.removeAll { $0.address.name.contains("web.service") }
    let names = try plan(&node).destroyed.map(\.address.name)
    #expect(names == ["web.service", OneNode.webUnit])
  }

  @Test func aNewerRecordIsNotTouched() throws {
    var node = try OneNode()
    node.edit(OneNode.webUnit, "[Service]\nNice=5\n")
    node.fleet.look()
    var input = try #require(node.fleet.inputs.first)
    var observed = try #require(input.observation.node)
    observed.manifest = .unknown("it has format 2, this program knows 1")
    observed.newerFormat = 2
    input.observation = .observed(observed)
    let plan = try Planner.plan(PlanInput(fleet: "test", nodes: [input]))
    #expect(!plan.hasChanges)
    #expect(
      plan.nodes.first?.cause
        == "a newer fleetctl looks after it: it has format 2, this program knows 1"
    )
    #expect(
      plan.nodes.first?.remedy
        == "Use a fleetctl at least as new as the one that was here last; this one touches nothing."
    )
  }

  // MARK: data

  private func withData(_ node: inout OneNode) throws {
    let spec = DirectorySpec(path: "/var/lib/web", ownership: Make.root, data: true)
    node.want(Make.resource(id, .dir, "/var/lib/web", .directory(spec)))
    try node.fleet.apply(try node.fleet.plan())
    node.fleet.wanted[id]?.removeAll { $0.address.name == "/var/lib/web" }
  }

  @Test func dataStaysAndGoesLastWhereItIsAskedFor() throws {
    var node = try OneNode()
    try withData(&node)
    let kept = try plan(&node)
    #expect(kept.changes.isEmpty)
    #expect(kept.nodes.first?.kept == ["dir:/var/lib/web"])
    node.fleet.options.purgesData = true
    let purged = try plan(&node)
    #expect(OneNode.lines(purged) == ["delete dir:/var/lib/web [intent]"])
    let change = try #require(purged.changes.first)
    #expect(change.phase == .purge)
    #expect(!change.isReversible)
    #expect(NodeSchedule(node: id, changes: purged.changes).purge == [change])
  }

  @Test func dataUnderSomethingThatIsWantedIsNotPurged() throws {
    var node = try OneNode()
    try withData(&node)
    node.want(Make.file(id, "/var/lib/web/live.conf", FileContent(text: "x\n")))
    node.fleet.options.purgesData = true
    #expect(try plan(&node).nodes.first?.kept == ["dir:/var/lib/web"])
  }

  @Test func aMachineThatIsLeftLosesAllThatIsOursInOrder() throws {
    var node = try OneNode()
    node.fleet.wanted[id] = []
    node.fleet.roles[id] = []
    let plan = try plan(&node, leaving: true)
    #expect(
      OneNode.lines(plan) == [
        "stop,disable unit:nginx.service [intent]", "stop,disable unit:redis.service [intent]",
        "stop,disable unit:web.service [intent]", "delete file:\(OneNode.site) [intent]",
        "delete file:\(OneNode.conf) [intent]", "delete file:\(OneNode.webUnit) [intent]",
      ]
    )
    #expect(plan.nodes.first?.kept == ["package:nginx", "package:redis"])
  }

  // MARK: backups

  private func withBackup(_ node: inout OneNode) throws {
    let path = "/etc/systemd/system/backup-redis.service"
    node.want(Make.file(id, path, FileContent(text: "[Service]\n"), role: "redis"))
    node.want(
      Make.unit(id, "backup-redis.service", role: "redis") {
        $0.state = .untouched
        $0.enabled = nil
        $0.backups = [.init(unit: "redis.service", role: "redis")]
      }
    )
    try node.fleet.apply(try node.fleet.plan())
    node.want(
      Make.file(
        id,
        OneNode.conf,
        FileContent(text: "port 6380\n"),
        role: "redis",
        effect: .init(restart: ["redis.service"])
      )
    )
  }

  @Test func aRestartInAMaintenanceWindowComesAfterACopyOfTheData() throws {
    var node = try OneNode()
    try withBackup(&node)
    #expect(try node.planned().contains { $0.contains("backup-redis") } == false)
    node.fleet.options.maintenance = ["redis"]
    let plan = try plan(&node)
    #expect(
      OneNode.lines(plan) == [
        "update file:\(OneNode.conf) [intent]", "run unit:backup-redis.service [intent]",
        "restart unit:redis.service [intent]",
      ]
    )
    #expect(
      plan.changes[1].reasons.first?.text
        == "redis.service is about to restart, and its data is copied first"
    )
  }

  @Test func whatDoesNotRunHasNothingToCopy() throws {
    var node = try OneNode()
    try withBackup(&node)
    node.systemctl("stop", "redis.service")
    node.fleet.options.maintenance = ["redis"]
    #expect(try node.planned().contains { $0.contains("backup-redis") } == false)
  }

  @Test func withoutItsCopyDataIsNotPutAtRisk() throws {
    var node = try OneNode()
    try withBackup(&node)
    node.fleet.nodes[id]?.mask("backup-redis.service")
    node.want(
      Make.unit(id, "backup-redis.service", role: "redis") {
        $0.state = .untouched
        $0.backups = [.init(unit: "redis.service", role: "redis")]
      }
    )
    node.fleet.options.maintenance = ["redis"]
    let plan = try plan(&node)
    let restart = try #require(plan.changes.first { $0.address.name == "redis.service" })
    #expect(restart.action == .blocked)
    #expect(
      restart.reasons.first?.text
        == "its data cannot be copied first: unit:backup-redis.service is blocked"
    )
  }
}
