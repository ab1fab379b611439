import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

/// Logins with certificates, and with many keys.
@Suite(.enabled(if: SSHServer.isAvailable, "needs openssh-server"))
struct CertificateTests {
  /// A server that trusts an authority alone, and a key of `type` that the authority signed.
  private func certified(_ type: String) throws -> (server: SSHServer, key: String) {
    let folder = TemporaryFolder()
    SSHServer.makeKey(folder, "ca", "ed25519")
    let server = try SSHServer(
      ["TrustedUserCAKeys \(folder.path("ca.pub"))", "AuthorizedPrincipalsFile none"],
      keeping: folder
    )
    SSHServer.makeKey(folder, "signed", type)
    _ = Program.run(
      [
        "/usr/bin/ssh-keygen", "-q", "-s", folder.path("ca"), "-I", "test", "-n", server.user,
        folder.path("signed.pub"),
      ],
      in: folder
    )
    server.folder.write("authorized_keys", "")
    return (server, folder.path("signed"))
  }

  @Test
  func ecdsaCertificateBesideItsKeyLogsIn() async throws {
    let (server, key) = try certified("ecdsa")
    var target = server.target()
    target.identityFiles = [key]
    let connection = try await server.connector().connect(to: target)
    #expect(try await connection.script("echo in") == "in\n")
    #expect(server.log.contains("ECDSA-CERT"))
  }

  @Test(arguments: ["ed25519", "rsa"])
  func certificateThatTheLibraryCannotOfferIsNamed(type: String) async throws {
    let (server, key) = try certified(type)
    var target = server.target()
    target.identityFiles = [key]
    let error = await failure { try await server.connector().connect(to: target) }
    #expect(error?.code == .authenticationRefused)
    #expect(
      error?.message.contains(
        "certificate \(key)-cert.pub is a ssh-\(type)-cert-v01@openssh.com, which libssh2 1.10"
          + " cannot offer"
      ) == true
    )
  }

  @Test
  func sixthKeyIsTheLastThatIsTried() async throws {
    let server = try SSHServer()
    let strangers = (0..<5).map { number in
      SSHServer.makeKey(server.folder, "stranger\(number)", "ed25519")
      return server.folder.path("stranger\(number)")
    }
    var target = server.target()
    target.identityFiles = strangers + target.identityFiles
    let connection = try await server.connector().connect(to: target)
    #expect(try await connection.script("echo in") == "in\n")
    target.identityFiles = [server.folder.path("host_ecdsa")] + target.identityFiles
    let error = await failure { try await server.connector().connect(to: target) }
    #expect(error?.message.contains("1 more offers are left out, as sshd allows 6") == true)
  }

  @Test
  func serverThatTakesOnlyTheShorterHashOfRSAIsReached() async throws {
    let server = try SSHServer(["PubkeyAcceptedAlgorithms rsa-sha2-256"])
    SSHServer.makeKey(server.folder, "rsa", "rsa")
    server.folder.write(
      "authorized_keys",
      TemporaryFolder.text(of: server.folder.path("rsa.pub"))
    )
    var target = server.target()
    target.identityFiles = [server.folder.path("rsa")]
    let connection = try await server.connector().connect(to: target)
    #expect(try await connection.script("echo in") == "in\n")
  }
}
