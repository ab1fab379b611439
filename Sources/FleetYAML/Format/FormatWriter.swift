/// Writes the tokens of a text again, each letter by letter, with the white space between them anew.
///
/// Line breaks stay where they were written; what changes is indentation, spaces within lines, and
/// more than one empty line.
struct FormatWriter {
  private let bytes: [UInt8]
  private let tokens: [YAMLToken]
  private var layout = FormatLayout()
  private(set) var output: [UInt8] = []
  private var previous: YAMLToken?
  private var isAtLineStart = true
  private var consumed = 0
  /// Whether the next visible token begins a key that its `:` implies.
  private var beginsKey = false
  /// The block whose key or `-` was written last and has no value yet.
  private var awaiting: FormatLayout.Level?
  /// Empty lines at the end of a block scalar that are no content.
  private var owesBlank = false
  /// Whether a line feed at the end would change the last block scalar.
  private var mustNotEndLine = false

  init(bytes: [UInt8], tokens: [YAMLToken]) {
    self.bytes = bytes
    self.tokens = tokens
    output.reserveCapacity(bytes.count + bytes.count / 8)
  }

  /// Returns the formatted text.
  static func write(_ bytes: [UInt8], _ tokens: [YAMLToken]) -> [UInt8] {
    var writer = FormatWriter(bytes: bytes, tokens: tokens)
    for index in tokens.indices { writer.take(index) }
    return writer.output
  }

  private mutating func take(_ index: Int) {
    let token = tokens[index]
    switch token.kind {
    case .sequenceStart: return layout.open(column: token.column, isMapping: false)
    case .mappingStart: return layout.open(column: token.column, isMapping: true)
    case .blockEnd: return layout.close()
    case .key:
      layout.enterKey()
      guard token.isVisible else {
        beginsKey = true
        return
      }
    case .dash: layout.enterDash(column: token.column)
    case .end: return finish()
    default: break
    }
    let column = self.column(of: token, index)
    let gap = gap(before: token)
    write(gap, next: (token.column, column))
    begin(token, gap, column)
    emit(token, column)
    advance(token)
  }

  /// The column of `token` if it begins a line.
  private func column(of token: YAMLToken, _ index: Int) -> Int {
    if layout.flowDepth > 0 {
      return layout.flowColumn(closing: closers(from: index))
    }
    switch token.kind {
    case .directive, .documentStart, .documentEnd: return 0
    case .dash, .key, .colon: return layout.top?.new ?? 0
    default: return beginsKey ? layout.top?.new ?? 0 : layout.valueColumn
    }
  }

  /// How many closing brackets follow each other from `index` on.
  private func closers(from index: Int) -> Int {
    var count = 0
    for token in tokens[index...] {
      guard case .flowClose = token.kind else { break }
      count += 1
    }
    return count
  }

  private func gap(before token: YAMLToken) -> TextGap {
    TextGap(bytes[consumed..<max(consumed, token.range.lowerBound)], startsLine: isAtLineStart)
  }

  // MARK: White space and comments

  private mutating func write(_ gap: TextGap, next: (old: Int, new: Int)) {
    for comment in gap.comments {
      if comment.isAlone {
        breakLine(blank: comment.followsBlank)
        indent(commentColumn(comment, next))
      } else {
        output.append(contentsOf: [0x20, 0x20])
      }
      output.append(contentsOf: comment.text)
      isAtLineStart = false
    }
  }

  private func commentColumn(_ comment: TextGap.Comment, _ next: (old: Int, new: Int)) -> Int {
    if layout.flowDepth > 0 { return layout.flowColumn() }
    return layout.commentColumn(old: comment.column, next: next, empty: awaiting)
  }

  /// Ends the line that is begun, and leaves one empty after it if `blank`, except at the top.
  private mutating func breakLine(blank: Bool) {
    if !isAtLineStart { output.append(0x0A) }
    isAtLineStart = true
    if blank || owesBlank, !output.isEmpty { output.append(0x0A) }
    owesBlank = false
  }

  private mutating func indent(_ column: Int) {
    output.append(contentsOf: repeatElement(0x20, count: column))
    isAtLineStart = false
  }

  /// Goes to where `token` begins: a new line, or a space or none behind what is before it.
  private mutating func begin(_ token: YAMLToken, _ gap: TextGap, _ column: Int) {
    if gap.endsLine || output.isEmpty {
      breakLine(blank: gap.endsBlank)
      indent(column)
    } else if needsSpace(before: token) {
      output.append(0x20)
    }
  }

  private func needsSpace(before token: YAMLToken) -> Bool {
    if case .flowOpen = previous?.kind { return false }
    // What follows a tag at once would belong to it.
    if case .tag = previous?.kind { return true }
    switch token.kind {
    case .comma:
      if case .colon = previous?.kind { return true }
      return false
    case .colon:
      // `*name :` needs the space, since a name may hold a colon.
      if case .alias = previous?.kind { return true }
      if case .key = previous?.kind { return true }
      if case .comma = previous?.kind { return true }
      return false
    case .flowClose:
      switch previous?.kind {
      case .colon, .key: return true
      default: return false
      }
    default: return true
    }
  }

  // MARK: Tokens

  private mutating func emit(_ token: YAMLToken, _ column: Int) {
    let text = bytes[token.range]
    isAtLineStart = false
    mustNotEndLine = false
    switch token.kind {
    case .scalar where token.isBlockScalar: emitBlock(text)
    case .scalar:
      let inside = layout.flowDepth > 0 ? layout.flowColumn() : max(2, layout.valueColumn)
      output.append(contentsOf: ScalarLines.flow(text, column: inside))
    default: output.append(contentsOf: text)
    }
  }

  private mutating func emitBlock(_ text: ArraySlice<UInt8>) {
    let block = ScalarLines.block(text, parent: layout.oldParent)
    output.append(contentsOf: block.header)
    if let comment = block.comment {
      output.append(contentsOf: [0x20, 0x20])
      output.append(contentsOf: comment)
    }
    let column = (layout.top?.new ?? 0) + (block.digit ?? 2)
    for line in block.lines {
      output.append(0x0A)
      guard !line.isEmpty else { continue }
      output.append(contentsOf: repeatElement(0x20, count: column))
      output.append(contentsOf: line)
    }
    mustNotEndLine = block.lacksLineFeed && !block.header.contains(0x2D)
    if block.lacksLineFeed { return }
    output.append(0x0A)
    isAtLineStart = true
    owesBlank = block.endsBlank
  }

  private mutating func advance(_ token: YAMLToken) {
    consumed = token.range.upperBound
    beginsKey = false
    awaiting = nil
    switch token.kind {
    case .flowOpen:
      var isItem = false
      if case .dash = previous?.kind { isItem = true }
      layout.openBracket(startsLine: startsLine(token), isItem: isItem)
    case .flowClose: layout.closeBracket()
    case .dash, .colon: awaiting = layout.flowDepth == 0 ? layout.top : nil
    default: break
    }
    layout.forgetClosed()
    previous = token
  }

  /// Whether only white space stands before `token` on its line.
  private func startsLine(_ token: YAMLToken) -> Bool {
    var index = token.range.lowerBound
    while index > 0, bytes[index - 1] == 0x20 || bytes[index - 1] == 0x09 { index -= 1 }
    return index == 0 || bytes[index - 1] == 0x0A
  }

  private mutating func finish() {
    let end = YAMLToken(kind: .end, range: bytes.count..<bytes.count, column: 0)
    write(gap(before: end), next: (0, 0))
    if !isAtLineStart, !mustNotEndLine { output.append(0x0A) }
  }
}
