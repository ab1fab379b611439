/// What a run makes of one rule: `--warn RULE=error|warning|off`.
package struct RuleOverride: Hashable, Sendable {
  /// How grave findings of the rule are.
  package enum Level: String, CaseIterable, Sendable {
    case error, warning, off
  }

  /// The rule.
  package let rule: Rule
  /// Its new severity, or `off`.
  package let level: Level

  /// Makes an override without a check; `init(parsing:)` is for what people write.
  package init(_ rule: Rule, _ level: Level) {
    self.rule = rule
    self.level = level
  }

  /// Reads `port-collision=error`, `FLT3204=off`.
  ///
  /// - Throws: `RuleOverrideError` for an unknown rule or level, and for a rule that may not be lowered.
  ///   Every rule may be an error. Less than that may be: rules that are warnings by themselves, and
  ///   errors that a fleet may waive (`Rule.isWaivable`). The other errors guard soundness: behind them
  ///   is a fleet that cannot run, or a file whose meaning would have to be guessed.
  package init(parsing text: String) throws(RuleOverrideError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let rule = Rule.named(name) else { throw .unknownRule(name) }
    guard parts.count == 2 else { throw .noLevel(rule) }
    guard let level = Level(rawValue: String(parts[1])) else {
      throw .unknownLevel(String(parts[1]))
    }
    guard level == .error || rule.severity != .error || rule.isWaivable else {
      throw .soundness(rule, level)
    }
    self.init(rule, level)
  }
}

/// Why a text is no `RULE=error|warning|off`.
package enum RuleOverrideError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No rule has that name or number.
  case unknownRule(String)
  /// Nothing stands behind the rule.
  case noLevel(Rule)
  /// No level has that name.
  case unknownLevel(String)
  /// The rule guards soundness and cannot be less than an error.
  case soundness(Rule, RuleOverride.Level)

  /// What is wrong and what to write instead, in sentences.
  package var description: String {
    switch self {
    case .unknownRule(let name):
      let hint = Rule.question(name).map { $0 + " " } ?? ""
      return "There is no rule \(quoted(displayable(name))). \(hint)`fleetctl explain` lists them."
    case .noLevel(let rule):
      return "`\(rule.slug)` alone does not say what it shall be. Write `\(rule.slug)=error`, "
        + "`\(rule.slug)=warning` or `\(rule.slug)=off`."
    case .unknownLevel(let name):
      let words = RuleOverride.Level.allCases.map(\.rawValue)
      let hint = NearestName.question(name, in: words).map { " " + $0 } ?? ""
      return
        "\(quoted(displayable(name))) is no severity. Write `error`, `warning` or `off`.\(hint)"
    case .soundness(let rule, let level):
      let wish = level == .off ? "switched off" : "a warning"
      let lowerable = Rule.all.filter { $0.severity == .error && $0.isWaivable }.map {
        "`\($0.slug)`"
      }
      return
        "`\(rule.slug)` cannot be \(wish): a fleet that breaks it cannot run as declared. Only "
        + "errors that a fleet may waive can be: \(lowerable.joined(separator: ", "))."
    }
  }
}

/// How grave findings are in this run: the rule's severity, then `--strict`, then each `--warn`.
package struct SeverityPolicy: Hashable, Sendable {
  /// Whether every warning is an error.
  package let strict: Bool
  private let levels: [Rule: RuleOverride.Level]

  /// Makes a policy; of several overrides of one rule the last counts.
  package init(strict: Bool = false, overrides: [RuleOverride] = []) {
    self.strict = strict
    levels = Dictionary(overrides.map { ($0.rule, $0.level) }) { _, later in later }
  }

  /// Returns the findings with their severity in this run, without those that are off.
  ///
  /// Notes (`info`) stay notes unless their own rule is named.
  package func applied(to found: Diagnostics) -> Diagnostics {
    guard strict || !levels.isEmpty else { return found }
    var result = Diagnostics()
    for var finding in found.all {
      if strict, finding.severity == .warning { finding.severity = .error }
      switch levels[finding.rule] {
      case .off: continue
      case .error: finding.severity = .error
      case .warning: finding.severity = .warning
      case nil: break
      }
      result.add(finding)
    }
    return result
  }
}
