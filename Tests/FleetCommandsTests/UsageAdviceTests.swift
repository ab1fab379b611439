import ArgumentParser
@testable import FleetCommands
import Testing

/// What a wrong command line is told.
@Suite struct UsageAdviceTests {
  /// The first line that `fleetctl ARGUMENTS` prints, and its exit code; nil when it can be read.
  private func answer(_ line: String) -> (text: String, code: Int32)? {
    let arguments = line.split(separator: " ").map(String.init)
    do {
      _ = try Fleetctl.parseAsRoot(arguments)
      return nil
    } catch {
      let message = Fleetctl.fullMessage(for: error)
      let improved = UsageAdvice(Fleetctl.self, arguments).improved(message)
      let first = improved.split(separator: "\n").first.map(String.init) ?? ""
      return (first, Fleetctl.exitCode(for: error).rawValue)
    }
  }

  @Test(arguments: [
    ("valdate", "Error: There is no command `valdate`. Did you mean `validate`?"),
    ("Plan -out x", "Error: There is no command `Plan`. Did you mean `plan`?"),
    ("hosts trsut", "Error: There is no command `hosts trsut`. Did you mean `hosts trust`?"),
    ("trust", "Error: There is no command `trust`. Did you mean `hosts trust`?"),
    ("xyzzy", "Error: There is no command `xyzzy`. `fleetctl --help` lists the commands."),
    ("validate --strct", "Error: Unknown option '--strct'. Did you mean '--strict'?"),
    ("--versoin", "Error: Unknown option '--versoin'. Did you mean `--version`?"),
    (
      "roles --format jsn",
      "Error: The value 'jsn' is invalid for '--format <format>'. Please provide one of 'human' and "
        + "'json'. Did you mean `json`?"
    ),
    (
      "explain --format markdwon",
      "Error: The value 'markdwon' is invalid for '--format <format>'. Please provide one of 'human', "
        + "'json' or 'markdown'. Did you mean `markdown`?"
    ),
    (
      "validate --color alwasy",
      "Error: The value 'alwasy' is invalid for '--color <when>'. Please provide one of 'auto', "
        + "'always' or 'never'. Did you mean `always`?"
    ),
    ("plan fleet.yaml", "Error: Unexpected argument 'fleet.yaml'"),
    (
      "validate --warn exposure-widend=off",
      "Error: The value 'exposure-widend=off' is invalid for '--warn <rule=error|warning|off>': There "
        + "is no rule `exposure-widend`. Did you mean `exposure-widened`? `fleetctl explain` lists them."
    ),
  ])
  func aWrongWordIsAnsweredWithTheRightOne(line: String, message: String) throws {
    let answer = try #require(self.answer(line))
    #expect(answer.text == message)
    #expect(answer.code == ExitStatus.usage.rawValue)
  }

  @Test func helpOfAnUnknownCommandIsNoHelpOfAnother() {
    let advice = UsageAdvice(Fleetctl.self, ["help", "valdate"])
    #expect(advice.unknownCommand() == "There is no command `valdate`. Did you mean `validate`?")
    #expect(UsageAdvice(Fleetctl.self, ["help", "hosts", "trust"]).unknownCommand() == nil)
    #expect(UsageAdvice(Fleetctl.self, ["help"]).unknownCommand() == nil)
  }

  @Test(arguments: ["validate", "plan", "apply x", "hosts trust"])
  func commandsThatReadTheFleetKnowStrictAndWarn(command: String) {
    #expect(answer(command + " --strict --warn no-llm=error --warn FLT3204=off") == nil)
  }

  @Test(arguments: ["apply", "restart --pending", "rollback", "adopt n1"])
  func commandsThatChangeNodesTakeTheSameOptions(command: String) {
    for option in ["-parallelism 2", "--parallelism 2", "-lock-timeout 5m", "--events e.jsonl"] {
      #expect(answer("\(command) \(option)") == nil)
    }
    #expect(answer("decommission n1 -lock-timeout 5m --events e --format jsonl") == nil)
  }

  @Test(arguments: ["0", "-1", "x", "9999999999999999999999"])
  func noNodeAtATimeIsNoNumber(text: String) {
    #expect(throws: ExitCode(ExitStatus.usage.rawValue)) {
      try ParallelismOptions.parse(["--parallelism=\(text)"]).limit()
    }
  }

  @Test func leftOutThereIsNoLimit() throws {
    #expect(try ParallelismOptions.parse([]).limit() == nil)
    #expect(try ParallelismOptions.parse(["-parallelism", "3"]).limit() == 3)
  }

  @Test func warnRefusesToLowerWhatGuardsSoundness() throws {
    let answer = try #require(self.answer("plan --warn port-collision=warning"))
    #expect(answer.text.contains("`port-collision` cannot be a warning"))
    #expect(answer.code == ExitStatus.usage.rawValue)
  }
}
