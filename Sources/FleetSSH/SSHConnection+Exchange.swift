import CLibSSH2
import FleetTransport

extension SSHConnection {
  /// Sends one request through a forwarded stream and collects the answer.
  func perform(_ request: StreamRequest) async throws(TransportError) -> [UInt8] {
    throw TransportError(.internalFailure, step: "exchange", "not yet")
  }
}
