import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

@Suite(.enabled(if: SSHServer.isAvailable, "needs openssh-server"))
struct LoginTests {
  private func logIn(
    _ server: SSHServer,
    files: [String],
    passphrase: String? = nil,
    agent: String? = nil
  ) async throws -> String {
    var target = server.target()
    target.identityFiles = files
    let configuration = SSHConfiguration(
      passphrase: passphrase,
      agentSocket: agent,
      homeDirectory: server.folder.root
    )
    let connection = try await SSHConnector(configuration).connect(to: target)
    defer { Task { await connection.close() } }
    return try await connection.script("echo in")
  }

  /// Makes a key that the server accepts.
  private func acceptedKey(
    _ server: SSHServer,
    _ name: String,
    _ options: [String],
    phrase: String = ""
  ) -> String {
    let path = server.folder.path(name)
    _ = Program.run(
      ["/usr/bin/ssh-keygen", "-q", "-N", phrase, "-C", name, "-f", path] + options,
      in: server.folder
    )
    let old = TemporaryFolder.text(of: server.folder.path("authorized_keys"))
    server.folder.write("authorized_keys", old + TemporaryFolder.text(of: path + ".pub"))
    return path
  }

  @Test(arguments: [
    ["-t", "ed25519"], ["-t", "ecdsa", "-b", "256"], ["-t", "ecdsa", "-b", "384"],
    ["-t", "ecdsa", "-b", "521"], ["-t", "ecdsa", "-m", "PEM"], ["-t", "ecdsa", "-m", "PKCS8"],
    ["-t", "rsa", "-b", "2048"], ["-t", "rsa", "-b", "3072", "-m", "PEM"],
    ["-t", "rsa", "-b", "2048", "-m", "PKCS8"],
  ])
  func keyLogsIn(options: [String]) async throws {
    let server = try SSHServer()
    let key = acceptedKey(server, "key", options)
    #expect(try await logIn(server, files: [key]) == "in\n")
  }

  @Test(arguments: [
    ["-t", "ed25519"], ["-t", "ecdsa", "-m", "PEM"], ["-t", "rsa", "-m", "PKCS8"],
    ["-t", "ecdsa", "-b", "521", "-Z", "aes128-cbc"],
    ["-t", "ed25519", "-Z", "aes256-gcm@openssh.com", "-a", "3"],
    ["-t", "rsa", "-Z", "aes192-ctr", "-a", "1"],
  ])
  func encryptedKeyNeedsTheRightPassphrase(options: [String]) async throws {
    let server = try SSHServer()
    let key = acceptedKey(server, "key", options, phrase: "correct horse")
    #expect(try await logIn(server, files: [key], passphrase: "correct horse") == "in\n")
    let wrong = await failure { try await logIn(server, files: [key], passphrase: "battery") }
    #expect(wrong?.code == .identityUnreadable, "\(wrong?.message ?? "")")
    #expect(wrong?.message.contains(key) == true)
    #expect(wrong?.remedy?.contains("FLEETCTL_KEY_PASSPHRASE") == true)
    let none = await failure { try await logIn(server, files: [key]) }
    #expect(none?.code == .authenticationRefused)
    #expect(none?.message.contains("encrypted") == true)
  }

  @Test
  func refusedKeyIsNamedWithUserAndHost() async throws {
    let server = try SSHServer()
    SSHServer.makeKey(server.folder, "stranger", "ed25519")
    let path = server.folder.path("stranger")
    let error = await failure { try await logIn(server, files: [path]) }
    #expect(error?.code == .authenticationRefused)
    #expect(error?.step == "login")
    for word in [path, "\(server.user)@[127.0.0.1]:\(server.port)", "SHA256:", "ssh-ed25519"] {
      #expect(error?.message.contains(word) == true)
    }
  }

  @Test
  func secondFileIsTriedAfterARefusedOne() async throws {
    let server = try SSHServer()
    SSHServer.makeKey(server.folder, "stranger", "ed25519")
    let files = [server.folder.path("stranger"), server.folder.path("user")]
    #expect(try await logIn(server, files: files) == "in\n")
  }

  @Test
  func missingFileIsNamed() async throws {
    let server = try SSHServer()
    let error = await failure {
      try await logIn(server, files: [server.folder.path("nowhere")])
    }
    #expect(error?.code == .identityUnreadable)
    #expect(error?.message.contains("No such file") == true)
  }

  @Test
  func publicHalfIsNoPrivateKey() async throws {
    let server = try SSHServer()
    let error = await failure {
      try await logIn(server, files: [server.folder.path("user.pub")])
    }
    #expect(error?.code == .identityUnreadable)
    #expect(error?.remedy?.contains(".pub") == true)
  }

  @Test
  func defaultKeysOfTheHomeAreUsed() async throws {
    let server = try SSHServer()
    let home = server.folder.root
    mkdir("\(home)/.ssh", 0o700)
    defer { rmdir("\(home)/.ssh") }
    let key = acceptedKey(server, ".ssh/id_ecdsa", ["-t", "ecdsa"])
    defer { for path in [key, key + ".pub"] { unlink(path) } }
    #expect(try await logIn(server, files: []) == "in\n")
  }

  @Test
  func serverThatEndsTheLoginAfterTooManyKeysIsExplained() async throws {
    let server = try SSHServer(["MaxAuthTries 2"])
    let files = (0..<4).map { number in
      SSHServer.makeKey(server.folder, "stranger\(number)", "ed25519")
      return server.folder.path("stranger\(number)")
    }
    let error = await failure { try await logIn(server, files: files) }
    #expect(error?.code == .authenticationRefused)
    #expect(error?.message.contains("hung up") == true)
  }
}

@Suite(
  .enabled(
    if: SSHServer.isAvailable && Program.find(["/usr/bin/ssh-agent"]) != nil,
    "needs ssh-agent"
  )
)
struct AgentTests {
  /// An ssh-agent with keys, ended with its owner.
  final class RunningAgent {
    let socket: String
    private let process: pid_t

    init(_ folder: TemporaryFolder, keys: [String]) throws {
      socket = folder.path("agent.sock")
      let command = ["/usr/bin/ssh-agent", "-D", "-a", socket]
      guard let process = Program.start(command, log: folder.path("agent.log")) else {
        throw SSHServer.Failure(text: "ssh-agent does not start")
      }
      self.process = process
      for _ in 0..<6000 where access(socket, F_OK) != 0 { usleep(10_000) }
      for key in keys {
        let log = folder.path("add.log")
        let add = ["/usr/bin/ssh-add", "-q", key]
        if let adding = Program.start(add, log: log, environment: ["SSH_AUTH_SOCK=\(socket)"]) {
          var status: Int32 = 0
          waitpid(adding, &status, 0)
        }
      }
    }

    deinit {
      Program.stop(process)
    }
  }

  private func logIn(_ server: SSHServer, _ files: [String], agent: String) async throws -> String {
    var target = server.target()
    target.identityFiles = files
    let configuration = SSHConfiguration(agentSocket: agent, homeDirectory: "/nonexistent")
    return try await SSHConnector(configuration).connect(to: target).script("echo in")
  }

  @Test(arguments: ["ed25519", "ecdsa", "rsa"])
  func keyOfTheAgentLogsIn(type: String) async throws {
    let server = try SSHServer()
    SSHServer.makeKey(server.folder, "held", type)
    server.folder.write(
      "authorized_keys",
      TemporaryFolder.text(of: server.folder.path("held.pub"))
    )
    SSHServer.makeKey(server.folder, "other", "rsa")
    SSHServer.makeKey(server.folder, "stranger", "ed25519")
    let keys = ["other", "stranger", "held"].map(server.folder.path)
    let agent = try RunningAgent(server.folder, keys: keys)
    #expect(try await logIn(server, [], agent: agent.socket) == "in\n")
  }

  @Test
  func agentOpensAnEncryptedIdentityFileThatItHolds() async throws {
    let server = try SSHServer()
    let agent = try RunningAgent(server.folder, keys: [server.folder.path("user")])
    // Encrypted only now, so that the agent could take the key without a passphrase.
    _ = Program.run(
      ["/usr/bin/ssh-keygen", "-q", "-p", "-N", "secret", "-f", server.folder.path("user")],
      in: server.folder
    )
    #expect(try await logIn(server, [server.folder.path("user")], agent: agent.socket) == "in\n")
  }

  @Test(arguments: [SSHTarget.Transport.libssh2, .openssh])
  func agentOfTheTargetIsAskedInsteadOfTheOperatorsOwn(transport: SSHTarget.Transport) async throws
  {
    let server = try SSHServer()
    let agent = try RunningAgent(server.folder, keys: [server.folder.path("user")])
    var target = server.target()
    target.identityFiles = []
    target.transport = transport
    func connector(_ socket: String?) -> SSHConnector {
      SSHConnector(
        SSHConfiguration(
          agentSocket: socket,
          homeDirectory: "/nonexistent",
          sshProgram: "/usr/bin/ssh"
        )
      )
    }
    target.identityAgent = agent.socket
    let connection = try await connector("/nonexistent/agent").connect(to: target)
    #expect(try await connection.script("echo in") == "in\n")
    await connection.close()
    target.identityAgent = ""
    let error = await failure { try await connector(agent.socket).connect(to: target) }
    #expect(error?.code == .authenticationRefused)
  }

  @Test(arguments: [SSHTarget.Transport.libssh2, .openssh])
  func onlyTheNamedIdentitiesAreOffered(transport: SSHTarget.Transport) async throws {
    let server = try SSHServer()
    SSHServer.makeKey(server.folder, "stranger", "ed25519")
    let agent = try RunningAgent(server.folder, keys: [server.folder.path("user")])
    let configuration = SSHConfiguration(
      agentSocket: agent.socket,
      homeDirectory: "/nonexistent",
      sshProgram: "/usr/bin/ssh"
    )
    var target = server.target()
    target.identityFiles = [server.folder.path("stranger")]
    target.transport = transport
    let connection = try await SSHConnector(configuration).connect(to: target)
    #expect(try await connection.script("echo in") == "in\n")
    await connection.close()
    target.identitiesOnly = true
    let error = await failure { try await SSHConnector(configuration).connect(to: target) }
    #expect(error?.code == .authenticationRefused)
    // A public key file says which of the agent's keys is meant.
    target.identityFiles = [server.folder.path("user.pub")]
    let named = try await SSHConnector(configuration).connect(to: target)
    #expect(try await named.script("echo in") == "in\n")
    await named.close()
  }

  @Test
  func silentAgentIsNotWaitedForLong() async throws {
    let server = try SSHServer()
    let error = await failure {
      try await logIn(server, [], agent: server.folder.path("no-agent"))
    }
    #expect(error?.code == .authenticationRefused)
    #expect(error?.message.contains("agent") == true)
  }
}
