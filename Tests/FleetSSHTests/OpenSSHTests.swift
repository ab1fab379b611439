import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

/// The second transport, a child `ssh`, against a real sshd.
@Suite(
  .enabled(if: SSHServer.isAvailable, "needs openssh-server"),
  .enabled(if: Program.find(["/usr/bin/ssh"]) != nil, "needs /usr/bin/ssh")
)
struct OpenSSHTests {
  private static let ssh = "/usr/bin/ssh"

  private func connect(
    _ server: SSHServer,
    transport: SSHTarget.Transport = .openssh,
    _ change: (inout SSHTarget) -> Void = { _ in }
  ) async throws -> any RemoteConnection {
    var target = server.target()
    target.transport = transport
    change(&target)
    return try await server.connector(ssh: Self.ssh).connect(to: target)
  }

  @Test
  func commandReturnsBothStreamsAndItsStatus() async throws {
    let server = try SSHServer()
    let connection = try await connect(server)
    let result = try await connection.run(
      RemoteCommand(program: "sh -s", stdin: Array("echo out; echo err >&2; exit 3".utf8))
    )
    #expect(String(decoding: result.stdout, as: UTF8.self) == "out\n")
    #expect(String(decoding: result.stderr, as: UTF8.self) == "err\n")
    #expect(result.exitStatus == 3)
    #expect(
      connection.detour == "reached through OpenSSH's ssh, because fleet.yaml says so"
    )
    await connection.close()
  }

  @Test
  func manyCommandsShareOneLoginAndAnotherConnectionIsAnotherLogin() async throws {
    let server = try SSHServer()
    func logins() -> Int {
      server.log.split(whereSeparator: \.isNewline)
        .filter { $0.contains("Accepted publickey") }.count
    }
    let connection = try await connect(server)
    try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<5 { group.addTask { try await connection.script("echo \(number)") } }
      var answers: [String] = []
      for try await answer in group { answers.append(answer) }
      #expect(answers.sorted() == (0..<5).map { "\($0)\n" })
    }
    #expect(logins() == 1)
    let second = try await connect(server)
    #expect(try await second.script("echo new") == "new\n")
    #expect(logins() == 2)
    await second.close()
    await connection.close()
  }

  @Test
  func megabytesFlowInAllThreeDirectionsAtOnce() async throws {
    let server = try SSHServer()
    let connection = try await connect(server)
    let input = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let result = try await connection.run(RemoteCommand(program: "tee /dev/stderr", stdin: input))
    let isWhole = result.stdout == input && result.stderr == input
    #expect(isWhole)
    await connection.close()
  }

  @Test
  func inputThatNobodyReadsDoesNotHoldTheCommandUp() async throws {
    let server = try SSHServer()
    let connection = try await connect(server)
    let result = try await connection.run(
      RemoteCommand(program: "exec <&-; echo done", stdin: [UInt8](repeating: 7, count: 5_000_000))
    )
    #expect(result.stdout == Array("done\n".utf8))
    #expect(try await connection.script("echo again") == "again\n")
    await connection.close()
  }

  @Test
  func deadlineAndCapEndTheConnection() async throws {
    let server = try SSHServer()
    let slow = try await connect(server)
    let late = await failure { try await slow.script("sleep 30", deadline: .milliseconds(300)) }
    #expect(late?.code == .timedOut)
    #expect(await failure { try await slow.script("echo") }?.code == .closed)
    let loud = try await connect(server)
    let much = await failure {
      try await loud.run(RemoteCommand(program: "cat /dev/zero", outputCap: 100_000))
    }
    #expect(much?.code == .outputTooLarge)
  }

  @Test
  func killedServerIsALostConnection() async throws {
    let server = try SSHServer()
    let connection = try await connect(server)
    let error = await failure {
      try await connection.script("kill -KILL $PPID; sleep 30", deadline: .seconds(20))
    }
    #expect(error?.code == .connectionLost)
  }

  @Test
  func cancellationEndsACommandAtOnce() async throws {
    let server = try SSHServer()
    let connection = try await connect(server)
    let task = Task { try await connection.script("sleep 300", deadline: .seconds(600)) }
    try await Task.sleep(for: .milliseconds(100))
    task.cancel()
    #expect(await failure { try await task.value }?.code == .cancelled)
  }

  @Test
  func streamOfTheNodeIsReadThroughIt() async throws {
    let server = try SSHServer()
    let connection = try await connect(server)
    // sshd itself answers on its port with a banner, and hangs up on what is no SSH.
    let answer = try await connection.exchange(
      StreamRequest(host: "127.0.0.1", port: server.port, request: Array("hello\r\n".utf8))
    )
    #expect(String(decoding: answer, as: UTF8.self).hasPrefix("SSH-2.0-OpenSSH"))
    let free = try Loopback.closedPort()
    let error = await failure {
      try await connection.exchange(StreamRequest(host: "127.0.0.1", port: free, request: [1]))
    }
    #expect(error?.code == .refused)
    #expect(error?.message.contains("web-1 cannot reach 127.0.0.1:\(free)") == true)
    #expect(try await connection.script("echo on") == "on\n")
    await connection.close()
  }

  @Test
  func socketIsInAPrivateFolderThatGoesWithTheConnection() async throws {
    let server = try SSHServer()
    let connection = try await connect(server)
    #expect(try await connection.script("echo x") == "x\n")
    let folder = try #require(connection as? OpenSSHConnection).folder.path
    var status = stat()
    #expect(stat(folder, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
    #expect(access(folder + "/s", F_OK) == 0)
    await connection.close()
    #expect(await failure { try await connection.script("echo") }?.code == .closed)
    #expect(access(folder, F_OK) != 0)
  }

  // MARK: Strictness

  @Test
  func unknownAndChangedAndRevokedHostKeysAreRefusedBeforeALogin() async throws {
    let server = try SSHServer()
    let other = try SSHServer()
    let place = "[127.0.0.1]:\(server.port)"
    let cases: [(String, TransportError.Code)] = [
      ("", .hostKeyUnknown), ("\(place) \(other.hostKey())\n", .hostKeyChanged),
      (
        "@revoked \(place) \(server.hostKey())\n\(place) \(server.hostKey())\n", .hostKeyRevoked
      ),
    ]
    for (text, code) in cases {
      let error = await failure {
        try await connect(server) { $0.knownHostsFiles = [server.knownHosts(text)] }
      }
      #expect(error?.code == code, "\(error?.message ?? "")")
      #expect(error?.step == "host key")
    }
    #expect(!server.log.contains("publickey"))
  }

  @Test
  func refusedKeyIsARefusedLogin() async throws {
    let server = try SSHServer()
    SSHServer.makeKey(server.folder, "stranger", "ed25519")
    let error = await failure {
      try await connect(server) { $0.identityFiles = [server.folder.path("stranger")] }
    }
    #expect(error?.code == .authenticationRefused)
    #expect(error?.message.contains("Permission denied (publickey)") == true)
  }

  @Test
  func closedPortAndUnknownNameAreTold() async throws {
    let server = try SSHServer()
    let free = try Loopback.closedPort()
    let refused = await failure { try await connect(server) { $0.port = free } }
    #expect(refused?.code == .refused)
    // No query can carry it: nobody's name server is asked.
    let label = String(repeating: "x", count: 64)
    let nameless = await failure { try await connect(server) { $0.host = label + ".invalid" } }
    #expect(nameless?.code == .unreachable)
  }

  // MARK: Choosing

  @Test(arguments: [
    ["MACs hmac-sha2-256-etm@openssh.com"], ["Ciphers chacha20-poly1305@openssh.com"],
    ["Ciphers aes128-gcm@openssh.com"],
    ["KexAlgorithms sntrup761x25519-sha512@openssh.com"],
  ])
  func hardenedServerIsReachedThroughSSH(hardening: [String]) async throws {
    let server = try SSHServer(hardening)
    let connection = try await connect(server, transport: .auto)
    #expect(try await connection.script("echo in") == "in\n")
    #expect(
      connection.detour
        == "reached through OpenSSH's ssh, because libssh2 1.10 and the node have no algorithms in"
        + " common"
    )
    await connection.close()
    let alone = await failure { try await connect(server, transport: .libssh2) }
    #expect(alone?.code == .noCommonAlgorithm)
  }

  @Test
  func serverWithAnRSAHostKeyAloneIsReachedThroughSSH() async throws {
    let server = try SSHServer(hostKeys: ["rsa"])
    let line = "[127.0.0.1]:\(server.port) \(server.hostKey("rsa"))\n"
    let pins = server.folder.write("pins", line)
    let connection = try await connect(server, transport: .auto) { $0.knownHostsFiles = [pins] }
    #expect(try await connection.script("echo in") == "in\n")
    await connection.close()
    let unknown = await failure {
      try await connect(server, transport: .auto) {
        $0.knownHostsFiles = [server.folder.write("none", "")]
      }
    }
    #expect(unknown?.code == .hostKeyUnknown)
  }

  @Test(arguments: ["ed25519", "rsa"])
  func certificateGoesThroughSSH(type: String) async throws {
    let folder = TemporaryFolder()
    SSHServer.makeKey(folder, "ca", "ed25519")
    let server = try SSHServer(["TrustedUserCAKeys \(folder.path("ca.pub"))"], keeping: folder)
    SSHServer.makeKey(folder, "signed", type)
    _ = Program.run(
      [
        "/usr/bin/ssh-keygen", "-q", "-s", folder.path("ca"), "-I", "t", "-n", server.user,
        folder.path("signed.pub"),
      ],
      in: folder
    )
    let connection = try await connect(server, transport: .auto) {
      $0.identityFiles = [folder.path("signed")]
    }
    #expect(try await connection.script("echo in") == "in\n")
    #expect(connection.detour?.contains("cannot offer some of your keys") == true)
    await connection.close()
  }

  @Test(arguments: [(["ed25519"], "ed25519"), (["rsa"], "rsa")])
  func hostKeyOfAHardenedServerIsFetchedWithoutALogin(types: [String], type: String) async throws {
    let server = try SSHServer(["Ciphers aes256-gcm@openssh.com"], hostKeys: types)
    let key = try await server.connector(ssh: Self.ssh).fetchHostKey(of: server.target())
    #expect("\(key.type) \(key.base64)" == server.hostKey(type))
    #expect(!server.log.contains("publickey"))
    let free = try Loopback.closedPort()
    var target = server.target()
    target.port = free
    target.transport = .openssh
    let error = await failure {
      try await server.connector(ssh: Self.ssh).fetchHostKey(of: target)
    }
    #expect(error?.code == .refused)
  }

  @Test
  func ordinaryServerIsReachedWithoutADetour() async throws {
    let server = try SSHServer()
    let connection = try await connect(server, transport: .auto)
    #expect(connection.detour == nil)
    await connection.close()
  }

  @Test(arguments: [["-t", "ed25519"], ["-t", "rsa"], ["-t", "ecdsa", "-m", "PEM"]])
  func keyThatWeDecryptedIsLentToSSH(options: [String]) async throws {
    let server = try SSHServer(["Ciphers aes128-gcm@openssh.com"])
    let key = server.folder.path("locked")
    _ = Program.run(
      ["/usr/bin/ssh-keygen", "-q", "-N", "secret", "-f", key] + options,
      in: server.folder
    )
    server.folder.write("authorized_keys", TemporaryFolder.text(of: key + ".pub"))
    var target = server.target()
    target.identityFiles = [key]
    let connector = server.connector(passphrase: "secret", ssh: Self.ssh)
    let connection = try await connector.connect(to: target)
    #expect(try await connection.script("echo in") == "in\n")
    let folder = try #require(connection as? OpenSSHConnection).folder.path
    #expect(access(folder + "/a", F_OK) != 0)
    await connection.close()
    let locked = await failure { try await server.connector(ssh: Self.ssh).connect(to: target) }
    #expect(locked?.code == .authenticationRefused)
  }

  @Test
  func agentOfTheOperatorIsStillAskedBesideTheKeysThatAreLent() async throws {
    let server = try SSHServer()
    let locked = server.folder.path("locked")
    _ = Program.run(
      ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", locked],
      in: server.folder
    )
    let agent = try AgentTests.RunningAgent(server.folder, keys: [server.folder.path("user")])
    var target = server.target()
    target.identityFiles = [locked]
    target.transport = .openssh
    let configuration = SSHConfiguration(
      passphrase: "secret",
      agentSocket: agent.socket,
      homeDirectory: server.folder.root,
      sshProgram: Self.ssh
    )
    let connection = try await SSHConnector(configuration).connect(to: target)
    #expect(try await connection.script("echo in") == "in\n")
    await connection.close()
  }

  @Test
  func hostCertificateIsVerifiedByTheAuthorityThatIsPinned() async throws {
    let folder = TemporaryFolder()
    for name in ["ca", "other", "key"] { SSHServer.makeKey(folder, name, "ed25519") }
    _ = Program.run(
      [
        "/usr/bin/ssh-keygen", "-q", "-s", folder.path("ca"), "-I", "host", "-h", "-n",
        "127.0.0.1", folder.path("key.pub"),
      ],
      in: folder
    )
    let server = try SSHServer(
      ["HostKey \(folder.path("key"))", "HostCertificate \(folder.path("key-cert.pub"))"],
      hostKeys: [],
      keeping: folder
    )
    func pin(_ name: String) -> String {
      let key = TemporaryFolder.text(of: folder.path(name + ".pub"))
      return server.folder.write(name, "@cert-authority [127.0.0.1]:\(server.port) \(key)")
    }
    let good = pin("ca")
    let connection = try await connect(server, transport: .auto) { $0.knownHostsFiles = [good] }
    #expect(try await connection.script("echo in") == "in\n")
    await connection.close()
    let wrong = pin("other")
    let error = await failure {
      try await connect(server, transport: .auto) { $0.knownHostsFiles = [wrong] }
    }
    #expect(error?.step == "host key", "\(error?.message ?? "")")
  }

  @Test
  func missingSSHIsSaidBesideTheReason() async throws {
    let server = try SSHServer(["Ciphers aes128-gcm@openssh.com"])
    let error = await failure { try await server.connector().connect(to: server.target()) }
    #expect(error?.code == .noCommonAlgorithm)
    #expect(error?.remedy?.contains("install openssh-client") == true)
  }
}
