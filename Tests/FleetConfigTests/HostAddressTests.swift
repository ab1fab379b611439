import FleetConfig
import Testing

@Suite struct HostAddressTests {
  @Test(arguments: [
    "172.16.168.19", "0.0.0.0", "::", "::1", "fd00::19", "2001:db8:0:0:0:0:0:1",
    "::ffff:10.0.0.1", "db-1", "db_1.example.org", "1host",
  ])
  func addressesAndNamesAreAccepted(_ text: String) {
    #expect(HostAddress(text) != nil)
  }

  @Test(arguments: [
    "", "300.1.1.1", "10.0.0", "10.0.0.01", "10.0.0.1.", "-v", "-oProxyCommand=x", "a b", "a\nb",
    "fe80::1%eth0", ":::", "1::2::3", "::12345", "2001:db8", "host-", "a..b", "ö", "a;b", "[::1]",
    "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9",
  ])
  func everythingElseIsRefused(_ text: String) {
    #expect(HostAddress(text) == nil)
  }

  @Test func spellingsOfOneAddressAreEqual() {
    #expect(HostAddress("::1") == HostAddress("0:0:0:0:0:0:0:1"))
    #expect(HostAddress("FD00::A") == HostAddress("fd00:0::a"))
    #expect(HostAddress("Web-1") == HostAddress("web-1"))
  }

  @Test func aRangeHoldsItsAddressesOnly() throws {
    let range = try #require(AddressRange("172.16.168.0/22"))
    func contains(_ text: String) -> Bool? { HostAddress(text).flatMap { range.contains($0) } }
    #expect(contains("172.16.171.255") == true)
    #expect(contains("172.16.172.0") == false)
    #expect(contains("web-1") == nil)
    #expect(contains("::1") == nil)
  }

  @Test(arguments: ["10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "x/8", "10.0.0.0/08"])
  func wrongRangesAreRefused(_ text: String) {
    #expect(AddressRange(text) == nil)
  }
}
