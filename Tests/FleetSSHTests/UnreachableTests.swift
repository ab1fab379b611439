import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

struct UnreachableTests {
  private func attempt(
    port: Int,
    host: String = "127.0.0.1",
    timeout: Duration = .seconds(5)
  ) async -> TransportError? {
    let connector = SSHConnector(SSHConfiguration(homeDirectory: "/nonexistent"))
    let target = SSHTarget(
      node: "web-1",
      host: host,
      port: port,
      user: "nobody",
      connectTimeout: timeout
    )
    return await failure { try await connector.connect(to: target) }
  }

  @Test
  func silentServerCostsOneDeadline() async throws {
    let (descriptor, port) = try Loopback.listen()
    defer { close(descriptor) }
    let error = await attempt(port: port, timeout: .milliseconds(300))
    #expect(error?.code == .timedOut)
    #expect(error?.step == "handshake")
  }

  @Test
  func closedPortIsRefused() async throws {
    let error = await attempt(port: try Loopback.closedPort())
    #expect(error?.code == .refused)
    #expect(error?.step == "connect")
    #expect(error?.message.contains("Connection refused") == true)
  }

  @Test
  func serverThatIsNoSSHServerIsNamed() async throws {
    let server = try TalkingServer("HTTP/1.1 400 Bad Request\r\n\r\n")
    let error = await attempt(port: server.port)
    #expect(error?.code == .connectionLost)
    #expect(error?.step == "handshake")
    #expect(server.accepted == 1)
  }

  @Test
  func serverThatHangsUpBeforeItsBannerIsTriedWhileThereIsTime() async throws {
    let server = try TalkingServer("")
    // The first pause is at most 0.75 s.
    let error = await attempt(port: server.port, timeout: .seconds(2))
    #expect(error?.code == .connectionLost)
    #expect((2...4).contains(server.accepted))
    #expect(error?.message.hasSuffix("so it went \(server.accepted) times") == true)
  }

  @Test
  func garbageInTheHandshakeIsAnError() async throws {
    let noise = (0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 197) }
    let server = try TalkingServer(Array("SSH-2.0-noise\r\n".utf8) + noise)
    let error = await attempt(port: server.port, timeout: .seconds(2))
    #expect(error != nil)
  }

  @Test
  func nameWithoutAddressIsUnreachable() async {
    // A label that no query can carry: nobody's name server is asked.
    let name = String(repeating: "x", count: 64) + ".invalid"
    let error = await attempt(port: 22, host: name, timeout: .seconds(60))
    #expect(error?.code == .unreachable)
    #expect(error?.message.contains(name) == true)
  }

  @Test(.enabled(if: SSHServer.isAvailable, "needs openssh-server"))
  func nameIsResolvedAwayFromTheLoop() async throws {
    let server = try SSHServer()
    var target = server.target(host: "localhost")
    target.knownHostsFiles = [server.knownHosts("[localhost]:\(server.port) \(server.hostKey())\n")]
    let connection = try await server.connector().connect(to: target)
    #expect(try await connection.script("echo name") == "name\n")
  }

  /// Whether this machine speaks IPv6 to itself.
  private static let hasIPv6: Bool = {
    let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    guard let bytes = Resolver.numeric("::1", port: 0)?.first?.bytes else { return false }
    let outcome = bytes.withUnsafeBytes { raw in
      raw.baseAddress.map {
        bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
      }
    }
    return outcome == 0
  }()

  @Test(.enabled(if: SSHServer.isAvailable && hasIPv6, "needs openssh-server and IPv6"))
  func addressOfIPv6IsConnectedTo() async throws {
    let server = try SSHServer(address: "[::1]")
    var target = server.target(host: "::1")
    target.knownHostsFiles = [server.knownHosts("[::1]:\(server.port) \(server.hostKey())\n")]
    let connection = try await server.connector().connect(to: target)
    #expect(try await connection.script("echo six") == "six\n")
  }
}
