import FleetModel
import Testing

@Suite struct IdentifierTests {
  @Test(arguments: ["00-SLM-Manager", "web.1", "a_b", "x"])
  func namesOfRealMachinesAreAccepted(name: String) throws {
    #expect(try #require(NodeID(name)).name == name)
  }

  @Test(arguments: ["", "-oProxyCommand=x", ".hidden", "a b", "a/b", "a;b", "ä", "a\nb"])
  func whatCouldBeAnOptionAPathOrShellTextIsRefused(name: String) {
    #expect(NodeID(name) == nil)
  }

  @Test func addressesReadAsDocumented() throws {
    let node = try #require(NodeID("web-1"))
    let address = ResourceAddress(node, .dropIn, "/etc/systemd/system/x.service.d/a.conf")
    #expect(address.description == "node.web-1/drop-in:/etc/systemd/system/x.service.d/a.conf")
  }

  @Test func aSecretShowsItselfNowhere() {
    let secret = Secret(Array("hunter2".utf8))
    #expect("\(secret)" == "(sensitive)")
    var dumped = ""
    dump(secret, to: &dumped)
    #expect(!dumped.contains("hunter2"))
    #expect(!String(reflecting: secret).contains("hunter2"))
    #expect(secret.reveal { String(decoding: $0, as: UTF8.self) } == "hunter2")
  }
}
