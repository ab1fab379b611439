/// A collection of findings.
///
/// Producers take it `inout` and go on as far as the input makes sense.
package struct Diagnostics: Hashable, Sendable {
  /// The findings in the order they were made.
  package private(set) var all: [Diagnostic] = []
  /// How many findings were left out because the collection was full.
  package private(set) var dropped = 0
  private let limit: Int

  /// Makes an empty collection that keeps the first `limit` findings and counts the others: a hostile
  /// file of 4 MiB holds half a million mistakes, and nobody reads the second thousand.
  package init(limit: Int = .max) {
    self.limit = limit
  }

  /// Whether further findings are only counted, so that there is no need to word them.
  package var isFull: Bool { all.count >= limit }

  /// Counts a finding that nobody worded because the collection is full.
  package mutating func drop() {
    dropped += 1
  }

  /// Adds one finding.
  package mutating func add(_ diagnostic: Diagnostic) {
    guard !isFull else { return drop() }
    all.append(diagnostic)
  }

  /// Adds all findings of `other`.
  package mutating func add(contentsOf other: Diagnostics) {
    guard limit < .max else {
      dropped += other.dropped
      all.append(contentsOf: other.all)
      return
    }
    for diagnostic in other.all { add(diagnostic) }
  }

  /// Whether any finding is an error.
  package var hasErrors: Bool { all.contains { $0.severity == .error } }

  /// How many findings have `severity`.
  package func count(_ severity: Severity) -> Int {
    all.count { $0.severity == severity }
  }

  /// The findings without duplicates, by file, offset, severity, code, then detail: the one order of
  /// every output format.
  package func sorted() -> [Diagnostic] {
    var seen: Set<Diagnostic> = []
    return all.filter { seen.insert($0).inserted }.sorted { left, right in
      let leftKey = (left.span?.file ?? "", left.span?.start.byte ?? -1)
      let rightKey = (right.span?.file ?? "", right.span?.start.byte ?? -1)
      if leftKey != rightKey { return leftKey < rightKey }
      if left.severity != right.severity { return left.severity < right.severity }
      if left.rule.code != right.rule.code { return left.rule.code < right.rule.code }
      return (left.address ?? "", left.detail) < (right.address ?? "", right.detail)
    }
  }
}

/// Thrown where no result is possible at all; carries every finding made up to there.
package struct DiagnosticsError: Error, Hashable, Sendable {
  /// The findings; at least one is an error.
  package let diagnostics: Diagnostics

  /// Wraps `diagnostics`.
  package init(_ diagnostics: Diagnostics) {
    self.diagnostics = diagnostics
  }

  /// Wraps one finding.
  package init(_ diagnostic: Diagnostic) {
    var diagnostics = Diagnostics()
    diagnostics.add(diagnostic)
    self.diagnostics = diagnostics
  }
}
