/// The identity of a check: a stable slug and number, its usual severity and its fixed summary.
///
/// Codes and slugs stand in DESIGN section 5 and are never renumbered or reused. Each area declares
/// its rules in an extension beside the code that finds them or in `Rule+Area.swift` here.
package struct Rule: Hashable, Sendable {
  /// Stable slug, `port-collision`.
  package let slug: String
  /// Stable number, `FLT3101`.
  package let code: String
  /// Severity unless a run changes it.
  package let severity: Severity
  /// Fixed first line, no user data in it: "Two roles claim the same port".
  package let summary: String

  /// Declares a rule.
  package init(_ slug: String, _ code: String, _ severity: Severity, _ summary: String) {
    self.slug = slug
    self.code = code
    self.severity = severity
    self.summary = summary
  }
}
