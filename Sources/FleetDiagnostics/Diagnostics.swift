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
    let places = all.map { Place($0.span) }
    let order = all.indices.sorted { left, right in
      if places[left] != places[right] { return places[left] < places[right] }
      // What is equal in all of it keeps the order in which it was found.
      let order = all[left].order(before: all[right])
      return order == 0 ? left < right : order < 0
    }
    var result: [Diagnostic] = []
    result.reserveCapacity(order.count)
    // Equal findings stand among those that have no order between them, which are few or many.
    var first = 0
    var seen: Set<Diagnostic> = []
    for index in order {
      let finding = all[index]
      if let last = result.last, !isTie(last, finding) {
        first = result.count
        seen = []
      }
      let isKnown: Bool
      if result.count - first < 8 {
        isKnown = result[first...].contains(finding)
      } else {
        if seen.isEmpty { seen = Set(result[first...]) }
        isKnown = !seen.insert(finding).inserted
      }
      if !isKnown { result.append(finding) }
    }
    return result
  }

  private func isTie(_ left: Diagnostic, _ right: Diagnostic) -> Bool {
    left.order(before: right) == 0 && Place(left.span) == Place(right.span)
  }
}

/// Where a finding comes in the order: by file, then by byte; those without a place first.
private struct Place: Comparable {
  private let span: SourceSpan?
  private let byte: Int

  init(_ span: SourceSpan?) {
    self.span = span
    byte = span?.start.byte ?? -1
  }

  static func == (left: Self, right: Self) -> Bool {
    left.byte == right.byte && left.isInFile(of: right)
  }

  static func < (left: Self, right: Self) -> Bool {
    if left.isInFile(of: right) { return left.byte < right.byte }
    return (left.span?.file ?? "", left.byte) < (right.span?.file ?? "", right.byte)
  }

  private func isInFile(of other: Self) -> Bool {
    guard let span, let mine = other.span else { return span == nil && other.span == nil }
    return span.isInFile(of: mine)
  }
}

extension Diagnostic {
  /// Negative before `other`, positive behind it, 0 where neither comes first, at one place.
  fileprivate func order(before other: Self) -> Int {
    if severity != other.severity { return severity < other.severity ? -1 : 1 }
    if rule.code != other.rule.code { return rule.code < other.rule.code ? -1 : 1 }
    let mine = (address ?? "", detail)
    let others = (other.address ?? "", other.detail)
    return mine == others ? 0 : mine < others ? -1 : 1
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
