import FleetTestSupport
import Glibc
import Testing

@testable import FleetSSH

/// Where pyinfra, which reads ssh_config by itself, went elsewhere than `ssh`: its issues, by number.
///
/// The program as people run it and OpenSSH's `ssh` are given one ssh_config and the same real servers. The numbers are those of
/// <https://github.com/pyinfra-dev/pyinfra/issues>.
@Suite(
  .enabled(
    if: SSHServer.isAvailable && Program.find(["/usr/bin/ssh"]) != nil,
    "needs openssh-server and openssh-client"
  )
)
struct PyinfraBugsTests {
  @Test func `pyinfra 1963: a jump host behind a jump host is passed through, not left out`() throws
  {
    let net = try Net(["outer", "inner"])
    let both = net.run(
      net.host("node", net.node, "ProxyJump inner")
        + net.host("inner", net["inner"], "ProxyJump outer")
        + net.host("outer", net["outer"])
    )
    #expect(both == Verdicts(ssh: 0, fleetctl: 0, code: nil))
    // Each of the two programs logged in once at each of the three.
    #expect([net["outer"].logins, net["inner"].logins, net.node.logins] == [2, 2, 2])
  }

  @Test func `pyinfra 1963: where the first jump host forwards nothing, nobody lands beside it`()
    throws
  {
    let net = try Net(["outer", "inner"], ["AllowTcpForwarding no"])
    let both = net.run(
      net.host("node", net.node, "ProxyJump inner")
        + net.host("inner", net["inner"], "ProxyJump outer")
        + net.host("outer", net["outer"])
    )
    #expect(both.ssh == 255)
    #expect(both.fleetctl == 9)
    #expect(net["outer"].logins == 2)
    #expect([net["inner"].logins, net.node.logins] == [0, 0])
  }

  @Test func `pyinfra 1223: each jump host has a port, a user's key and a host key of its own`()
    throws
  {
    let net = try Net(["outer", "inner"])
    let config =
      net.host("node", net.node, "ProxyJump outer,inner") + net.host("outer", net["outer"])
      + net.host("inner", net["inner"])
    #expect(net.run(config) == Verdicts(ssh: 0, fleetctl: 0, code: nil))
    // The key of one is no key of the other.
    let swapped =
      net.host("node", net.node, "ProxyJump outer,inner") + net.host("outer", net["outer"])
      + net.host("inner", net["inner"], key: net["outer"])
    #expect(net.run(swapped) == Verdicts(ssh: 255, fleetctl: 9, code: "authenticationRefused"))
    #expect(net.node.logins == 2)
  }

  @Test func `pyinfra 1445: ProxyJump none is no host of that name`() throws {
    let net = try Net(["outer"])
    let both = net.run(
      net.host("node", net.node, "ProxyJump none") + net.host("outer", net["outer"])
        + "Host *\n  ProxyJump outer\n"
    )
    #expect(both == Verdicts(ssh: 0, fleetctl: 0, code: nil))
    #expect([net["outer"].logins, net.node.logins] == [0, 2])
  }

  @Test func `pyinfra 728: a jump for every host, except the jump host itself, is followed once`()
    throws
  {
    let net = try Net(["outer"])
    let both = net.run(
      net.host("node", net.node) + net.host("outer", net["outer"], "ProxyJump none")
        + "Host *\n  ProxyJump outer\n"
    )
    #expect(both == Verdicts(ssh: 0, fleetctl: 0, code: nil))
    #expect([net["outer"].logins, net.node.logins] == [2, 2])
  }

  /// `ssh` starts itself behind itself there until something gives way, and is not tried.
  @Test
  func `pyinfra 728: a jump for every host, also the jump host, is refused and nobody contacted`()
    throws
  {
    let net = try Net(["outer"])
    let both = net.run(
      net.host("node", net.node) + net.host("outer", net["outer"]) + "Host *\n  ProxyJump outer\n",
      asksSSH: false
    )
    #expect(both.fleetctl == 1)
    #expect(both.errors.contains("its jump hosts go round in circles: outer"), "\(both.errors)")
    #expect([net["outer"].logins, net.node.logins] == [0, 0])
  }

  @Test
  func `pyinfra 838: a host is believed by the authority that is pinned for it, and by no other`()
    throws
  {
    let folder = TemporaryFolder()
    for name in ["ca", "other", "key"] { SSHServer.makeKey(folder, name, "ed25519") }
    let sign = [
      "/usr/bin/ssh-keygen", "-q", "-s", folder.path("ca"), "-I", "host", "-h", "-n", "127.0.0.1",
    ]
    #expect(Program.run(sign + [folder.path("key.pub")], in: folder).status == 0)
    let node = try SSHServer(
      ["HostKey \(folder.path("key"))", "HostCertificate \(folder.path("key-cert.pub"))"],
      hostKeys: [],
      keeping: folder
    )
    let net = try Net(node: node)
    for (name, expected) in [
      ("ca", Verdicts(ssh: 0, fleetctl: 0, code: nil)),
      ("other", Verdicts(ssh: 255, fleetctl: 9, code: "hostKeyUnknown")),
    ] {
      let authority = TemporaryFolder.text(of: folder.path("\(name).pub"))
      net.pins = "@cert-authority [127.0.0.1]:\(node.port) \(authority)"
      #expect(net.run(net.host("node", node)) == expected)
    }
    #expect(node.logins == 2)
  }

  @Test func `pyinfra 1095: all known_hosts files of the list are read, wherever the key stands`()
    throws
  {
    let net = try Net()
    let pin = net.pins
    let second = net.folder.write("second", pin)
    net.pins = ""
    #expect(
      net.run(net.host("node", net.node)) == Verdicts(ssh: 255, fleetctl: 9, code: "hostKeyUnknown")
    )
    let files = "UserKnownHostsFile \(net.folder.path("pins")) \(second)"
    #expect(
      net.run("Host node\n  \(files)\n" + net.host("node", net.node))
        == Verdicts(ssh: 0, fleetctl: 0, code: nil)
    )
    // A key that the first of them revokes is not saved by the second.
    net.pins = "@revoked * \(net.node.hostKey())\n"
    #expect(
      net.run("Host node\n  \(files)\n" + net.host("node", net.node))
        == Verdicts(ssh: 255, fleetctl: 9, code: "hostKeyRevoked")
    )
    #expect(net.node.logins == 2)
  }
}

/// What both programs made of one configuration.
struct Verdicts: Equatable {
  /// Exit status of `ssh`; nil where it was not asked.
  var ssh: Int32?
  /// Exit status of `fleetctl ping`.
  var fleetctl: Int32
  /// The code of fleetctl's failure, nil for none.
  var code: String?
  var errors = ""

  static func == (left: Verdicts, right: Verdicts) -> Bool {
    (left.ssh, left.fleetctl, left.code) == (right.ssh, right.fleetctl, right.code)
  }
}

/// A node and jump hosts, all of them real servers, and one ssh_config for both programs.
final class Net {
  let folder = TemporaryFolder()
  let node: SSHServer
  /// The one known_hosts file.
  var pins: String
  private var hops: [String: SSHServer] = [:]

  /// `first` are further lines of the first jump host's sshd_config.
  init(_ names: [String] = [], _ first: [String] = [], node: SSHServer? = nil) throws {
    let own = try node ?? SSHServer()
    self.node = own
    pins = node == nil ? "[127.0.0.1]:\(own.port) \(own.hostKey())\n" : ""
    for (number, name) in names.enumerated() {
      let server = try SSHServer(number == 0 ? first : [])
      hops[name] = server
      pins += "[127.0.0.1]:\(server.port) \(server.hostKey())\n"
    }
  }

  subscript(name: String) -> SSHServer { hops[name] ?? node }

  /// A block of ssh_config that leads to `server`.
  func host(
    _ name: String,
    _ server: SSHServer,
    _ more: String = "",
    key: SSHServer? = nil
  ) -> String {
    """
    Host \(name)
      HostName 127.0.0.1
      Port \(server.port)
      User \(server.user)
      IdentityFile \((key ?? server).folder.path("user"))
      IdentitiesOnly yes
      UserKnownHostsFile \(folder.path("pins"))
      GlobalKnownHostsFile none
      \(more)

    """
  }

  /// Lets both programs connect to `node` with this ssh_config; neither may ask anything.
  func run(_ config: String, asksSSH: Bool = true) -> Verdicts {
    folder.write("pins", pins)
    let path = folder.write("config", config)
    folder.write(
      "fleet.yaml",
      """
      version: 1
      fleet: a
      registry: none
      ssh: {config: \(path), host: "%n", become: none, connect_timeout: 60s}
      nodes: {node: {address: 127.0.0.1}}

      """
    )
    let options = [
      "BatchMode=yes", "StrictHostKeyChecking=yes", "LogLevel=ERROR", "ConnectTimeout=60",
    ]
    let words = ["/usr/bin/ssh", "-F", path] + options.flatMap { ["-o", $0] } + ["node", "true"]
    let theirs = asksSSH ? Program.run(words, in: folder).status : nil
    let ours = CommandRun(["ping", "--format", "json"], in: folder.root)
    let code = ours.output.firstRange(of: "\"code\":").map { range in
      ours.output[range.upperBound...].split(separator: "\"", maxSplits: 2).dropFirst().first.map(
        String.init
      ) ?? ""
    }
    return Verdicts(ssh: theirs, fleetctl: ours.status, code: code, errors: ours.errors)
  }
}

extension SSHServer {
  /// How many logins it has accepted.
  var logins: Int {
    log.split(whereSeparator: \.isNewline).count { $0.contains("Accepted publickey") }
  }
}
