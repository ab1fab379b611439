import FleetTransport
import Testing

@testable import FleetSSH

/// FIDO keys: nothing here can sign with one, but they must be left to `ssh`, which can.
@Suite(.enabled(if: SSHServer.isAvailable, "needs openssh-server"))
struct SecurityKeyTests {
  private func string(_ bytes: [UInt8]) -> [UInt8] {
    let count = UInt32(bytes.count)
    return (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * UInt32($0))) } + bytes
  }

  /// A key file as `ssh-keygen -t ed25519-sk` writes it (PROTOCOL.key, PROTOCOL.u2f).
  private var file: String {
    let point = [UInt8](repeating: 7, count: 32)
    let head =
      string(Array("sk-ssh-ed25519@openssh.com".utf8)) + string(point) + string(Array("ssh:".utf8))
    var secret: [UInt8] = [1, 2, 3, 4, 1, 2, 3, 4] + head + [1]
    secret += string([UInt8](repeating: 9, count: 64)) + string([]) + string(Array("me".utf8))
    var next: UInt8 = 1
    while !secret.count.isMultiple(of: 8) {
      secret.append(next)
      next += 1
    }
    let none = string(Array("none".utf8))
    let body =
      Array("openssh-key-v1".utf8) + [0] + none + none + string([]) + [0, 0, 0, 1] + string(head)
      + string(secret)
    return "-----BEGIN OPENSSH PRIVATE KEY-----\n\(Digests.base64(body))\n"
      + "-----END OPENSSH PRIVATE KEY-----\n"
  }

  @Test
  func keyOfADeviceIsLeftToSSH() async throws {
    let server = try SSHServer()
    let key = server.folder.write("id_sk", file)
    let ssh = server.folder.write(
      "fake-ssh",
      "#!/bin/sh\necho \"$@\" >>'\(server.folder.path("called"))'\n"
        + "echo 'Permission denied (publickey).' >&2\nexit 255\n",
      mode: 0o755
    )
    var target = server.target()
    target.identityFiles = [key]
    let error = await failure { try await server.connector(ssh: ssh).connect(to: target) }
    #expect(error?.code == .authenticationRefused)
    #expect(
      TemporaryFolder.text(of: server.folder.path("called")).contains("IdentityFile=\"\(key)\"")
    )
    target.transport = .libssh2
    let alone = await failure { try await server.connector(ssh: ssh).connect(to: target) }
    #expect(alone?.code == .authenticationRefused)
    #expect(alone?.message.contains("sk-ssh-ed25519@openssh.com") == true)
  }
}
