import FleetModel
import FleetPlan
import FleetResources
import Testing

@Suite struct DriftLabelTests {
  @Test func theFourEditsByHandAreExactlyFourDrifts() throws {
    var node = try OneNode()
    node.edit(OneNode.webUnit, "[Service]\nNice=5\n")
    node.systemctl("stop", "nginx.service")
    node.fleet.nodes[node.id]?.delete(OneNode.site)
    node.fleet.nodes[node.id]?.chmod(OneNode.conf, 0o666)
    let plan = try node.fleet.plan()
    #expect(
      OneNode.lines(plan) == [
        "create file:/etc/nginx/site [drift]",
        "update file:/etc/redis.conf [drift]",
        "update file:/etc/systemd/system/web.service [drift]",
        "start unit:nginx.service [drift]",
      ]
    )
    try node.fleet.apply(plan)
    #expect(try node.planned() == [])
  }

  @Test func theModeAloneIsShownAsTheModeAlone() throws {
    var node = try OneNode()
    node.fleet.nodes[node.id]?.chmod(OneNode.conf, 0o666)
    let change = try #require(try node.fleet.plan().changes.first)
    #expect(change.differences == [Difference("mode", before: "0666", after: "0644")])
    #expect(change.diff == nil)
  }

  @Test func aNewWishIsIntentAndAnEditUnderItIsDrift() throws {
    var node = try OneNode()
    let wish = Make.file(node.id, OneNode.webUnit, FileContent(text: "[Service]\nNice=1\n"))
    node.want(wish)
    #expect(try node.planned().first == "update file:\(OneNode.webUnit) [intent]")
    node.edit(OneNode.webUnit, "[Service]\nNice=9\n")
    #expect(try node.planned().first == "update file:\(OneNode.webUnit) [drift]")
  }

  @Test func somebodyElsesFileIsBlockedUntilItIsAdopted() throws {
    var node = try OneNode()
    node.edit("/etc/foreign", "theirs\n")
    let ours = Make.file(node.id, "/etc/foreign", FileContent(text: "ours\n"))
    node.want(ours)
    let blocked = try node.fleet.plan()
    #expect(OneNode.lines(blocked) == ["blocked file:/etc/foreign [adopt]"])
    #expect(blocked.changes.first?.remedy?.contains("--adopt node.n1/file:/etc/foreign") == true)
    node.fleet.options.adopt = ["node.n1/file:/etc/foreign"]
    let plan = try node.fleet.plan()
    #expect(OneNode.lines(plan) == ["update file:/etc/foreign [adopt]"])
    try node.fleet.apply(plan)
    node.fleet.options.adopt = []
    #expect(try node.planned() == [])
  }

  @Test func anEqualFileIsAdoptedWithoutBeingTouched() throws {
    var node = try OneNode()
    node.edit("/etc/foreign", "ours\n")
    node.want(Make.file(node.id, "/etc/foreign", FileContent(text: "ours\n")))
    let plan = try node.fleet.plan()
    #expect(OneNode.lines(plan) == ["adopt file:/etc/foreign [adopt]"])
    let log = node.fleet.nodes[node.id]?.log.count
    try node.fleet.apply(plan)
    #expect(node.fleet.nodes[node.id]?.log.count == log)
    #expect(try node.planned() == [])
    node.edit("/etc/foreign", "edited\n")
    #expect(try node.planned() == ["update file:/etc/foreign [drift]"])
  }

  @Test func aPackagesConfigurationFileIsReplacedWithoutAsking() throws {
    var node = try OneNode()
    node.edit("/etc/foreign", "the package's\n")
    var spec = FileSpec(
      path: "/etc/foreign",
      content: FileContent(text: "ours\n"),
      ownership: Make.root
    )
    spec.replacesPackageFile = true
    node.want(Make.resource(node.id, .file, "/etc/foreign", .file(spec), role: "other"))
    // Edited since, or not the package's at all: somebody's.
    #expect(try node.planned() == ["blocked file:/etc/foreign [adopt]"])
    node.fleet.nodes[node.id]?.remember(packageFiles: ["/etc/foreign"])
    #expect(try node.planned() == ["update file:/etc/foreign [adopt]"])
  }
}
