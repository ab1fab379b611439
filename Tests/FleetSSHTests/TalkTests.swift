import FleetTransport
import Testing

@testable import FleetSSH

/// A conversation that lasts, with a real sshd and a real shell.
@Suite(.enabled(if: SSHServer.isAvailable, "needs openssh-server"))
struct TalkTests {
  private func turn(
    _ name: String,
    _ script: String,
    _ data: String = "",
    lasts: Bool = true
  ) -> RemoteCommand {
    let head = Array("\(script.utf8.count)\n".utf8)
    var command = RemoteCommand(
      program: #"/bin/sh -c 'IFS= read -r n && s=$(head -c "$n") && eval "$s"'"#,
      stdin: head + Array(script.utf8) + Array(data.utf8),
      asRoot: true
    )
    let text = head.count..<(head.count + script.utf8.count)
    command.script = RemoteCommand.Script(name: name, bytes: text, lasts: lasts)
    return command
  }

  private func text(_ result: RemoteResult) -> String {
    String(decoding: result.stdout, as: UTF8.self)
  }

  private func open(
    _ server: SSHServer
  ) async throws -> (any RemoteConnection, Traffic) {
    var target = server.target()
    target.become = .none
    let connector = server.connector()
    return (try await connector.connect(to: target), connector.traffic)
  }

  @Test
  func scriptIsSentOnceAndEachOfItsRunsGetsExactlyItsData() async throws {
    let (connection, traffic) = try await open(try SSHServer())
    let script = #"printf '%s:' "${#s}"; cat"#
    #expect(text(try await connection.run(turn("echo", script, "one\n"))) == "25:one\n")
    // The text that comes with a name that is known is not sent.
    #expect(text(try await connection.run(turn("echo", "exit 9", "two"))) == "25:two")
    #expect(text(try await connection.run(turn("echo", script, ""))) == "25:")
    #expect((traffic[.login], traffic[.channel], traffic[.turn]) == (1, 1, 3))
  }

  @Test
  func severalCommandsCostOneTurnAndEachHasItsOwnAnswerAndStatus() async throws {
    let (connection, traffic) = try await open(try SSHServer())
    let commands = [
      turn("first", "cat; exit 3", "a"), turn("unread", "exec <&-; echo done", "never read"),
      turn("first", "cat; exit 3", String(repeating: "b", count: 300_000)),
    ]
    let results = try await connection.run(commands)
    #expect(results.map(\.exitStatus) == [3, 0, 3])
    #expect(text(results[0]) == "a")
    #expect(text(results[1]) == "done\n")
    #expect(results[2].stdout.count == 300_000)
    #expect((traffic[.channel], traffic[.turn]) == (1, 1))
  }

  @Test
  func runOfAScriptLeavesNothingBehindForTheNext() async throws {
    let (connection, _) = try await open(try SSHServer())
    let dirty = "cd /; umask 000; set -f; IFS=x; PATH=; kept=yes; printf '%s' \"$kept\"; exit 1"
    #expect(text(try await connection.run(turn("dirty", dirty))) == "yes")
    let clean =
      #"printf '%s %s' "${kept:-no}" "$(umask)"; set -- /*; [ $# -gt 1 ] && echo ' globs'"#
    #expect(text(try await connection.run(turn("clean", clean))).hasPrefix("no 00"))
    #expect(text(try await connection.run(turn("clean", clean))).hasSuffix(" globs\n"))
  }

  @Test
  func scriptThatIsKilledEndsItsTurnAndNotTheConversation() async throws {
    let (connection, traffic) = try await open(try SSHServer())
    let killed = "printf half; sh -c 'kill -KILL $PPID'; echo never"
    let result = try await connection.run(turn("killed", killed))
    #expect(text(result) == "half")
    #expect(text(try await connection.run(turn("alive", "echo alive"))) == "alive\n")
    #expect(traffic[.channel] == 1)
  }

  @Test
  func shellThatEndsIsALostConnectionAndTheNextCommandSaysThatItIsClosed() async throws {
    let (connection, _) = try await open(try SSHServer())
    _ = try await connection.run(turn("fine", "true"))
    let error = await failure {
      try await connection.run(turn("fatal", "kill -KILL $$"))
    }
    #expect(error?.code == .connectionLost)
    #expect(error?.message.hasSuffix("the shell on the node ended: status 137") == true)
    let next = await failure { try await connection.run(turn("fine", "true")) }
    #expect(next?.code == .closed)
  }

  @Test
  func commandsOfAnotherFormGoBesideTheConversation() async throws {
    let (connection, traffic) = try await open(try SSHServer())
    let count = "n=$(cat); echo $((n + 1))"
    #expect(text(try await connection.run(turn("count", count, "1"))) == "2\n")
    #expect(try await connection.script("echo plain") == "plain\n")
    // One that need not last uses the conversation that is there.
    #expect(text(try await connection.run(turn("count", count, "2", lasts: false))) == "3\n")
    #expect((traffic[.channel], traffic[.turn]) == (2, 3))
  }

  @Test
  func commandThatNeedNotLastHasItsOwnChannel() async throws {
    let (connection, traffic) = try await open(try SSHServer())
    for _ in 0..<2 {
      let result = try await connection.run(turn("once", "cat", "data", lasts: false))
      #expect(text(result) == "data")
    }
    #expect(traffic[.channel] == 2)
  }

  @Test
  func deadlineOfATurnClosesTheConnection() async throws {
    let (connection, _) = try await open(try SSHServer())
    var slow = turn("slow", "sleep 30")
    slow.deadline = .milliseconds(300)
    let error = await failure { [slow] in try await connection.run(slow) }
    #expect(error?.code == .timedOut)
    let next = await failure { try await connection.run(turn("fine", "true")) }
    #expect(next?.code == .closed)
  }

  @Test
  func answerMayHoldWhatLooksLikeAnotherTurnsEnd() async throws {
    let (connection, _) = try await open(try SSHServer())
    let script = #"printf '\n@@0-0 over 0\n'; sleep 0.2; printf rest"#
    #expect(text(try await connection.run(turn("like", script))) == "\n@@0-0 over 0\nrest")
  }
}
