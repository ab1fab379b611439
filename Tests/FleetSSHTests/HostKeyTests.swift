import FleetTransport
import Testing

@testable import FleetSSH

@Suite(.enabled(if: SSHServer.isAvailable, "needs openssh-server"))
struct HostKeyTests {
  private func refusal(_ server: SSHServer, _ knownHosts: String) async -> TransportError? {
    var target = server.target()
    target.knownHostsFiles = [server.knownHosts(knownHosts)]
    let error = await failure { try await server.connector().connect(to: target) }
    // Not one byte of authentication was sent: sshd would have named the user.
    #expect(!server.log.contains("user \(server.user)"))
    #expect(!server.log.contains("Accepted"))
    return error
  }

  @Test
  func unknownKeyIsRefusedWithTheCommandThatPinsIt() async throws {
    let server = try SSHServer()
    let error = await refusal(server, "other.example ssh-ed25519 AAAA\n")
    #expect(error?.code == .hostKeyUnknown)
    #expect(error?.remedy?.contains("fleetctl hosts trust web-1") == true)
    #expect(error?.message.contains("SHA256:") == true)
  }

  @Test
  func missingFileKnowsNothing() async throws {
    let server = try SSHServer()
    var target = server.target()
    target.knownHostsFiles = [server.folder.path("missing")]
    let error = await failure { try await server.connector().connect(to: target) }
    #expect(error?.code == .hostKeyUnknown)
  }

  @Test
  func changedKeyIsRefusedWithBothFingerprints() async throws {
    let server = try SSHServer()
    SSHServer.makeKey(server.folder, "other", "ed25519")
    let other = TemporaryFolder.text(of: server.folder.path("other.pub"))
    let error = await refusal(server, "[127.0.0.1]:\(server.port) \(other)")
    #expect(error?.code == .hostKeyChanged)
    for name in ["other", "host_ed25519"] {
      let listing = Program.run(
        ["/usr/bin/ssh-keygen", "-l", "-f", server.folder.path("\(name).pub")],
        in: server.folder
      ).output
      let fingerprint = listing.split(separator: " ")[1]
      #expect(error?.message.contains(fingerprint) == true)
    }
  }

  @Test
  func revokedKeyIsRefusedAlthoughItIsPinnedToo() async throws {
    let server = try SSHServer()
    let line = "[127.0.0.1]:\(server.port) \(server.hostKey())\n"
    #expect(
      await refusal(server, line + "@revoked * \(server.hostKey())\n")?.code == .hostKeyRevoked
    )
  }

  @Test
  func authorityAloneFailsClosed() async throws {
    let server = try SSHServer()
    let error = await refusal(server, "@cert-authority * \(server.hostKey())\n")
    #expect(error?.code == .hostKeyUnsupported)
    #expect(error?.message.contains("@cert-authority") == true)
  }

  @Test(arguments: ["ed25519", "ecdsa"])
  func pinnedTypeDecidesWhichKeyTheServerShows(type: String) async throws {
    let server = try SSHServer()
    var target = server.target()
    target.knownHostsFiles = [
      server.knownHosts("[127.0.0.1]:\(server.port) \(server.hostKey(type))\n")
    ]
    let connection = try await server.connector().connect(to: target)
    #expect(try await connection.script("echo fine") == "fine\n")
  }

  @Test
  func plainEntryServesOtherPortsToo() async throws {
    let server = try SSHServer()
    var target = server.target()
    target.knownHostsFiles = [server.knownHosts("127.0.0.1 \(server.hostKey())\n")]
    let connection = try await server.connector().connect(to: target)
    #expect(try await connection.script("echo fine") == "fine\n")
  }

  @Test
  func fetchedKeyPinsTheServer() async throws {
    let server = try SSHServer()
    var target = server.target()
    let path = server.folder.write("fresh_hosts", "# mine\nother.example ssh-ed25519 AAAA")
    target.knownHostsFiles = [path]
    let connector = server.connector()
    let key = try await connector.fetchHostKey(of: target)
    #expect(key.type == "ssh-ed25519")
    #expect("\(key.type) \(key.base64)" == server.hostKey())
    let line = KnownHosts.line(host: target.host, port: target.port, key: key)
    try KnownHosts.append([line], to: path)
    try KnownHosts.append([line], to: path)
    #expect(
      TemporaryFolder.text(of: path) == "# mine\nother.example ssh-ed25519 AAAA\n\(line)\n"
    )
    let connection = try await connector.connect(to: target)
    #expect(try await connection.script("echo pinned") == "pinned\n")
    #expect(!server.log.contains("Connection closed by authenticating user"))
  }

  @Test
  func serverWithoutCommonHostKeyIsExplained() async throws {
    let server = try SSHServer(["HostKeyAlgorithms rsa-sha2-512"], hostKeys: ["rsa"])
    var target = server.target()
    target.knownHostsFiles = [server.folder.path("missing")]
    let error = await failure { try await server.connector().connect(to: target) }
    #expect(error?.code == .noCommonAlgorithm)
    #expect(error?.message.contains("RSA") == true)
    target.knownHostsFiles = [
      server.knownHosts("[127.0.0.1]:\(server.port) \(server.hostKey("rsa"))\n")
    ]
    let pinned = await failure { try await server.connector().connect(to: target) }
    #expect(pinned?.code == .hostKeyUnsupported)
  }
}
