import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

@Suite(.enabled(if: SSHServer.isAvailable, "needs openssh-server"))
struct ExchangeTests {
  @Test
  func answerOfAPortOfTheNodeComesBackWhole() async throws {
    let server = try SSHServer()
    let answer = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let peer = try TalkingServer(answer, awaiting: Array("please\n".utf8))
    let connection = try await server.connect()
    let request = StreamRequest(
      host: "127.0.0.1",
      port: peer.port,
      request: Array("please\n".utf8)
    )
    let isWhole = try await connection.exchange(request) == answer
    #expect(isWhole)
    #expect(peer.requests == [Array("please\n".utf8)])
    #expect(try await connection.script("echo after") == "after\n")
  }

  @Test
  func closedPortIsRefusedAndTheConnectionLives() async throws {
    let server = try SSHServer()
    let connection = try await server.connect()
    let request = StreamRequest(host: "127.0.0.1", port: try Loopback.closedPort(), request: [])
    let error = await failure { try await connection.exchange(request) }
    #expect(error?.code == .refused)
    #expect(try await connection.script("echo after") == "after\n")
  }

  @Test
  func forbiddenForwardingIsNamed() async throws {
    let server = try SSHServer(["AllowTcpForwarding no"])
    let connection = try await server.connect()
    let request = StreamRequest(host: "127.0.0.1", port: server.port, request: [])
    let error = await failure { try await connection.exchange(request) }
    #expect(error?.code == .refused)
    #expect(error?.remedy?.contains("AllowTcpForwarding") == true)
  }

  @Test
  func silentPeerCostsTheDeadlineAndTheConnectionLives() async throws {
    let server = try SSHServer()
    let (descriptor, port) = try Loopback.listen()
    defer { close(descriptor) }
    let connection = try await server.connect()
    let request = StreamRequest(
      host: "127.0.0.1",
      port: port,
      request: [1],
      deadline: .milliseconds(200)
    )
    #expect(await failure { try await connection.exchange(request) }?.code == .timedOut)
    #expect(try await connection.script("echo after") == "after\n")
  }

  @Test
  func streamThatTheNodeCannotOpenInTimeCostsOnlyANewLogin() async throws {
    let server = try SSHServer()
    let connection = try await server.connect()
    // A stopped sshd answers nothing: the opening cannot be abandoned half-way.
    let process = try await connection.script("echo $PPID").filter(\.isNumber)
    let request = StreamRequest(
      host: "127.0.0.1",
      port: server.port,
      request: [1],
      deadline: .milliseconds(200)
    )
    let pid = try #require(pid_t(process))
    kill(pid, SIGSTOP)
    #expect(await failure { try await connection.exchange(request) }?.code == .timedOut)
    kill(pid, SIGKILL)
    #expect(try await connection.script("echo after") == "after\n")
  }

  @Test
  func tooMuchAnswerIsCutOff() async throws {
    let server = try SSHServer()
    let peer = try TalkingServer([UInt8](repeating: 1, count: 3_000_000))
    let connection = try await server.connect()
    let request = StreamRequest(
      host: "127.0.0.1",
      port: peer.port,
      request: [],
      outputCap: 1000
    )
    #expect(await failure { try await connection.exchange(request) }?.code == .outputTooLarge)
    #expect(try await connection.script("echo after") == "after\n")
  }

  @Test
  func healthCheckReadsStatusAndBody() async throws {
    let server = try SSHServer()
    let peer = try TalkingServer(
      "HTTP/1.1 503 Starting\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwait\r\n1;x\r\n!\r\n0\r\n\r\n",
      awaiting: "\r\n\r\n"
    )
    let connection = try await server.connect()
    let answer = try await HTTPCheck.get(
      HTTPCheck.Request(host: "127.0.0.1", port: peer.port, path: "/health"),
      over: connection
    )
    #expect(answer.status == 503)
    #expect(answer.body == Array("wait!".utf8))
    let request = String(decoding: try #require(peer.requests.first), as: UTF8.self)
    #expect(request.hasPrefix("GET /health HTTP/1.1\r\nHost: 127.0.0.1:\(peer.port)\r\n"))
  }
}

@Suite(
  .enabled(if: SSHServer.isAvailable && Program.find(["/usr/bin/openssl"]) != nil, "needs openssl")
)
struct TLSExchangeTests {
  /// `openssl s_server` with a certificate of an authority of its own.
  private final class TLSServer {
    let folder = TemporaryFolder()
    private let held: HeldPort
    private let process: pid_t

    var port: Int { held.port }

    var authority: String { TemporaryFolder.text(of: folder.path("ca.pem")) }

    init(names: String, days: String = "2") throws {
      held = try HeldPort()
      Self.make(folder, "ca", ["-subj", "/CN=fleet authority"])
      Self.make(folder, "stranger", ["-subj", "/CN=fleet authority"])
      Self.make(
        folder,
        "leaf",
        [
          "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=\(names)", "-CA",
          folder.path("ca.pem"), "-CAkey", folder.path("ca.key"), "-days", days,
        ]
      )
      let command = [
        "/usr/bin/openssl", "s_server", "-www", "-accept", "127.0.0.1:\(held.port)", "-cert",
        folder.path("leaf.pem"), "-key", folder.path("leaf.key"),
      ]
      guard let process = Program.start(command, log: folder.path("server.log")) else {
        throw SSHServer.Failure(text: "openssl does not start")
      }
      self.process = process
      guard Loopback.awaitListener(held.port) else {
        throw SSHServer.Failure(text: "openssl does not listen")
      }
    }

    deinit {
      Program.stop(process)
    }

    private static func make(_ folder: TemporaryFolder, _ name: String, _ options: [String]) {
      _ = Program.run(
        [
          "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
          "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder.path("\(name).key"), "-out",
          folder.path("\(name).pem"),
        ] + options,
        in: folder
      )
    }
  }

  private func get(
    _ peer: TLSServer,
    name: String,
    authority: String? = nil
  ) async throws -> (status: Int, body: [UInt8]) {
    let server = try SSHServer()
    let connection = try await server.connect()
    let settings = StreamRequest.TLS(serverName: name, authority: authority ?? peer.authority)
    return try await HTTPCheck.get(
      HTTPCheck.Request(host: "127.0.0.1", port: peer.port, tls: settings),
      over: connection
    )
  }

  @Test(arguments: ["127.0.0.1", "node-1.fleet"])
  func certificateOfTheFleetWithTheRightNameIsAccepted(name: String) async throws {
    let peer = try TLSServer(names: "IP:127.0.0.1,DNS:node-1.fleet")
    let answer = try await get(peer, name: name)
    #expect(answer.status == 200)
    #expect(String(decoding: answer.body, as: UTF8.self).contains("s_server"))
  }

  @Test(arguments: ["127.0.0.2", "node-2.fleet"])
  func certificateForAnotherNameIsRefused(name: String) async throws {
    let peer = try TLSServer(names: "IP:127.0.0.1,DNS:node-1.fleet")
    let error = await failure { try await get(peer, name: name) }
    #expect(error?.code == .tlsFailed)
    #expect(error?.message.contains("mismatch") == true)
  }

  @Test
  func nameInTheSubjectAloneIsNotEnough() async throws {
    let peer = try TLSServer(names: "DNS:elsewhere.fleet")
    #expect(await failure { try await get(peer, name: "127.0.0.1") }?.code == .tlsFailed)
  }

  @Test
  func certificateOfAnotherAuthorityIsRefused() async throws {
    let peer = try TLSServer(names: "IP:127.0.0.1")
    let stranger = TemporaryFolder.text(of: peer.folder.path("stranger.pem"))
    let error = await failure { try await get(peer, name: "127.0.0.1", authority: stranger) }
    #expect(error?.code == .tlsFailed)
  }

  @Test
  func authorityThatIsNoCertificateIsRefused() async throws {
    let peer = try TLSServer(names: "IP:127.0.0.1")
    let error = await failure { try await get(peer, name: "127.0.0.1", authority: "nonsense") }
    #expect(error?.code == .tlsFailed)
  }

  @Test
  func plainServerBehindTLSFails() async throws {
    let server = try SSHServer()
    let peer = try TalkingServer("HTTP/1.1 200 OK\r\n\r\nhello")
    let authority = try TLSServer(names: "IP:127.0.0.1").authority
    let connection = try await server.connect()
    let request = StreamRequest(
      host: "127.0.0.1",
      port: peer.port,
      request: [],
      tls: StreamRequest.TLS(serverName: "127.0.0.1", authority: authority)
    )
    #expect(await failure { try await connection.exchange(request) }?.code == .tlsFailed)
  }
}
