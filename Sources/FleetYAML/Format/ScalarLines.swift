/// The lines of scalars that span several, moved to another column without changing what they say.
enum ScalarLines {
  /// A scalar in quotes or a plain one: its lines after the first stand at `column`.
  ///
  /// YAML drops the white space around such line ends, so it may be anything; only a space behind a
  /// backslash is content (YAML 1.2 section 7.3.1). Empty lines are content and stay.
  static func flow(_ text: ArraySlice<UInt8>, column: Int) -> [UInt8] {
    var output: [UInt8] = []
    let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      var content = line
      if number > 0 {
        content = content.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        output.append(0x0A)
        if !content.isEmpty { output.append(contentsOf: repeatElement(0x20, count: column)) }
      }
      if number < lines.count - 1 { content = trimmed(content) }
      output.append(contentsOf: content)
    }
    return output
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line
    if line.last == 0x0D { line.removeLast() }
    var end = line.endIndex
    while end > line.startIndex, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
    guard end < line.endIndex else { return line }
    let slashes = line[..<end].reversed().prefix { $0 == 0x5C }.count
    return slashes % 2 == 1 ? line[...end] : line[..<end]
  }

  /// A block scalar taken apart.
  struct Block {
    /// `|`, `>2-`: indicators only.
    var header: [UInt8]
    /// The comment behind them, if any.
    var comment: [UInt8]?
    /// Lines of content without their indentation, without what YAML drops at the end.
    var lines: [ArraySlice<UInt8>] = []
    /// The digit in the header.
    var digit: Int?
    /// Whether empty lines stood at its end that are no content.
    var endsBlank = false
    /// Whether the text ends in the midst of its last line, which then has no line feed.
    var lacksLineFeed = false
  }

  /// Takes a block scalar apart whose block stands at `parent` (0 for a whole document).
  static func block(_ text: ArraySlice<UInt8>, parent: Int) -> Block {
    var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { $0.last == 0x0D ? $0.dropLast() : $0 }
    let head = lines.removeFirst()
    let lacksLineFeed = lines.last.map { !$0.isEmpty } ?? false
    if lines.last?.isEmpty == true { lines.removeLast() }
    let indicators = head.prefix { $0 > 0x20 && $0 != 0x23 }
    var block = Block(header: Array(indicators))
    if let comment = head.firstIndex(of: 0x23) {
      block.comment = TextGap.spaced(head[comment...])
    }
    block.digit = indicators.first { (0x31...0x39).contains($0) }.map { Int($0) - 0x30 }
    let indent = block.digit.map { parent + $0 } ?? detected(lines)
    block.lines = lines.map { $0.dropFirst(min(indent, spaces($0))) }
    block.lacksLineFeed = lacksLineFeed
    let keeps = indicators.contains(0x2B)
    while !keeps, block.lines.last?.isEmpty == true {
      block.lines.removeLast()
      block.endsBlank = true
    }
    return block
  }

  private static func detected(_ lines: [ArraySlice<UInt8>]) -> Int {
    for line in lines where spaces(line) < line.count { return spaces(line) }
    return .max
  }

  private static func spaces(_ line: ArraySlice<UInt8>) -> Int { line.prefix { $0 == 0x20 }.count }
}
