import FleetModel
import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

/// What fleet.lock pins for jump hosts, against real sshds.
@Suite(
  .enabled(
    if: SSHServer.isAvailable && Program.find(["/usr/bin/ssh"]) != nil,
    "needs openssh-server and openssh-client"
  )
)
struct JumpPinTests {
  private func target(_ server: SSHServer, _ hops: [SSHHop], _ lock: FleetLock) -> SSHTarget {
    var target = server.target()
    target.route = SSHRoute.jumps(hops).pinned(by: lock)
    return target
  }

  private func lock(_ bastion: Bastion, _ key: String? = nil) -> FleetLock {
    FleetLock(
      jumpHosts: ["[127.0.0.1]:\(bastion.server.port)": [key ?? bastion.server.hostKey()]]
    )
  }

  @Test(arguments: [SSHTarget.Transport.libssh2, .openssh])
  func pinOfTheLockIsEnoughForAChain(transport: SSHTarget.Transport) async throws {
    let first = try Bastion("outer")
    let second = try Bastion("inner")
    let node = try SSHServer()
    var both = lock(first)
    both.jumpHosts.merge(lock(second).jumpHosts) { one, _ in one }
    var target = target(node, [first.hop("# nothing\n"), second.hop("# nothing\n")], both)
    target.transport = transport
    let connection = try await node.connector(ssh: "/usr/bin/ssh").connect(to: target)
    #expect(try await connection.script("echo there") == "there\n")
    await connection.close()
    #expect(first.logins == 1)
    #expect(second.logins == 1)
  }

  @Test(arguments: [SSHTarget.Transport.libssh2, .openssh])
  func anotherKeyThanTheLockPinsIsRefusedBeforeAnyLogin(
    transport: SSHTarget.Transport
  ) async throws {
    let bastion = try Bastion("bastion")
    let node = try SSHServer()
    var target = target(node, [bastion.hop("# nothing\n")], lock(bastion, node.hostKey()))
    target.transport = transport
    let connector = node.connector(ssh: "/usr/bin/ssh")
    let error = await failure { try await connector.connect(to: target) }
    #expect(error?.code == .hostKeyChanged)
    #expect(error?.step == "jump")
    #expect(error?.message.contains("fleet.lock") == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("/tmp/") == false, "\(error?.message ?? "")")
    #expect(error?.remedy?.contains("fleetctl hosts trust --rotate bastion") == true)
    #expect(!bastion.server.log.contains("user \(bastion.server.user)"))
  }

  @Test
  func lockAndKnownHostsThatContradictEachOtherRefuse() async throws {
    let bastion = try Bastion("bastion")
    let node = try SSHServer()
    let pin = "[127.0.0.1]:\(bastion.server.port) \(node.hostKey())\n"
    let target = target(node, [bastion.hop(pin)], lock(bastion))
    let error = await failure { try await node.connector().connect(to: target) }
    #expect(error?.code == .hostKeyChanged)
    #expect(error?.step == "jump")
    #expect(
      error?.message.contains("fleet.lock and known_hosts contradict each other") == true,
      "\(error?.message ?? "")"
    )
    #expect(bastion.logins == 0)
  }

  @Test
  func keyThatKnownHostsRevokesIsRefusedThoughTheLockPinsIt() async throws {
    let bastion = try Bastion("bastion")
    let node = try SSHServer()
    let target = target(
      node,
      [bastion.hop("@revoked * \(bastion.server.hostKey())\n")],
      lock(bastion)
    )
    let error = await failure { try await node.connector().connect(to: target) }
    #expect(error?.code == .hostKeyRevoked)
    #expect(bastion.logins == 0)
  }

  @Test
  func jumpHostThatTheLockDoesNotNameIsJudgedByKnownHosts() async throws {
    let bastion = try Bastion("bastion")
    let node = try SSHServer()
    let other = FleetLock(jumpHosts: ["elsewhere": [node.hostKey()]])
    let connection = try await node.connector().connect(
      to: target(node, [bastion.hop()], other)
    )
    await connection.close()
    #expect(bastion.logins == 1)
  }

  @Test
  func aliasIsTheNameInTheLock() {
    var hop = SSHHop(
      name: "bastion",
      host: "10.0.0.9",
      effectivePort: 2222,
      effectiveUser: "me",
      knownHostsFiles: []
    )
    #expect(KnownHosts.name(of: hop) == "[10.0.0.9]:2222")
    hop.hostKeyAlias = "Gate"
    #expect(KnownHosts.name(of: hop) == "gate")
    let pinned = SSHRoute.jumps([hop]).pinned(by: FleetLock(jumpHosts: ["gate": ["k"]]))
    hop.hostKeys = ["k"]
    #expect(pinned == .jumps([hop]))
    hop.hostKeys = []
    #expect(pinned.pinned(by: nil) == .jumps([hop]))
  }
}
