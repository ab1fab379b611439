/// The part of one source line that a finding shows, cut where the line is too long to show.
package struct SourceExcerpt: Hashable, Sendable {
  /// Text of the line or of the window cut out of it, as it stands in the file.
  package let text: String
  /// What the span covers, in Unicode scalars of `text`.
  ///
  /// Ends with the line for longer spans.
  package let highlight: Range<Int>
  /// Whether text before the window was cut off.
  package let isCutBefore: Bool
  /// Whether text behind the window was cut off.
  package let isCutAfter: Bool
}

extension SourceText {
  /// Returns the first line of `span` with what the span covers of it.
  ///
  /// At most `before` bytes in front of the span and `length` bytes in all are shown, so that many
  /// findings on one endless line stay cheap. Places beyond the text are clamped.
  package func excerpt(of span: SourceSpan, before: Int, length: Int) -> SourceExcerpt {
    let line = lineBytes(span.start.line)
    let start = min(max(span.start.byte, line.lowerBound), line.upperBound)
    let end = min(max(span.end.byte, start), line.upperBound)
    var first = line.lowerBound
    if line.count > length { first = scalarStart(at: max(first, start - before)) }
    let last = scalarStart(at: min(line.upperBound, first + length))
    let clampedEnd = min(end, max(last, start))
    let lower = scalarCount(first..<start)
    return SourceExcerpt(
      text: String(decoding: bytes[first..<max(last, first)], as: UTF8.self),
      highlight: lower..<lower + scalarCount(start..<max(clampedEnd, start)),
      isCutBefore: first > line.lowerBound,
      isCutAfter: last < line.upperBound
    )
  }

  /// Moves `offset` back to the first byte of the scalar it points into.
  private func scalarStart(at offset: Int) -> Int {
    var offset = offset
    while offset > 0, offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset -= 1 }
    return offset
  }

  private func scalarCount(_ range: Range<Int>) -> Int {
    bytes[range].count { $0 & 0xC0 != 0x80 }
  }
}
