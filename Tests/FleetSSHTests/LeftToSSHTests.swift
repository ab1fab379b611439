import FleetTestSupport
import FleetTransport
import Testing

@testable import FleetSSH

/// What ssh_config says and libssh2 cannot do: carried by `ssh`, or refused, and never passed over.
@Suite(
  .enabled(
    if: SSHServer.isAvailable && Program.find(["/usr/bin/ssh"]) != nil,
    "needs openssh-server and openssh-client"
  )
)
struct LeftToSSHTests {
  private let connects = Verdicts(ssh: 0, fleetctl: 0, code: nil)

  @Test func `BindAddress is where both connect from`() throws {
    let net = try Net()
    #expect(net.run(net.host("node", net.node, "BindAddress 127.0.0.3")) == connects)
    let lines = net.node.log.split(whereSeparator: \.isNewline)
    #expect(lines.count { $0.contains("Connection from 127.0.0.3 port") } == 2)
  }

  @Test func `CertificateFile is offered wherever it lies`() throws {
    let folder = TemporaryFolder()
    for name in ["ca", "me"] { SSHServer.makeKey(folder, name, "ed25519") }
    let node = try SSHServer(["TrustedUserCAKeys \(folder.path("ca.pub"))"], keeping: folder)
    let sign = ["/usr/bin/ssh-keygen", "-q", "-s", folder.path("ca"), "-I", "me", "-n", node.user]
    #expect(Program.run(sign + [folder.path("me.pub")], in: folder).status == 0)
    folder.write("elsewhere", TemporaryFolder.text(of: folder.path("me-cert.pub")))
    folder.write("me-cert.pub", "")
    let net = try Net(node: node)
    net.pins = "[127.0.0.1]:\(node.port) \(node.hostKey())\n"
    let key = "Host node\n  IdentityFile \(folder.path("me"))\n"
    let more = "CertificateFile \(folder.path("elsewhere"))"
    node.folder.write("authorized_keys", "")
    #expect(net.run(key + net.host("node", node)).fleetctl == 9)
    #expect(net.run(key + net.host("node", node, more)) == connects)
  }

  @Test(arguments: [
    "Ciphers aes128-ctr", "MACs hmac-sha2-512", "KexAlgorithms ecdh-sha2-nistp256",
    "HostKeyAlgorithms rsa-sha2-512", "AddressFamily inet6",
    "PubkeyAcceptedAlgorithms ecdsa-sha2-nistp256",
  ])
  func `what ssh_config forbids is not used`(line: String) throws {
    let node = try SSHServer([
      "Ciphers aes256-ctr", "MACs hmac-sha2-256", "KexAlgorithms curve25519-sha256",
    ])
    let net = try Net(node: node)
    net.pins = "[127.0.0.1]:\(node.port) \(node.hostKey())\n"
    #expect(net.run(net.host("node", node)) == connects)
    let both = net.run(net.host("node", node, line))
    #expect([both.ssh, both.fleetctl] == [255, 9])
    #expect(node.logins == 2)
  }

  @Test func `transport libssh2 refuses what it would have to pass over`() async throws {
    let server = try SSHServer()
    var target = server.target()
    target.sshOptions = ["BindAddress=127.0.0.3"]
    target.transport = .libssh2
    let error = await failure { try await server.connector().connect(to: target) }
    #expect(
      error?.message
        == "ssh_config has `BindAddress` for it, which only OpenSSH's `ssh` honours, and `ssh.transport` is `libssh2`"
    )
    #expect(error?.remedy == "Set `transport: auto`, or leave `BindAddress` out for this node.")
    #expect(!server.log.contains("Connection from 127.0.0.1 port \(server.port)"))
    #expect(server.logins == 0)
  }

  @Test func `without OpenSSH such a setting is refused with its line`() throws {
    let folder = TemporaryFolder()
    let path = folder.write(
      "config",
      "Host node\n  BindAddress 127.0.0.3\nHost *\n  AddressFamily any\n"
    )
    let account = try #require(LocalAccount.current())
    let reader = ConfigResolver(account: account, usesOpenSSH: false)
    #expect(throws: Never.self) {
      try reader.resolve(ConfigQuery(name: "other", source: .file(path)))
    }
    let failure = #expect(throws: ConfigFailure.self) {
      try reader.resolve(ConfigQuery(name: "node", source: .file(path)))
    }
    #expect(failure?.message == "\(path):2 has `BindAddress`, which only OpenSSH itself can read")
  }
}
