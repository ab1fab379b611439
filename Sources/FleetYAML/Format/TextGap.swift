/// What stands between two tokens: comments, line ends and nothing that YAML would read.
struct TextGap {
  /// A comment.
  struct Comment {
    /// From `#` to the last character that is no white space, spaced as the formatter spaces it.
    let text: [UInt8]
    /// Characters before it on its line.
    let column: Int
    /// Whether nothing but white space stands before it on its line.
    let isAlone: Bool
    /// Whether an empty line stands above it.
    let followsBlank: Bool
  }

  private(set) var comments: [Comment] = []
  /// Whether the next token stands on another line than what was before.
  private(set) var endsLine = false
  /// Whether an empty line stands right above the next token.
  private(set) var endsBlank = false

  /// Reads the gap; `startsLine` when it begins at the first column.
  init(_ bytes: ArraySlice<UInt8>, startsLine: Bool) {
    var column = 0
    // A line that held something does not count as empty when it ends.
    var isEmptyLine = startsLine
    var index = bytes.startIndex
    endsLine = startsLine
    while index < bytes.endIndex {
      switch bytes[index] {
      case 0x0A:
        if isEmptyLine { endsBlank = true }
        endsLine = true
        isEmptyLine = true
        column = 0
        index += 1
      case 0x23:
        let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.endIndex
        comments.append(
          Comment(
            text: Self.spaced(bytes[index..<end]),
            column: column,
            isAlone: endsLine,
            followsBlank: endsBlank
          )
        )
        endsBlank = false
        isEmptyLine = false
        index = end
      default:
        column += 1
        index += 1
      }
    }
  }

  /// A comment without white space at its end and with a space behind its `#`.
  ///
  /// What is not text behind `#` stays as it is: `#!`, `##`, `#---`.
  static func spaced(_ comment: ArraySlice<UInt8>) -> [UInt8] {
    var text = Array(comment)
    while let last = text.last, last == 0x20 || last == 0x09 || last == 0x0D { text.removeLast() }
    guard text.count > 1 else { return text }
    let isText: Bool =
      switch text[1] {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...: true
      case 0x22, 0x27, 0x28, 0x5B, 0x5F, 0x7B: true
      case 0x2D: text.count > 2 && text[2] == 0x20
      default: false
      }
    if isText { text.insert(0x20, at: 1) }
    return text
  }
}
