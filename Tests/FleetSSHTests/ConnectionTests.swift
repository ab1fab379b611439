import FleetSSH
import FleetTransport
import Testing

/// What an operation threw; fails the test when it did not throw.
func failure<Value>(
  of operation: () async throws -> Value,
  sourceLocation: SourceLocation = #_sourceLocation
) async -> TransportError? {
  do {
    _ = try await operation()
    Issue.record("no error was thrown", sourceLocation: sourceLocation)
  } catch let error as TransportError {
    return error
  } catch {
    Issue.record("not a transport error: \(error)", sourceLocation: sourceLocation)
  }
  return nil
}

extension RemoteConnection {
  /// Runs a script and returns what it printed.
  func script(_ text: String, deadline: Duration = .seconds(60)) async throws -> String {
    let command = RemoteCommand(program: "sh -s", stdin: Array(text.utf8), deadline: deadline)
    return String(decoding: try await run(command).stdout, as: UTF8.self)
  }
}

@Suite(.enabled(if: SSHServer.isAvailable, "needs openssh-server"))
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

  @Test
  func oneConnectionServesManyCommandsInTheOrderOfTheCalls() async throws {
    let server = try SSHServer()
    let connection = try await server.connect()
    try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<20 {
        group.addTask { try await connection.script("echo \(number)") }
      }
      var answers: [String] = []
      for try await answer in group { answers.append(answer) }
      #expect(answers.sorted() == (0..<20).map { "\($0)\n" }.sorted())
    }
    #expect(
      server.log.split(whereSeparator: \.isNewline)
        .filter { $0.contains("Accepted publickey") }.count == 1
    )
  }

  @Test
  func fiveMegabytesFlowInAllThreeDirectionsAtOnce() async throws {
    let server = try SSHServer()
    let connection = try await server.connect()
    let input = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let result = try await connection.run(RemoteCommand(program: "tee /dev/stderr", stdin: input))
    // Compared outside of the macro, which would print megabytes.
    let isWhole = result.stdout == input && result.stderr == input
    #expect(isWhole)
    #expect(result.exitStatus == 0)
  }

  @Test
  func inputThatNobodyReadsDoesNotHoldTheCommandUp() async throws {
    let server = try SSHServer()
    let connection = try await server.connect()
    let input = [UInt8](repeating: 7, count: 5_000_000)
    let result = try await connection.run(
      RemoteCommand(program: "exec <&-; echo done", stdin: input)
    )
    #expect(result.stdout == Array("done\n".utf8))
    #expect(try await connection.script("echo again") == "again\n")
  }

  @Test
  func signalCountsAsStatusAbove128() async throws {
    let server = try SSHServer()
    let connection = try await server.connect()
    let result = try await connection.run(RemoteCommand(program: "kill -KILL $$"))
    #expect(result.exitStatus == 137)
  }

  @Test
  func tooMuchOutputEndsTheConnection() async throws {
    let server = try SSHServer()
    let connection = try await server.connect()
    let error = await failure {
      try await connection.run(RemoteCommand(program: "cat /dev/zero", outputCap: 100_000))
    }
    #expect(error?.code == .outputTooLarge)
    let second = await failure { try await connection.script("echo late") }
    #expect(second?.code == .closed)
  }

  @Test
  func commandThatOutlivesItsDeadlineIsGivenUp() async throws {
    let server = try SSHServer()
    let connection = try await server.connect()
    let error = await failure {
      try await connection.script("sleep 30", deadline: .milliseconds(300))
    }
    #expect(error?.code == .timedOut)
    #expect(error?.message.contains("300 ms") == true)
  }

  @Test
  func cancellationEndsACommandAtOnce() async throws {
    let server = try SSHServer()
    let connection = try await server.connect()
    let task = Task { try await connection.script("sleep 300", deadline: .seconds(600)) }
    try await Task.sleep(for: .milliseconds(100))
    task.cancel()
    let error = await failure { try await task.value }
    #expect(error?.code == .cancelled)
  }

  @Test
  func closingEndsACommandAtOnceAndForbidsMore() async throws {
    let server = try SSHServer()
    let connection = try await server.connect()
    let task = Task { try await connection.script("sleep 300", deadline: .seconds(600)) }
    try await Task.sleep(for: .milliseconds(100))
    await connection.close()
    #expect(await failure { try await task.value }?.code == .closed)
    #expect(await failure { try await connection.script("echo") }?.code == .closed)
  }

  @Test
  func killedServerIsALostConnection() async throws {
    let server = try SSHServer()
    let connection = try await server.connect()
    let error = await failure {
      try await connection.script("kill -KILL $PPID; sleep 30", deadline: .seconds(20))
    }
    #expect(error?.code == .connectionLost)
  }

  @Test
  func thirtyHostsAnswerAtOnce() async throws {
    let server = try SSHServer(address: "0.0.0.0")
    let connector = server.connector()
    let target = server.target()
    let answers = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 1...30 {
        var host = target
        host.host = "127.0.1.\(number)"
        group.addTask { [host] in
          let connection = try await connector.connect(to: host)
          defer { Task { await connection.close() } }
          return try await connection.script("echo $SSH_CONNECTION | cut -d' ' -f3")
        }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(answers == Set((1...30).map { "127.0.1.\($0)\n" }))
  }

  @Test
  func moreHostsThanPlacesStillAllAnswer() async throws {
    let server = try SSHServer()
    let connector = SSHConnector(
      SSHConfiguration(maximumSessions: 2, homeDirectory: server.folder.root)
    )
    let target = server.target()
    // All stay open until the last one answered: an open session must not hold a place.
    let open = try await withThrowingTaskGroup(of: (any RemoteConnection).self) { group in
      for _ in 0..<8 { group.addTask { try await connector.connect(to: target) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    for connection in open { #expect(try await connection.script("echo x") == "x\n") }
  }
}
