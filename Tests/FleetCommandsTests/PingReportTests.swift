import FleetDiagnostics
import FleetTransport
import Testing

@testable import FleetCommands

struct PingReportTests {
  private let target = SSHTarget(node: "web-1", host: "10.0.0.1", port: 2222, user: "bob")

  @Test
  func headlineSumsTheStepsAndNamesTheFailedOne() {
    var report = PingReport(target: target)
    report.steps = [
      .init(name: "connect", detail: "", duration: .microseconds(1250)),
      .init(name: "banner", detail: "", duration: .microseconds(11_000)),
    ]
    #expect(report.headline == "web-1  bob@10.0.0.1:2222  ok  12.3 ms")
    #expect(report.isWell)
    report.error = TransportError(.hostKeyUnknown, step: "host key", "new", remedy: "trust it")
    #expect(report.headline == "web-1  bob@10.0.0.1:2222  FAILED at host key  12.3 ms")
    #expect(!report.isWell)
  }

  @Test
  func documentHasEveryStepAndTheFailureWithItsCure() {
    var report = PingReport(target: target)
    report.steps = [.init(name: "connect", detail: "there", duration: .milliseconds(2))]
    report.error = TransportError(.refused, step: "login", "no", remedy: nil)
    #expect(
      report.json.rendered(pretty: false)
        == #"{"node":"web-1","host":"10.0.0.1","port":2222,"user":"bob","ok":false,"steps":"#
        + #"[{"name":"connect","microseconds":2000,"detail":"there"}],"failure":"#
        + #"{"step":"login","code":"refused","message":"no","remedy":null}}"#
    )
  }

  @Test
  func doctorNamesEveryLibraryAndLimit() {
    let lines = OperatorCheck.all().map(\.line).joined()
    for word in ["libssh2", "OpenSSL", "libyaml", "ssh  ", "rsa-sha2-512", "FIDO", "known_hosts"] {
      #expect(lines.contains(word), "\(word)")
    }
  }
}
