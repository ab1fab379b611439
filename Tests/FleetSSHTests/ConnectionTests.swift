import FleetSSH
import FleetTransport
import Testing

@Suite(.enabled(if: SSHServer.isAvailable))
struct ConnectionTests {
  @Test
  func commandReturnsBothStreamsAndItsStatus() async throws {
    let server = try SSHServer()
    let connection = try await server.connect()
    let result = try await connection.run(
      RemoteCommand(program: "sh -s", stdin: Array("echo out; echo err >&2; exit 3".utf8))
    )
    #expect(String(decoding: result.stdout, as: UTF8.self) == "out\n")
    #expect(String(decoding: result.stderr, as: UTF8.self) == "err\n")
    #expect(result.exitStatus == 3)
    await connection.close()
  }
}
