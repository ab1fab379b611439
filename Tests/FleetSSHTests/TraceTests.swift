import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

/// Logins told step by step, secrets given late, servers that take no keys.
@Suite(.enabled(if: SSHServer.isAvailable, "needs openssh-server"))
struct TraceTests {
  @Test
  func everyStepOfALoginIsTold() async throws {
    let server = try SSHServer()
    let trace = await server.connector().trace(to: server.target())
    #expect(
      trace.steps.map(\.name)
        == ["keys", "resolve", "connect", "banner", "key exchange", "host key", "login"]
    )
    let details = Dictionary(uniqueKeysWithValues: trace.steps.map { ($0.name, $0.detail) })
    #expect(details["banner"]?.hasPrefix("SSH-2.0-OpenSSH") == true)
    #expect(details["key exchange"] == "ecdh-sha2-nistp256, aes128-ctr, hmac-sha2-256")
    #expect(details["login"]?.contains("\(server.folder.path("user")) (ssh-ed25519") == true)
    try await trace.outcome.get().close()
  }

  @Test
  func stepsEndWhereTheLoginEnds() async throws {
    let server = try SSHServer()
    var target = server.target()
    target.knownHostsFiles = [server.folder.write("none", "")]
    let trace = await server.connector().trace(to: target)
    #expect(
      trace.steps.map(\.name) == ["keys", "resolve", "connect", "banner", "key exchange"]
    )
    #expect(throws: TransportError.self) { try trace.outcome.get() }
  }

  @Test
  func detourIsAStepOfItsOwn() async throws {
    let server = try SSHServer(["Ciphers aes128-gcm@openssh.com"])
    let trace = await server.connector(ssh: "/usr/bin/ssh").trace(to: server.target())
    #expect(trace.steps.map(\.name) == ["keys", "resolve", "connect", "banner", "ssh"])
    let connection = try trace.outcome.get()
    #expect(try await connection.script("echo in") == "in\n")
    await connection.close()
  }

  @Test
  func keyThatIsUnlockedOnceOpensEveryLogin() async throws {
    let server = try SSHServer()
    let key = server.folder.path("user")
    _ = Program.run(
      ["/usr/bin/ssh-keygen", "-q", "-p", "-N", "secret", "-f", key],
      in: server.folder
    )
    let connector = server.connector()
    let target = server.target()
    #expect(connector.lockedIdentities(of: [target, target]) == [key])
    let wrong = connector.unlock(key, with: "guess")
    #expect(wrong?.message == "the passphrase does not open the private key \(key)")
    #expect(connector.unlock(key, with: "secret") == nil)
    #expect(connector.lockedIdentities(of: [target]) == [])
    for _ in 0..<2 {
      let connection = try await connector.connect(to: target)
      #expect(try await connection.script("echo in") == "in\n")
    }
  }

  @Test
  func serverThatTakesOnlyPasswordsIsSaidWithTheCure() async throws {
    let server = try SSHServer(["PasswordAuthentication yes", "PubkeyAuthentication no"])
    let error = await failure { try await server.connector().connect(to: server.target()) }
    #expect(error?.code == .authenticationRefused)
    #expect(
      error?.message
        == "\(server.user)@[127.0.0.1]:\(server.port) does not take keys, only: password"
    )
    #expect(error?.remedy?.contains("fleetctl never sends a login password") == true)
  }
}
