import FleetModel
import FleetPlan
import FleetResources
import Testing

@Suite struct RestartDebtTests {
  @Test func nothingIsOwedAfterAnApply() throws {
    var node = try OneNode()
    #expect(try node.planned() == [])
  }

  @Test func aMissingRecordRestartsNothing() throws {
    var node = try OneNode()
    node.forgetRecord()
    #expect(try node.planned() == [])
  }

  @Test func aRebootOwesNothing() throws {
    var node = try OneNode()
    node.fleet.nodes[node.id]?.reboot()
    #expect(try node.planned() == [])
    node.forgetRecord()
    #expect(try node.planned() == [])
  }

  @Test func restartsAndReloadsByHandOweNothing() throws {
    var node = try OneNode()
    node.systemctl("restart", "redis.service")
    node.systemctl("restart", "web.service")
    node.systemctl("reload", "nginx.service")
    #expect(try node.planned() == [])
  }

  @Test func aChangedSiteReloadsNginxAndRestartsNothing() throws {
    var node = try OneNode()
    node.want(
      Make.file(
        node.id,
        OneNode.site,
        FileContent(text: "listen 443;\n"),
        effect: .init(reload: ["nginx.service"])
      )
    )
    #expect(
      try node.planned() == [
        "update file:/etc/nginx/site [intent]", "reload unit:nginx.service [intent]",
      ]
    )
  }

  @Test func anInterruptedApplyOwesTheReload() throws {
    var node = try OneNode()
    // The file was put there, the reload never came: content is as wanted, the time is not.
    node.edit(OneNode.site, "listen 443;\n")
    node.want(
      Make.file(
        node.id,
        OneNode.site,
        FileContent(text: "listen 443;\n"),
        effect: .init(reload: ["nginx.service"])
      )
    )
    #expect(try node.planned() == ["reload unit:nginx.service [restart-debt]"])
    node.systemctl("reload", "nginx.service")
    #expect(try node.planned() == [], "a reload by hand settles it")
  }

  @Test func anInterruptedApplyOwesTheRestart() throws {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 6380\n")
    node.want(
      Make.file(
        node.id,
        OneNode.conf,
        FileContent(text: "port 6380\n"),
        role: "redis",
        effect: .init(restart: ["redis.service"])
      )
    )
    let plan = try node.fleet.plan()
    #expect(OneNode.lines(plan) == ["restart unit:redis.service [restart-debt]"])
    #expect(plan.changes.first?.outageSeconds == 360)
    #expect(plan.changes.first?.dependents == ["celery on 01-Backend"])
    node.systemctl("reload", "redis.service")
    #expect(try node.planned().count == 1, "a reload does not read what is read at the start")
    node.systemctl("restart", "redis.service")
    #expect(try node.planned() == [])
  }

  @Test func aUnitFileThatSystemdHasNotReadIsOwed() throws {
    var node = try OneNode()
    node.edit(OneNode.webUnit, "[Service]\nRestart=always\n")
    node.want(
      Make.file(
        node.id,
        OneNode.webUnit,
        FileContent(text: "[Service]\nRestart=always\n"),
        effect: .init(restart: ["web.service"])
      )
    )
    // Restarted by hand without a daemon-reload: systemd started the old definition.
    node.systemctl("restart", "web.service")
    let plan = try node.fleet.plan()
    #expect(OneNode.lines(plan) == ["restart unit:web.service [restart-debt]"])
    #expect(
      plan.schedule(for: node.id).daemonReload,
      "a restart alone would start the old one again"
    )
    try node.fleet.apply(plan)
    #expect(try node.planned() == [])
  }

  @Test func aDeliberateRestartOnDriftedContentIsUndone() throws {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 1\n")
    node.systemctl("restart", "redis.service")
    let plan = try node.fleet.plan()
    #expect(
      OneNode.lines(plan) == [
        "update file:/etc/redis.conf [drift]", "restart unit:redis.service [drift]",
      ]
    )
    try node.fleet.apply(plan)
    #expect(try node.planned() == [])
  }

  @Test func aFilePutBackToWhatIsLoadedRestartsNothing() throws {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 1\n")
    #expect(try node.planned() == ["update file:/etc/redis.conf [drift]"])
    try node.fleet.apply(try node.fleet.plan())
    #expect(try node.planned() == [])
  }

  @Test func withoutARecordAFilePutBackRestarts() throws {
    var node = try OneNode()
    node.forgetRecord()
    node.edit(OneNode.conf, "port 1\n")
    #expect(
      try node.planned() == [
        "update file:/etc/redis.conf [drift]", "restart unit:redis.service [drift]",
      ]
    )
  }

  @Test func aFilePutBackAfterAReloadByHandRestarts() throws {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 1\n")
    node.systemctl("reload", "redis.service")
    #expect(try node.planned().count == 2, "the reload may have read it")
  }

  @Test func anEditUndoneByHandOwesNothing() throws {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 1\n")
    node.edit(OneNode.conf, "port 6379\n")
    #expect(try node.planned() == [])
    node.forgetRecord()
    #expect(try node.planned() == ["restart unit:redis.service [restart-debt]"])
  }

  @Test func aTimeInTheFutureProvesNothing() throws {
    var node = try OneNode()
    node.forgetRecord()
    node.edit(OneNode.conf, "port 6379\n")
    #expect(try node.planned().count == 1)
    var observed = try #require(node.fleet.nodes[node.id]).seen
    observed.system.clockMicroseconds = 1
    var input = try #require(node.fleet.inputs.first)
    input.observation = .observed(observed)
    #expect(try Planner.plan(PlanInput(fleet: "test", nodes: [input])).changes.isEmpty)
  }

  @Test func aStartSubsumesRestartAndReload() throws {
    var node = try OneNode()
    node.systemctl("stop", "redis.service")
    node.edit(OneNode.conf, "port 1\n")
    #expect(
      try node.planned() == [
        "update file:/etc/redis.conf [drift]", "start unit:redis.service [drift]",
      ]
    )
  }

  @Test func aRestartThatIsHeldBackIsShownAndUnblockedByMaintenance() throws {
    var node = try OneNode()
    node.want(Make.unit(node.id, "redis.service", role: "redis") { $0.restartPolicy = .manual })
    node.want(
      Make.file(
        node.id,
        OneNode.conf,
        FileContent(text: "port 2\n"),
        role: "redis",
        effect: .init(restart: ["redis.service"])
      )
    )
    let plan = try node.fleet.plan()
    #expect(
      OneNode.lines(plan) == [
        "update file:/etc/redis.conf [intent]", "blocked unit:redis.service [restart-debt]",
      ]
    )
    try node.fleet.apply(plan)
    let owed = try node.fleet.plan()
    #expect(OneNode.lines(owed) == ["blocked unit:redis.service [restart-debt]"])
    #expect(!owed.hasChanges)
    node.fleet.options.maintenance = ["redis"]
    #expect(try node.planned() == ["restart unit:redis.service [restart-debt]"])
    try node.fleet.apply(try node.fleet.plan())
    #expect(try node.planned() == [])
  }

  @Test func aCrashLoopIsNotUp() throws {
    var seen = ObservedUnit()
    seen.activeState = "activating"
    seen.subState = "auto-restart"
    #expect(!seen.isUp)
    seen.subState = "start-pre"
    #expect(seen.isUp)
  }

  @Test func aNewVersionWaitsWhereUpdatesAreByHand() throws {
    var node = try OneNode()
    let package = PackageSpec(name: "redis", version: "9.1")
    node.want(Make.resource(node.id, .package, "redis", .package(package), role: "redis"))
    node.want(Make.unit(node.id, "redis.service", role: "redis") { $0.updatePolicy = "manual" })
    let plan = try node.fleet.plan()
    #expect(OneNode.lines(plan) == ["blocked package:redis [restart-debt]"])
    #expect(
      plan.changes.first?.reasons.map(\.text) == [
        "updates are manual; 1.0 stays where 9.1 is wanted"
      ]
    )
    #expect(plan.changes.first?.remedy == "Let it happen with `--maintenance redis`.")
    node.fleet.options.maintenance = ["redis"]
    let allowed = try node.fleet.plan()
    #expect(
      OneNode.lines(allowed) == [
        "update package:redis [drift]", "restart unit:redis.service [drift]",
      ]
    )
    try node.fleet.apply(allowed)
    node.fleet.options.maintenance = []
    #expect(try node.planned() == [])
  }

  @Test func whatIsMissingIsInstalledWhereUpdatesAreByHand() throws {
    var node = try OneNode()
    let package = PackageSpec(name: "redis-tools", version: "9.1")
    node.want(Make.resource(node.id, .package, "redis-tools", .package(package), role: "redis"))
    node.want(Make.unit(node.id, "redis.service", role: "redis") { $0.updatePolicy = "manual" })
    #expect(try node.planned() == ["create package:redis-tools [intent]"])
  }
}
