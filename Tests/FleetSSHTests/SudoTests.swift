import FleetTransport
import Testing

@testable import FleetSSH

/// sudo as the node runs it is played by a script that is first in the server's `PATH`.
@Suite(.enabled(if: SSHServer.isAvailable, "needs openssh-server"))
struct SudoTests {
  /// The words and ways of sudo 1.9: one character at a time, three tries, English under `LC_ALL=C`.
  private static let script = """
    #!/bin/sh
    [ "$LC_ALL" = C ] || { echo "sudo: Passwort bitte" >&2; exit 1; }
    mode=$(cat "${0%/*}/sudo-mode")
    [ "$mode" = forbidden ] && { echo "$USER is not in the sudoers file." >&2; exit 1; }
    [ "$mode" = tty ] && { echo "sudo: sorry, you must have a tty to run sudo" >&2; exit 1; }
    case $1 in
    -n) [ "$mode" = nopasswd ] || { echo "sudo: a password is required" >&2; exit 1; }
        shift 2 ;;
    -S) shift 4
        tries=0
        while [ "$mode" != nopasswd ]; do
          IFS= read -r line || {
            echo "sudo: no password was provided" >&2
            echo "sudo: $tries incorrect password attempt" >&2
            exit 1
          }
          [ "$line" = "pass'word" ] && break
          tries=$((tries + 1))
          echo "$line" >> "${0%/*}/sudo-tries"
          [ $tries = 3 ] && { echo "sudo: 3 incorrect password attempts" >&2; exit 1; }
          echo "Sorry, try again." >&2
        done ;;
    esac
    AS_ROOT=yes exec "$@"
    """

  private func server(_ mode: String) throws -> SSHServer {
    let folder = TemporaryFolder()
    let server = try SSHServer(environment: "PATH=\(folder.root):/usr/bin:/bin", keeping: folder)
    folder.write("sudo", Self.script, mode: 0o755)
    folder.write("sudo-mode", mode, mode: 0o644)
    return server
  }

  private func asRoot(
    _ server: SSHServer,
    password: String?,
    then program: String = "sh -s",
    stdin: String = ""
  ) async throws -> RemoteResult {
    var target = server.target()
    target.become = .sudo
    let connection = try await server.connector(sudoPassword: password).connect(to: target)
    let program = "echo \"it's $AS_ROOT\"; \(program)"
    return try await connection.run(
      RemoteCommand(program: program, stdin: Array(stdin.utf8), asRoot: true)
    )
  }

  @Test(arguments: [("nopasswd", nil), ("nopasswd", "pass'word"), ("password", "pass'word")])
  func programRunsAsRootAndGetsExactlyItsInput(mode: String, password: String?) async throws {
    let server = try server(mode)
    let result = try await asRoot(server, password: password, then: "cat", stdin: "one\nrest\n")
    #expect(String(decoding: result.stdout, as: UTF8.self) == "it's yes\none\nrest\n")
    #expect(result.stderr.isEmpty)
    #expect(result.exitStatus == 0)
  }

  private func talk(_ server: SSHServer, password: String?) async throws -> [String] {
    var target = server.target()
    target.become = .sudo
    let connection = try await server.connector(sudoPassword: password).connect(to: target)
    var answers: [String] = []
    for data in ["one\n", "two"] {
      let script = "echo \"$AS_ROOT\"; cat"
      let head = Array("\(script.utf8.count)\n".utf8)
      var command = RemoteCommand(program: "", stdin: head + Array((script + data).utf8))
      command.asRoot = true
      let text = head.count..<(head.count + script.utf8.count)
      command.script = RemoteCommand.Script(name: "echo", bytes: text, lasts: true)
      answers.append(String(decoding: try await connection.run(command).stdout, as: UTF8.self))
    }
    return answers
  }

  @Test(arguments: [("nopasswd", nil), ("nopasswd", "pass'word"), ("password", "pass'word")])
  func conversationThatLastsAsksSudoOnce(mode: String, password: String?) async throws {
    let server = try server(mode)
    #expect(try await talk(server, password: password) == ["yes\none\n", "yes\ntwo"])
  }

  @Test
  func conversationThatLastsTellsAWrongPasswordFromALostConnection() async throws {
    let server = try server("password")
    let error = await failure { try await talk(server, password: "wrong") }
    #expect(error?.code == .sudoPasswordWrong)
    let none = await failure { try await talk(server, password: nil) }
    #expect(none?.code == .sudoPasswordRequired)
  }

  @Test
  func bigInputGoesThroughSudoWithPassword() async throws {
    let server = try server("password")
    let lines = String(repeating: "0123456789\n", count: 200_000)
    let result = try await asRoot(server, password: "pass'word", then: "cat", stdin: lines)
    let isWhole = result.stdout == Array(("it's yes\n" + lines).utf8)
    #expect(isWhole)
  }

  @Test
  func wrongPasswordIsSentOnceAndNothingElseIsTakenForOne() async throws {
    let server = try server("password")
    let error = await failure { try await asRoot(server, password: "wrong") }
    #expect(error?.code == .sudoPasswordWrong)
    #expect(error?.step == "sudo")
    #expect(error?.message.contains("wrong") == false)
    #expect(TemporaryFolder.text(of: server.extra("sudo-tries")) == "wrong\n")
  }

  @Test
  func missingPasswordIsRequired() async throws {
    let server = try server("password")
    #expect(
      await failure { try await asRoot(server, password: nil) }?.code == .sudoPasswordRequired
    )
  }

  @Test(arguments: [nil, "pass'word"])
  func userWithoutRightsIsNotAllowed(password: String?) async throws {
    let server = try server("forbidden")
    let error = await failure { try await asRoot(server, password: password) }
    #expect(error?.code == .sudoNotAllowed)
  }

  @Test
  func terminalThatSudoWantsIsNamed() async throws {
    let server = try server("tty")
    let error = await failure { try await asRoot(server, password: nil) }
    #expect(error?.code == .sudoNeedsTerminal)
  }

  @Test
  func missingSudoIsSaid() async throws {
    let folder = TemporaryFolder()
    let server = try SSHServer(environment: "PATH=\(folder.root)", keeping: folder)
    folder.write(
      "env",
      "#!/bin/sh\necho \"env: 'sudo': No such file or directory\" >&2; exit 127\n",
      mode: 0o755
    )
    let error = await failure { try await asRoot(server, password: nil) }
    #expect(error?.code == .sudoNotAllowed)
    #expect(error?.message.contains("no sudo") == true)
  }

  @Test
  func failureOfTheProgramIsNotTakenForSudos() async throws {
    let server = try server("nopasswd")
    let result = try await asRoot(
      server,
      password: nil,
      stdin: "echo 'sudo: a password is required' >&2; exit 1"
    )
    #expect(result.exitStatus == 1)
  }

  @Test
  func connectionSurvivesARefusedSudo() async throws {
    let server = try server("password")
    var target = server.target()
    target.become = .sudo
    let connection = try await server.connector().connect(to: target)
    let error = await failure {
      try await connection.run(RemoteCommand(program: "true", asRoot: true))
    }
    #expect(error?.code == .sudoPasswordRequired)
    #expect(try await connection.script("echo still") == "still\n")
  }

  @Test(arguments: [SSHTarget.Transport.libssh2, .openssh])
  func passwordThatBecomesKnownLaterIsUsedFromThenOn(transport: SSHTarget.Transport) async throws {
    let server = try server("password")
    let connector = server.connector(ssh: Program.find(["/usr/bin/ssh"]))
    var target = server.target()
    target.become = .sudo
    target.transport = transport
    let connection = try await connector.connect(to: target)
    let command = RemoteCommand(
      program: "cat; echo $AS_ROOT",
      stdin: Array("in\n".utf8),
      asRoot: true
    )
    let error = await failure { try await connection.run(command) }
    #expect(error?.code == .sudoPasswordRequired)
    connector.useSudoPassword("pass'word")
    let result = try await connection.run(command)
    #expect(String(decoding: result.stdout, as: UTF8.self) == "in\nyes\n")
    await connection.close()
  }

  @Test(arguments: [
    ("sudo: I'm sorry bob. I'm afraid I can't do that", TransportError.Code.sudoNotAllowed),
    ("sudo: interactive authentication is required", .sudoPasswordRequired),
    ("sudo: Authentication failed, try again.", .sudoPasswordWrong),
    (
      "sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the 'nosuid' option",
      .sudoNotAllowed
    ),
    ("bob is not allowed to run sudo on web-1.", .sudoNotAllowed),
    ("sudo: sorry, you must have a tty to run sudo", .sudoNeedsTerminal),
  ])
  func wordsOfOtherSudosAreUnderstood(words: String, code: TransportError.Code) throws {
    var target = SSHTarget(node: "web-1", host: "h", user: "bob")
    target.become = .sudo
    let command = RemoteCommand(program: "true", asRoot: true)
    let invocation = try Invocation(command, target, sudoPassword: nil)
    var flow = Flow(input: [], held: nil, cap: 1000)
    flow.take(Array(words.utf8)[...], isError: true)
    let error = #expect(throws: TransportError.self) { try invocation.result(flow, 1, target) }
    #expect(error?.code == code)
    #expect(error?.message.contains("bob on web-1") == true)
    #expect(error?.remedy != nil)
  }

  @Test func `sudo starts one shell for a program that is one, and quotes every other`() throws {
    var target = SSHTarget(node: "web-1", host: "h", user: "bob")
    target.become = .sudo
    let before = "env LC_ALL=C sudo -n -- /bin/sh -c "
    for (program, text) in [
      ("exec /bin/sh -c 'read a && eval \"$a\"'", "'read a && eval \"$a\"'"),
      ("exec /bin/sh -c 'a'; echo 'b'", #"'exec /bin/sh -c '\''a'\''; echo '\''b'\'''"#),
      ("exec /bin/sh -c 'a", #"'exec /bin/sh -c '\''a'"#),
      ("/bin/sh -c 'a'", #"'/bin/sh -c '\''a'\'''"#), ("true", "'true'"),
    ] {
      let command = RemoteCommand(program: program, asRoot: true)
      #expect(try Invocation(command, target, sudoPassword: nil).text == before + text)
    }
  }
}
