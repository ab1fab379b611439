package import FleetDiagnostics

/// Where the characters of a text stand in a file, so that a finding in a template inside a YAML
/// scalar points at its own line and column.
package struct TextOrigin: Sendable {
  private let source: SourceText
  private let whole: SourceSpan
  /// Byte offset in the text and in the file of the first byte of each line; nil when the scalar's
  /// spelling differs from its text (escapes, folding) and only the whole span is known.
  private let lines: [(text: Int, file: Int)]?

  /// The text is the whole of `source`.
  package init(whole source: SourceText) {
    self.source = source
    whole = SourceSpan(
      file: source.name,
      start: source.place(at: 0),
      end: source.place(at: source.bytes.count)
    )
    lines = [(text: 0, file: 0)]
  }

  /// The text is the content of a YAML scalar that stands at `span` of `source`.
  ///
  /// Plain, quoted and literal block scalars are mapped exactly; for the others every place is `span`.
  package init(scalar text: String, span: SourceSpan, in source: SourceText) {
    self.source = source
    whole = span
    lines = Self.map(Array(text.utf8), span: span, in: source)
  }

  private static func map(
    _ text: [UInt8],
    span: SourceSpan,
    in source: SourceText
  ) -> [(text: Int, file: Int)]? {
    guard span.start.byte >= 0, span.end.byte <= source.bytes.count,
      span.start.byte <= span.end.byte
    else { return nil }
    let written = source.bytes[span.start.byte..<span.end.byte]
    for skip in [0, 1] where written.dropFirst(skip).starts(with: text) {
      return [(text: 0, file: span.start.byte + skip)]
    }
    guard written.first == 0x7C else { return nil }
    return literalBlock(text, span: span, in: source)
  }

  /// A literal block (`|`) keeps its lines; each loses the indentation of the block.
  private static func literalBlock(
    _ text: [UInt8],
    span: SourceSpan,
    in source: SourceText
  ) -> [(text: Int, file: Int)]? {
    var result: [(text: Int, file: Int)] = []
    var offset = 0
    var line = span.start.line
    for content in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
      guard line < source.lineCount else { break }
      let written = source.lineBytes(line + 1)
      let (start, end) = (written.lowerBound, written.upperBound)
      let first = max(start, end - content.count)
      guard content.isEmpty || source.bytes[first..<end].elementsEqual(content) else { return nil }
      result.append((text: offset, file: first))
      offset += content.count + 1
      line += 1
    }
    return result.isEmpty ? nil : result
  }

  /// Returns the place of the text's bytes `range`.
  package func span(_ range: Range<Int>) -> SourceSpan {
    guard let lines else { return whole }
    func place(_ offset: Int) -> SourcePlace {
      let line = lines[lines.partition(before: offset)]
      return source.place(at: line.file + offset - line.text)
    }
    let start = place(range.lowerBound)
    return SourceSpan(file: source.name, start: start, end: place(range.upperBound))
  }
}

extension [(text: Int, file: Int)] {
  /// The index of the last line that begins at or before `offset` of the text; a template of many
  /// lines asks for every expression of it.
  fileprivate func partition(before offset: Int) -> Int {
    var low = 0
    var high = count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if self[middle].text <= offset { low = middle } else { high = middle - 1 }
    }
    return low
  }
}
