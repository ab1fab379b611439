import FleetTransport
import Glibc

@testable import FleetSSH

/// A real sshd on loopback with keys and a configuration of its own; ended with its owner.
final class SSHServer: Sendable {
  /// Whether this machine has what the tests with a server need.
  static let isAvailable: Bool = {
    let isThere =
      Program.find(["/usr/sbin/sshd"]) != nil
      && Program.find(["/usr/bin/ssh-keygen"]) != nil
    // Without it sshd of Debian refuses to start as root.
    if isThere, getuid() == 0 { mkdir("/run/sshd", 0o755) }
    return isThere
  }()

  let folder: TemporaryFolder
  let user: String
  private let held: HeldPort
  private let kept: TemporaryFolder?
  private let process: pid_t

  /// Starts a server that accepts the key `user` of its folder.
  ///
  /// `address` is what it listens on; `keeping` is a folder that must live as long as the server.
  init(
    _ extra: [String] = [],
    hostKeys: [String] = ["ed25519", "ecdsa"],
    environment: String = "",
    keeping: TemporaryFolder? = nil,
    address: String = "127.0.0.1"
  ) throws {
    kept = keeping
    let folder = TemporaryFolder()
    self.folder = folder
    let held = try HeldPort()
    self.held = held
    user = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
    for type in hostKeys { SSHServer.makeKey(folder, "host_\(type)", type) }
    SSHServer.makeKey(folder, "user", "ed25519")
    folder.write("authorized_keys", TemporaryFolder.text(of: folder.path("user.pub")))
    let lines =
      extra + hostKeys.map { "HostKey \(folder.path("host_\($0)"))" } + [
        "ListenAddress \(address):\(held.port)", "UsePAM no", "StrictModes no", "PidFile none",
        "AuthorizedKeysFile \(folder.path("authorized_keys"))", "PermitRootLogin yes",
        "PasswordAuthentication no", "KbdInteractiveAuthentication no", "LogLevel VERBOSE",
        // bash reads no .bashrc below another shell: what it prints there is not ours to test.
        "SetEnv SHLVL=3 \(environment)",
      ]
      // Unlike for other keys the last line counts.
      + (extra.contains { $0.hasPrefix("MaxStartups") } ? [] : ["MaxStartups 500"])
    folder.write("sshd_config", lines.joined(separator: "\n") + "\n")
    let command = ["/usr/sbin/sshd", "-D", "-e", "-f", folder.path("sshd_config")]
    guard let process = Program.start(command, log: folder.path("sshd.log")) else {
      throw Failure(text: "sshd does not start")
    }
    self.process = process
    guard Loopback.awaitListener(port, at: address == "[::1]" ? "::1" : "127.0.0.1") else {
      throw Failure(text: "sshd does not listen: \(log)")
    }
  }

  deinit {
    Program.stop(process)
  }

  struct Failure: Error {
    let text: String
  }

  static func makeKey(
    _ folder: TemporaryFolder,
    _ name: String,
    _ type: String,
    phrase: String = ""
  ) {
    _ = Program.run(
      ["/usr/bin/ssh-keygen", "-q", "-t", type, "-N", phrase, "-C", name, "-f", folder.path(name)],
      in: folder
    )
  }

  var port: Int { held.port }

  /// A path in the folder that is kept for the server.
  func extra(_ name: String) -> String { kept?.path(name) ?? "" }

  /// What sshd wrote so far.
  var log: String { TemporaryFolder.text(of: folder.path("sshd.log")) }

  /// The public host key of `type` as known_hosts has it: type and base64.
  func hostKey(_ type: String = "ed25519") -> String {
    TemporaryFolder.text(of: folder.path("host_\(type).pub")).split(separator: " ").prefix(2)
      .joined(separator: " ")
  }

  /// A known_hosts file with `text`, by default one that pins the server for all loopback addresses.
  func knownHosts(_ text: String? = nil) -> String {
    folder.write("known_hosts", text ?? "[127.*]:\(port) \(hostKey())\n")
  }

  /// A target that works.
  func target(host: String = "127.0.0.1") -> SSHTarget {
    SSHTarget(
      node: "web-1",
      host: host,
      port: port,
      user: user,
      identityFiles: [folder.path("user")],
      knownHostsFiles: [knownHosts()],
      become: .none,
      connectTimeout: .seconds(20)
    )
  }

  /// A connector without secrets.
  func connector(
    sudoPassword: String? = nil,
    passphrase: String? = nil,
    ssh: String? = nil
  ) -> SSHConnector {
    SSHConnector(
      SSHConfiguration(
        passphrase: passphrase,
        sudoPassword: sudoPassword,
        homeDirectory: folder.root,
        sshProgram: ssh
      )
    )
  }

  func connect() async throws -> any RemoteConnection {
    try await connector().connect(to: target())
  }
}
