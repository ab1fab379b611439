import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

/// Which keys are offered where a configuration chooses them.
@Suite(
  .enabled(
    if: SSHServer.isAvailable && Program.find(["/usr/bin/ssh"]) != nil
      && Program.find(["/usr/bin/ssh-agent"]) != nil,
    "needs openssh-server and openssh-client"
  )
)
struct ChosenKeysTests {
  private func way(_ server: SSHServer, _ hops: [SSHHop]) -> SSHTarget {
    var target = server.target()
    target.route = .jumps(hops)
    return target
  }

  @Test
  func withoutSSHConfigTheKeyOfTheNamedAgentOpensAHop() async throws {
    let bastion = try Bastion("127.0.0.1")
    let node = try SSHServer()
    let folder = bastion.server.folder
    let agent = try AgentTests.RunningAgent(folder, keys: [folder.path("user")])
    var hop = bastion.hop()
    hop.config = .none
    hop.port = bastion.server.port
    hop.user = bastion.server.user
    hop.identityFiles = []
    hop.identityAgent = agent.socket
    let connection = try await node.connector().connect(to: way(node, [hop]))
    #expect(try await connection.script("echo there") == "there\n")
    await connection.close()
    // Another file is named, and only its key may be offered.
    SSHServer.makeKey(folder, "stranger", "ed25519")
    hop.identityFiles = [folder.path("stranger")]
    hop.identitiesOnly = true
    let shut = hop
    let refused = await failure { try await node.connector().connect(to: way(node, [shut])) }
    #expect(refused?.code == .authenticationRefused)
    hop.identityFiles = []
    hop.identitiesOnly = false
    hop.identityAgent = ""
    let alone = hop
    let error = await failure { try await node.connector().connect(to: way(node, [alone])) }
    #expect(error?.code == .authenticationRefused)
    #expect(bastion.logins == 1)
  }

  @Test(arguments: [SSHTarget.Transport.libssh2, .openssh])
  func defaultKeysAreNotOfferedWhereNoneIsWanted(transport: SSHTarget.Transport) async throws {
    let server = try SSHServer()
    mkdir(server.folder.path(".ssh"), 0o700)
    let key = server.folder.path(".ssh/id_ed25519")
    rename(server.folder.path("user"), key)
    defer {
      unlink(key)
      rmdir(server.folder.path(".ssh"))
    }
    var target = server.target()
    target.identityFiles = []
    target.transport = transport
    let connector = server.connector(ssh: "/usr/bin/ssh")
    let connection = try await connector.connect(to: target)
    #expect(try await connection.script("echo in") == "in\n")
    await connection.close()
    target.triesDefaultKeys = false
    let error = await failure { try await connector.connect(to: target) }
    #expect(error?.code == .authenticationRefused)
  }
}
