/// The identity of a check: a stable slug and number, its usual severity, its fixed summary and what
/// `fleetctl explain` says about it.
///
/// Codes and slugs stand in DESIGN section 5 and are never renumbered or reused. Each rule is declared
/// in a file of its own under `Rules/`, with its documentation, and is listed in `Rule.all`. Two rules
/// are equal when their codes are: a fleet may have 50,000 findings, and each carries its rule.
package struct Rule: Sendable {
  /// Stable number, `FLT3101`.
  package let code: String
  /// What never takes part in a comparison, behind one reference so that findings stay small.
  private let text: RuleText

  /// Stable slug, `port-collision`.
  package var slug: String { text.slug }
  /// Severity unless a run changes it.
  package var severity: Severity { text.severity }
  /// Fixed first line, no user data in it: "Two roles claim the same port".
  package var summary: String { text.summary }
  /// Whether a fleet may keep what breaks this rule, with a written reason (`allow:`).
  ///
  /// True for what works, though not as it should. Only such errors may be lowered by `--warn` too; the
  /// others say that fleetctl does not know what to do, or that the fleet cannot run.
  package var isWaivable: Bool { text.isWaivable }
  /// What it does, why it matters, an example, and what to do instead.
  package var explanation: Explanation { text.explanation }

  /// Declares a rule.
  package init(
    _ slug: String,
    _ code: String,
    _ severity: Severity,
    _ summary: String,
    waivable: Bool = false,
    explanation: Explanation
  ) {
    self.code = code
    text = RuleText(
      slug: slug,
      severity: severity,
      summary: summary,
      isWaivable: waivable,
      explanation: explanation
    )
  }
}

extension Rule: Hashable {
  /// Compares the codes.
  package static func == (left: Rule, right: Rule) -> Bool { left.code == right.code }

  /// Hashes the code.
  package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

private final class RuleText: Sendable {
  let slug: String
  let severity: Severity
  let summary: String
  let isWaivable: Bool
  let explanation: Explanation

  init(
    slug: String,
    severity: Severity,
    summary: String,
    isWaivable: Bool,
    explanation: Explanation
  ) {
    self.slug = slug
    self.severity = severity
    self.summary = summary
    self.isWaivable = isWaivable
    self.explanation = explanation
  }
}
