internal import FleetDiagnostics

/// FLT1006: text without quotes that other tools take for a number, a date or a truth value.
///
/// The readers report it where the text stands; here what is only a consequence goes: where the same
/// value is an error anyway, its error says what to write.
enum AmbiguousScalar {
  static func withoutErrors(_ found: Diagnostics) -> Diagnostics {
    guard found.all.contains(where: { $0.rule == .yamlAmbiguousScalar }) else { return found }
    var wrong: Set<SourceSpan> = []
    for finding in found.all where finding.severity == .error {
      if let span = finding.span { wrong.insert(span) }
    }
    var result = Diagnostics()
    for finding in found.all {
      if finding.rule == .yamlAmbiguousScalar, let span = finding.span, wrong.contains(span) {
        continue
      }
      result.add(finding)
    }
    return result
  }
}
