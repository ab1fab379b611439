import FleetModel
import FleetTransport
import Testing

@testable import FleetSSH

/// What `fleet.lock` pins, against a real server, over both transports.
@Suite(
  .enabled(
    if: SSHServer.isAvailable && Program.find(["/usr/bin/ssh"]) != nil,
    "needs openssh-server and openssh-client"
  )
)
struct PinTests {
  private static let transports = [SSHTarget.Transport.libssh2, .openssh]

  private func target(
    _ server: SSHServer,
    _ transport: SSHTarget.Transport,
    pins: [String],
    known: String = ""
  ) -> SSHTarget {
    var target = server.target()
    target.transport = transport
    target.pin = NodePin(hostKeys: pins)
    target.knownHostsFiles = [server.knownHosts(known)]
    return target
  }

  private func verdict(_ server: SSHServer, _ target: SSHTarget) async -> TransportError? {
    let connector = server.connector(ssh: "/usr/bin/ssh")
    do throws(TransportError) {
      await (try await connector.connect(to: target)).close()
      return nil
    } catch {
      // Not one byte of authentication was sent: sshd would have named the user.
      #expect(!server.log.contains("user \(server.user)"))
      #expect(!server.log.contains("Accepted"))
      return error
    }
  }

  private func strange(_ server: SSHServer) -> String {
    SSHServer.makeKey(server.folder, "strange", "ed25519")
    return TemporaryFolder.text(of: server.folder.path("strange.pub")).split(separator: " ")
      .prefix(2).joined(separator: " ")
  }

  @Test(arguments: transports)
  func pinOfTheLockIsEnough(transport: SSHTarget.Transport) async throws {
    let server = try SSHServer()
    #expect(await verdict(server, target(server, transport, pins: [server.hostKey()])) == nil)
  }

  @Test(arguments: transports)
  func anotherKeyThanTheLocksIsRefusedThoughKnownHostsHasIt(
    transport: SSHTarget.Transport
  ) async throws {
    let server = try SSHServer()
    let known = "[127.0.0.1]:\(server.port) \(server.hostKey())\n"
    let error = await verdict(
      server,
      target(server, transport, pins: [strange(server)], known: known)
    )
    #expect(error?.code == .hostKeyChanged)
    #expect(error?.remedy?.contains("fleetctl hosts trust --rotate web-1") == true)
    guard transport == .libssh2 else { return }
    #expect(error?.message.contains("changed: fleet.lock pins ssh-ed25519 SHA256:") == true)
  }

  @Test(arguments: transports)
  func contradictionBetweenTheLockAndKnownHostsIsRefused(
    transport: SSHTarget.Transport
  ) async throws {
    let server = try SSHServer()
    let known = "[127.0.0.1]:\(server.port) \(strange(server))\n"
    let error = await verdict(
      server,
      target(server, transport, pins: [server.hostKey()], known: known)
    )
    #expect(error?.code == .hostKeyChanged)
    #expect(
      error?.message.hasPrefix("fleet.lock and known_hosts contradict each other about ") == true
    )
  }

  @Test(arguments: transports)
  func keyThatKnownHostsRevokesIsRefusedThoughTheLockPinsIt(
    transport: SSHTarget.Transport
  ) async throws {
    let server = try SSHServer()
    let error = await verdict(
      server,
      target(
        server,
        transport,
        pins: [server.hostKey()],
        known: "@revoked * \(server.hostKey())\n"
      )
    )
    #expect(error?.code == .hostKeyRevoked)
  }

  @Test(arguments: transports)
  func nodeThatTheLockDoesNotNameIsRefusedThoughKnownHostsHasIt(
    transport: SSHTarget.Transport
  ) async throws {
    let server = try SSHServer()
    let known = "[127.0.0.1]:\(server.port) \(server.hostKey())\n"
    let error = await verdict(server, target(server, transport, pins: [], known: known))
    #expect(error?.code == .hostKeyUnknown)
    #expect(error?.remedy?.contains("fleetctl hosts trust web-1") == true)
  }

  @Test
  func typeThatTheLockPinsDecidesWhichKeyTheServerShows() async throws {
    let server = try SSHServer()
    for type in ["ed25519", "ecdsa"] {
      #expect(
        await verdict(server, target(server, .libssh2, pins: [server.hostKey(type)])) == nil
      )
    }
  }

  @Test
  func aHashedEntryIsFoundByOpenSSHAndByUs() throws {
    let server = try SSHServer()
    let key = try #require(HostKey(line: server.hostKey()))
    let path = server.folder.write("hashed", "")
    var target = server.target()
    target.knownHostsFiles = [path]
    try KnownHosts.append(
      [KnownHosts.line(target, key, salt: Array(repeating: 7, count: 20))],
      to: path
    )
    let text = TemporaryFolder.text(of: path)
    #expect(text.hasPrefix("|1|BwcHBwcHBwcHBwcHBwcHBwcHBwc=|"))
    #expect(!text.contains("127.0.0.1"))
    #expect(HostKeyState(key, of: target) == .pinned)
    let found = Program.run(
      ["/usr/bin/ssh-keygen", "-F", "[127.0.0.1]:\(server.port)", "-f", path],
      in: server.folder
    )
    #expect(found.status == 0)
    // Replaced by another, it goes: one hashed line names one host.
    let other = try #require(HostKey(line: strange(server)))
    #expect(try KnownHosts.rotate(target, to: other, salt: Array(repeating: 9, count: 20)) == [])
    #expect(HostKeyState(other, of: target) == .pinned)
    #expect(HostKeyState(key, of: target) != .pinned)
    #expect(TemporaryFolder.text(of: path).split(separator: "\n").count == 1)
    // A second time changes nothing, whatever the salt.
    #expect(try KnownHosts.rotate(target, to: other, salt: Array(repeating: 8, count: 20)) == [])
    #expect(TemporaryFolder.text(of: path).split(separator: "\n").count == 1)
  }
}
