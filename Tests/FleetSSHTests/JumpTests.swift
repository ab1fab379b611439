import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

/// A server that others are reached through, with an ssh_config that leads to it.
struct Bastion {
  let name: String
  let server: SSHServer

  init(_ name: String, _ extra: [String] = []) throws {
    self.name = name
    server = try SSHServer(extra)
  }

  /// A known_hosts file of its own, with `pin` in it.
  func hop(_ pin: String? = nil, config: [String] = []) -> SSHHop {
    let file = server.folder.write(
      "bastion_hosts",
      pin ?? "[127.0.0.1]:\(server.port) \(server.hostKey())\n"
    )
    let lines =
      config + [
        "Host \(name)", "  HostName 127.0.0.1", "  Port \(server.port)", "  User \(server.user)",
        "  IdentityFile \(server.folder.path("user"))", "  IdentitiesOnly yes",
      ]
    let path = server.folder.write("ssh_config", lines.joined(separator: "\n") + "\n")
    return SSHHop(
      name: name,
      config: .file(path),
      host: "127.0.0.1",
      effectivePort: server.port,
      effectiveUser: server.user,
      knownHostsFiles: [file]
    )
  }

  var logins: Int {
    server.log.split(whereSeparator: \.isNewline).count { $0.contains("Accepted publickey") }
  }
}

@Suite(
  .enabled(
    if: SSHServer.isAvailable && Program.find(["/usr/bin/ssh"]) != nil,
    "needs openssh-server and openssh-client"
  )
)
struct JumpTests {
  private static let ssh = "/usr/bin/ssh"

  private func target(_ server: SSHServer, _ hops: [SSHHop]) -> SSHTarget {
    var target = server.target()
    target.route = .jumps(hops)
    return target
  }

  @Test
  func nodeIsReachedThroughItsJumpHostAndNotBesideIt() async throws {
    let bastion = try Bastion("bastion")
    // Only connections from the address that the jump host uses are answered.
    let node = try SSHServer()
    let connection = try await node.connector().connect(to: target(node, [bastion.hop()]))
    #expect(try await connection.script("echo there") == "there\n")
    #expect(bastion.logins == 1)
    await connection.close()
  }

  @Test
  func aChainLogsInToEachHopOnceForAllNodes() async throws {
    let first = try Bastion("outer")
    let second = try Bastion("inner")
    let node = try SSHServer()
    let connector = node.connector()
    let target = target(node, [first.hop(), second.hop()])
    try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<40 {
        group.addTask {
          let connection = try await connector.connect(to: target)
          return try await connection.script("echo \(number)")
        }
      }
      var answers: Set<String> = []
      for try await answer in group { answers.insert(answer) }
      #expect(answers == Set((0..<40).map { "\($0)\n" }))
    }
    #expect(first.logins == 1)
    #expect(second.logins == 1)
  }

  @Test
  func eachHopIsVerifiedAgainstItsOwnEntry() async throws {
    let first = try Bastion("outer")
    let second = try Bastion("inner")
    let node = try SSHServer()
    // The pin of the first stands where that of the second should be.
    let hops = [
      first.hop(), second.hop("[127.0.0.1]:\(second.server.port) \(first.server.hostKey())\n"),
    ]
    let error = await failure { try await node.connector().connect(to: target(node, hops)) }
    #expect(error?.code == .hostKeyChanged)
    #expect(error?.step == "jump")
    #expect(error?.message.contains("the jump host inner (127.0.0.1)") == true)
    #expect(!second.server.log.contains("user \(second.server.user)"))
    #expect(!node.log.contains("user \(node.user)"))
  }

  @Test
  func unknownHopIsRefusedWithItsNameAndTheCure() async throws {
    let bastion = try Bastion("bastion")
    let node = try SSHServer()
    let error = await failure {
      try await node.connector().connect(to: target(node, [bastion.hop("# nothing\n")]))
    }
    #expect(error?.code == .hostKeyUnknown)
    #expect(error?.message.contains("the jump host bastion") == true)
    #expect(error?.remedy?.contains("fleetctl hosts trust") == true)
    #expect(bastion.logins == 0)
  }

  @Test
  func looseSettingsOfSSHConfigDoNotLoosenAHop() async throws {
    let bastion = try Bastion("bastion")
    let node = try SSHServer()
    let hop = bastion.hop(
      "# nothing\n",
      config: [
        "StrictHostKeyChecking no", "RemoteCommand touch /nonexistent/x", "RequestTTY force",
      ]
    )
    let error = await failure { try await node.connector().connect(to: target(node, [hop])) }
    #expect(error?.code == .hostKeyUnknown)
    #expect(bastion.logins == 0)
  }

  @Test
  func hopThatRefusesTheKeyIsToldAsSuch() async throws {
    let bastion = try Bastion("bastion")
    bastion.server.folder.write("authorized_keys", "")
    let node = try SSHServer()
    let error = await failure {
      try await node.connector().connect(to: target(node, [bastion.hop()]))
    }
    #expect(error?.code == .authenticationRefused)
    #expect(error?.message.contains("Permission denied") == true)
  }

  @Test
  func hopThatIsNotThereIsToldAsSuch() async throws {
    let bastion = try Bastion("bastion")
    var hop = bastion.hop()
    hop.port = 1
    let node = try SSHServer()
    let target = target(node, [hop])
    let error = await failure { try await node.connector().connect(to: target) }
    #expect(error?.code == .refused)
    #expect(error?.message.contains("the jump host bastion") == true)
  }

  @Test
  func nodeThatTheHopCannotReachIsToldWithBothNames() async throws {
    let bastion = try Bastion("bastion")
    let node = try SSHServer()
    var target = target(node, [bastion.hop()])
    target.port = 1
    let error = await failure { try await node.connector().connect(to: target) }
    #expect(error?.step == "jump")
    #expect(error?.message.contains("the jump host bastion cannot reach [127.0.0.1]") == true)
    #expect(error?.message.contains("refused") == true, "\(error?.message ?? "")")
  }

  @Test
  func forwardingThatIsForbiddenIsToldAsSuch() async throws {
    let bastion = try Bastion("bastion", ["AllowTcpForwarding no"])
    let node = try SSHServer()
    let error = await failure {
      try await node.connector().connect(to: target(node, [bastion.hop()]))
    }
    #expect(error?.message.contains("the jump host bastion cannot reach") == true)
    #expect(error?.remedy?.contains("AllowTcpForwarding") == true)
  }

  @Test
  func changedKeyOfTheNodeIsSeenThroughTheJumpHost() async throws {
    let bastion = try Bastion("bastion")
    let node = try SSHServer()
    var target = target(node, [bastion.hop()])
    target.knownHostsFiles = [
      node.knownHosts("[127.0.0.1]:\(node.port) \(bastion.server.hostKey())\n")
    ]
    let error = await failure { try await node.connector().connect(to: target) }
    #expect(error?.code == .hostKeyChanged)
    #expect(!node.log.contains("user \(node.user)"))
  }

  @Test
  func nothingIsLeftBehind() async throws {
    let bastion = try Bastion("bastion")
    let node = try SSHServer()
    var connector: SSHConnector? = node.connector()
    var connection = try await connector?.connect(to: target(node, [bastion.hop()]))
    let folder = try #require(
      Program.children(named: "ssh").first { $0.contains(bastion.server.folder.root) }
    )
    let socket = try #require(
      folder.split(separator: "\0").first { $0.contains("fleetctl-jump-") && $0.hasSuffix("/1") }
    )
    #expect(access(String(socket), F_OK) == 0)
    await connection?.close()
    connection = nil
    connector = nil
    // The processes are told to end first, the folder is removed then.
    let place = String(socket.dropLast(2))
    for _ in 0..<6000
    where !Program.children(named: "ssh").filter({ $0.contains(bastion.server.folder.root) })
      .isEmpty || access(place, F_OK) == 0
    {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(Program.children(named: "ssh").filter { $0.contains(bastion.server.folder.root) } == [])
    #expect(access(place, F_OK) != 0)
  }

  @Test
  func nodeThatHangsUpBeforeItsBannerIsTriedAgain() async throws {
    let bastion = try Bastion("bastion")
    let silent = try TalkingServer("")
    let node = try SSHServer()
    var target = target(node, [bastion.hop()])
    target.port = silent.port
    target.connectTimeout = .seconds(300)
    let (connector, silentTarget) = (node.connector(), target)
    let login = Task { try await connector.connect(to: silentTarget) }
    for _ in 0..<6000 where silent.accepted < 2 { try await Task.sleep(for: .milliseconds(10)) }
    #expect(silent.accepted >= 2)
    login.cancel()
    #expect(await failure { try await login.value }?.code == .cancelled)
  }

  // MARK: The second transport

  @Test
  func childSSHPassesThroughTheOneLoginOfTheJumpHosts() async throws {
    let first = try Bastion("outer")
    let second = try Bastion("inner")
    let node = try SSHServer()
    let connector = node.connector(ssh: Self.ssh)
    var target = target(node, [first.hop(), second.hop()])
    target.transport = .openssh
    for number in 0..<3 {
      let connection = try await connector.connect(to: target)
      #expect(connection is OpenSSHConnection)
      #expect(try await connection.script("echo \(number)") == "\(number)\n")
      await connection.close()
    }
    #expect(first.logins == 1)
    #expect(second.logins == 1)
  }

  @Test
  func hardenedNodeBehindAJumpHostIsReachedThroughSSH() async throws {
    let bastion = try Bastion("bastion")
    let node = try SSHServer(["Ciphers aes256-gcm@openssh.com"])
    let connector = node.connector(ssh: Self.ssh)
    var target = target(node, [bastion.hop()])
    let connection = try await connector.connect(to: target)
    #expect(try await connection.script("echo in") == "in\n")
    #expect(connection.detour?.contains("no algorithms in common") == true)
    await connection.close()
    let key = try await connector.fetchHostKey(of: target)
    #expect("\(key.type) \(key.base64)" == node.hostKey())
    // The node is verified although the jump host is trusted.
    target.knownHostsFiles = [
      node.folder.write("wrong", "[127.0.0.1]:\(node.port) \(bastion.server.hostKey())\n")
    ]
    let error = await failure { try await connector.connect(to: target) }
    #expect(error?.code == .hostKeyChanged)
    #expect(error?.remedy?.contains("fleetctl hosts trust --rotate web-1") == true)
    #expect(bastion.logins == 1)
  }

  @Test
  func childSSHIsRefusedByAJumpHostThatIsNotPinned() async throws {
    let bastion = try Bastion("bastion")
    let node = try SSHServer()
    var target = target(node, [bastion.hop("# nothing\n")])
    target.transport = .openssh
    let error = await failure { try await node.connector(ssh: Self.ssh).connect(to: target) }
    #expect(error?.code == .hostKeyUnknown)
    #expect(error?.step == "jump")
    #expect(bastion.logins == 0)
  }

  @Test
  func childSSHTellsThatNothingListensBehindTheJumpHost() async throws {
    let bastion = try Bastion("bastion")
    let node = try SSHServer()
    var target = target(node, [bastion.hop()])
    target.transport = .openssh
    target.port = try Loopback.closedPort()
    let error = await failure { try await node.connector(ssh: Self.ssh).connect(to: target) }
    #expect(error?.code == .unreachable, "\(error?.message ?? "")")
    #expect(error?.step == "jump")
    #expect(error?.remedy?.contains("PermitOpen") == true)
  }

  @Test(.enabled(if: Program.find(["/usr/bin/python3"]) != nil, "needs python3"))
  func childSSHRunsTheProxyCommand() async throws {
    let node = try SSHServer()
    var target = node.target(host: "127.9.9.9")
    target.transport = .openssh
    // Percent signs were filled in before; another `%p` is the command's own.
    target.route = .command(
      "/usr/bin/python3 \(Self.relay(node)) \(node.port) '100%p'"
    )
    let connection = try await node.connector(ssh: Self.ssh).connect(to: target)
    #expect(try await connection.script("echo there") == "there\n")
    await connection.close()
    #expect(TemporaryFolder.text(of: node.folder.path("argument")) == "100%p")
  }

  @Test
  func childSSHTellsWhatAProxyCommandSaid() async throws {
    let node = try SSHServer()
    var target = node.target()
    target.transport = .openssh
    target.route = .command("sh -c 'echo no way >&2; exit 3'")
    let error = await failure { try await node.connector(ssh: Self.ssh).connect(to: target) }
    #expect(error?.message.contains("no way") == true, "\(error?.message ?? "")")
  }

  // MARK: ProxyCommand

  /// A program that joins its standard streams to the node.
  private static func relay(_ node: SSHServer) -> String {
    node.folder.write(
      "relay.py",
      """
      import os, select, socket, sys
      if len(sys.argv) > 2: open(os.path.dirname(sys.argv[0]) + "/argument", "w").write(sys.argv[2])
      peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
      while True:
          ready, _, _ = select.select([0, peer], [], [])
          if 0 in ready:
              data = os.read(0, 65536)
              if not data: break
              peer.sendall(data)
          if peer in ready:
              data = peer.recv(65536)
              if not data: break
              os.write(1, data)
      """
    )
  }

  @Test(.enabled(if: Program.find(["/usr/bin/python3"]) != nil, "needs python3"))
  func proxyCommandCarriesTheSession() async throws {
    let node = try SSHServer()
    var target = node.target(host: "127.9.9.9")
    target.route = .command("/usr/bin/python3 \(Self.relay(node)) \(node.port)")
    let connection = try await node.connector().connect(to: target)
    let input = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let result = try await connection.run(RemoteCommand(program: "cat", stdin: input))
    let isWhole = result.stdout == input
    #expect(isWhole)
    await connection.close()
  }

  @Test
  func proxyCommandThatFailsIsToldInItsOwnWords() async throws {
    let node = try SSHServer()
    var target = node.target()
    target.route = .command("sh -c 'echo no way >&2; exit 3'")
    let error = await failure { try await node.connector().connect(to: target) }
    #expect(error?.code == .connectionLost)
    #expect(
      error?.message.contains("its proxy command said: no way") == true,
      "\(error?.message ?? "")"
    )
  }

  @Test
  func aliasIsTheNameInKnownHosts() async throws {
    let node = try SSHServer()
    var target = node.target()
    target.knownHostsFiles = [node.knownHosts("the-alias \(node.hostKey())\n")]
    #expect(
      await failure { try await node.connector().connect(to: target) }?.code == .hostKeyUnknown
    )
    target.hostKeyAlias = "The-Alias"
    let connection = try await node.connector().connect(to: target)
    #expect(try await connection.script("echo fine") == "fine\n")
    target.transport = .openssh
    let child = try await node.connector(ssh: Self.ssh).connect(to: target)
    #expect(try await child.script("echo fine") == "fine\n")
    await child.close()
  }
}

extension Program {
  /// The command lines of running programs with `name`, arguments divided by NUL.
  static func children(named name: String) -> [String] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let number = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard Int(number) != nil else { continue }
      let line = TemporaryFolder.text(of: "/proc/\(number)/cmdline")
      if line.split(separator: "\0").first?.hasSuffix("/\(name)") == true { found.append(line) }
    }
    return found
  }
}
