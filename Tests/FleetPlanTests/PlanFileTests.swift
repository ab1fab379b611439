import FleetDiagnostics
import FleetPlan
import Testing

@Suite struct PlanFileTests {
  private func detail(_ bytes: [UInt8]) -> String {
    do {
      _ = try PlanFile(parsing: bytes)
      return "read"
    } catch {
      return error.diagnostics.all.first?.detail ?? ""
    }
  }

  private func text() throws -> String {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 1\n")
    return String(decoding: PlanFile(try node.fleet.plan()).bytes, as: UTF8.self)
  }

  @Test func aChangedFileIsRefused() throws {
    let text = try text()
    let forged = text.replacing("/etc/redis.conf", with: "/etc/shadow")
    #expect(detail(Array(text.utf8)) == "read")
    #expect(detail(Array(forged.utf8)).contains("its digest does not fit its content"))
  }

  @Test func anotherMajorVersionIsRefusedAndAHigherMinorIsRead() throws {
    let text = try text()
    let major = text.replacing("\"format_version\":\"1.0\"", with: "\"format_version\":\"2.0\"")
    let minor = text.replacing("\"format_version\":\"1.0\"", with: "\"format_version\":\"1.7\"")
    #expect(detail(Array(major.utf8)).contains("it has format 2.0, this fleetctl reads 1.0"))
    #expect(detail(Array(minor.utf8)) == "read")
  }

  @Test(arguments: ["", "{}", "[]", "{\"format_version\":\"1.0\"}", "plan", "{\"a\":1,\"a\":2}"])
  func whatIsNoPlanIsRefused(text: String) {
    #expect(detail(Array(text.utf8)) != "read")
  }

  @Test func labelsAndSelectorsAreReadAgain() throws {
    var node = try OneNode()
    node.edit(OneNode.conf, "port 1\n")
    node.fleet.look()
    var inputs = node.fleet.inputs
    inputs[0].labels = ["zone": "a", "example.org/tier": "web"]
    var options = PlanOptions()
    options.selectors = ["role=redis", "zone=a"]
    let plan = try Planner.plan(PlanInput(fleet: "f", nodes: inputs, options: options))
    let read = try PlanFile(parsing: PlanFile(plan).bytes).plan
    #expect(read == plan)
    #expect(read.nodes.map(\.labels) == [inputs[0].labels])
    #expect(read.options.selectors == options.selectors)
  }

  @Test func metaStandsOutsideTheDigest() throws {
    var node = try OneNode()
    let plan = try node.fleet.plan()
    let one = PlanFile(plan, meta: ["created_at": "1"])
    let two = PlanFile(plan, meta: ["created_at": "2"])
    #expect(one.digest == two.digest)
    #expect(one.bytes != two.bytes)
  }
}
