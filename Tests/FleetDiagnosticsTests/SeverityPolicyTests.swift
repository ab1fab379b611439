import FleetDiagnostics
import Testing

/// `--strict` and `--warn`: what becomes of each severity.
@Suite struct SeverityPolicyTests {
  private func findings(_ severities: (Rule, Severity)...) -> Diagnostics {
    var diagnostics = Diagnostics()
    for (rule, severity) in severities {
      diagnostics.add(Diagnostic(rule, "x", severity: severity))
    }
    return diagnostics
  }

  private func run(_ policy: SeverityPolicy, _ found: Diagnostics) -> [String] {
    policy.applied(to: found).all.map { "\($0.rule.slug) \($0.severity.rawValue)" }
  }

  @Test func withoutOptionsARulesOwnSeverityStays() {
    let found = findings((.noLLM, .warning), (.portCollision, .error), (.unusedWaiver, .info))
    #expect(SeverityPolicy().applied(to: found) == found)
  }

  @Test func strictMakesEveryWarningAnErrorAndLeavesNotes() {
    let found = findings((.noLLM, .warning), (.portCollision, .error), (.unusedWaiver, .info))
    #expect(
      run(SeverityPolicy(strict: true), found) == [
        "no-llm error", "port-collision error", "unused-waiver info",
      ]
    )
  }

  @Test func aSingleRuleIsDecidedAfterStrict() throws {
    let overrides = [
      try RuleOverride(parsing: "no-llm=warning"), try RuleOverride(parsing: "FLT3404=off"),
    ]
    let found = findings((.noLLM, .warning), (.unusedWaiver, .warning), (.modelClass, .warning))
    #expect(
      run(SeverityPolicy(strict: true, overrides: overrides), found) == [
        "no-llm warning", "model-class error",
      ]
    )
  }

  @Test func theLastOverrideOfARuleCounts() throws {
    let found = findings((.noLLM, .warning))
    for (texts, expected) in [
      (["no-llm=off", "no-llm=error"], ["no-llm error"]), (["no-llm=error", "no-llm=off"], []),
    ] {
      let overrides = try texts.map { try RuleOverride(parsing: $0) }
      #expect(run(SeverityPolicy(overrides: overrides), found) == expected)
    }
  }

  @Test(arguments: Rule.all)
  func onlyErrorsThatMayBeWaivedCanBeLowered(rule: Rule) throws {
    #expect(try RuleOverride(parsing: "\(rule.code)=error").level == .error)
    for level in ["warning", "off"] {
      let text = "\(rule.slug)=\(level)"
      if rule.severity == .error, !rule.isWaivable {
        #expect(throws: RuleOverrideError.self) { try RuleOverride(parsing: text) }
      } else {
        #expect(try RuleOverride(parsing: text).level.rawValue == level)
      }
    }
  }

  @Test(arguments: [
    (
      "port-colision=off",
      "There is no rule `port-colision`. Did you mean `port-collision`? `fleetctl explain` lists them."
    ),
    (
      "no-llm",
      "`no-llm` alone does not say what it shall be. Write `no-llm=error`, `no-llm=warning` or `no-llm=off`."
    ),
    (
      "no-llm=eror",
      "`eror` is no severity. Write `error`, `warning` or `off`. Did you mean `error`?"
    ),
    (
      "port-collision=off",
      "`port-collision` cannot be switched off: a fleet that breaks it cannot run as declared. Only "
        + "errors that a fleet may waive can be: `layer-mixing`, `placement-forbidden`, `hardware-exclusive`."
    ),
    (
      "=off",
      "There is no rule ``. `fleetctl explain` lists them."
    ),
  ])
  func whatCannotBeReadSaysWhatToWrite(text: String, message: String) {
    do {
      _ = try RuleOverride(parsing: text)
      Issue.record("\(text) was read")
    } catch {
      #expect(error.description == message)
    }
  }
}
