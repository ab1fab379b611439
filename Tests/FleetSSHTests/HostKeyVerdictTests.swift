import FleetTransport
import Testing

@testable import FleetSSH

/// The verdict of `ssh` on the same known_hosts files, against a real server.
@Suite(
  .enabled(
    if: SSHServer.isAvailable && Program.find(["/usr/bin/ssh"]) != nil,
    "needs openssh-server and openssh-client"
  )
)
struct HostKeyVerdictTests {
  /// Writes files about the server's address and port with its own and with strange keys.
  private struct Writer {
    var random: SeededNumbers
    let port: Int
    let own: [String]
    let strange: [String]

    mutating func pick(_ values: [String]) -> String { values.randomElement(using: &random) ?? "" }

    mutating func file() -> String {
      (0..<Int.random(in: 0...4, using: &random)).map { _ in line() }
        .joined(separator: pick(["\n", "\r\n"])) + pick(["\n", ""])
    }

    private mutating func line() -> String {
      if Int.random(in: 0..<8, using: &random) == 0 { return pick(["# 127.0.0.1", "", "damaged"]) }
      let marker = pick(["", "", "", "", "", "@revoked "])
      return "\(marker)\(hosts()) \(pick(own + own + strange))"
    }

    private mutating func hosts() -> String {
      let port = String(self.port)
      switch Int.random(in: 0..<9, using: &random) {
      case 0: return "127.0.0.1"
      case 1: return "[127.0.0.*]:\(port)"
      case 2: return "*"
      case 3: return "[127.0.0.1]:\(port),![127.0.0.1]:\(port)"
      case 4: return "other,[127.0.0.1]:\(port)"
      case 5: return "[127.0.0.1]:2"
      case 6: return hashed("[127.0.0.1]:\(port)")
      case 7: return hashed("127.0.0.1")
      default: return "[127.0.0.1]:\(port)"
      }
    }

    private mutating func hashed(_ name: String) -> String {
      let salt = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
      let hash = Digests.hmacSHA1(key: salt, Array(name.utf8))
      return "|1|\(Digests.base64(salt))|\(Digests.base64(hash))"
    }
  }

  @Test
  func accordsWithOpenSSHOnEveryGeneratedFile() async throws {
    let server = try SSHServer()
    for name in ["strange", "stranger"] {
      SSHServer.makeKey(server.folder, name, name == "strange" ? "ed25519" : "ecdsa")
    }
    func key(_ name: String) -> String {
      TemporaryFolder.text(of: server.folder.path("\(name).pub")).split(separator: " ").prefix(2)
        .joined(separator: " ")
    }
    var writer = Writer(
      random: SeededNumbers(state: 7),
      port: server.port,
      own: [key("host_ed25519"), key("host_ecdsa")],
      strange: [key("strange"), key("stranger")]
    )
    let connector = server.connector()
    var accepted = 0
    for number in 0..<80 {
      // Two files in one list, as `UserKnownHostsFile` takes them.
      let texts = [writer.file(), writer.file()]
      let files = texts.enumerated().map { server.folder.write("hosts-\(number)-\($0)", $1) }
      let verdict = Program.run(
        [
          "/usr/bin/ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes",
          "-o", "UserKnownHostsFile=\(files[0]) \(files[1])", "-o", "GlobalKnownHostsFile=none",
          "-o", "KexAlgorithms=curve25519-sha256", "-i", server.folder.path("user"), "-p",
          String(server.port), "\(server.user)@127.0.0.1", "true",
        ],
        in: server.folder
      )
      var target = server.target()
      target.knownHostsFiles = files
      var isAccepted = true
      var isRevoked = false
      do {
        await (try connector.connect(to: target)).close()
      } catch {
        isAccepted = false
        isRevoked = error.code == .hostKeyRevoked
        #expect(["host key", "handshake"].contains(error.step), "\(error.message)")
      }
      // Stricter on purpose: a key that is revoked for the host is so at all of its ports.
      if isRevoked { continue }
      #expect(
        isAccepted == (verdict.status == 0),
        "file \(number): ssh says \(verdict.output)\n\(texts.joined(separator: "\n---\n"))"
      )
      accepted += isAccepted ? 1 : 0
    }
    // The test would prove nothing if all files led to the same verdict.
    #expect((15...65).contains(accepted))
  }
}
