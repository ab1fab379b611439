internal import FleetDiagnostics

/// Cuts a template into text, `{{ }}`, `{% %}` and `{# #}`, then nests the blocks.
struct TemplateParser {
  /// Blocks nested deeper than this are a mistake.
  static let maximumDepth = 32

  private enum Piece {
    case text(Range<Int>)
    case value(Expression)
    case tag(Tag, SourceSpan)
    case comment
  }

  private enum Tag {
    case `if`(Expression)
    case `elif`(Expression)
    case `else`, endif
    case `for`(String, Expression)
    case endfor
  }

  private let bytes: [UInt8]
  private let origin: TextOrigin
  private var pieces: [Piece] = []
  private var position = 0
  private var depth = 0

  init(text: String, origin: TextOrigin) {
    bytes = Array(text.utf8)
    self.origin = origin
  }

  static func parse(_ text: String, origin: TextOrigin) throws(TemplateFailure) -> Template {
    var parser = TemplateParser(text: text, origin: origin)
    try parser.cut()
    parser.trimLinesOfTags()
    let (parts, end) = try parser.block()
    if let end {
      throw TemplateFailure("This closes a block that was not opened.", at: end.1)
    }
    return Template(parts: parts)
  }

  // MARK: cutting

  private mutating func cut() throws(TemplateFailure) {
    var offset = 0
    var textStart = 0
    while offset < bytes.count {
      guard bytes[offset] == 0x7B, offset + 1 < bytes.count,
        [0x7B, 0x25, 0x23].contains(bytes[offset + 1])
      else {
        offset += 1
        continue
      }
      pieces.append(.text(textStart..<offset))
      switch bytes[offset + 1] {
      case 0x7B: offset = try cutValue(offset)
      case 0x25: offset = try cutTag(offset)
      default: offset = try cutComment(offset)
      }
      textStart = offset
    }
    pieces.append(.text(textStart..<bytes.count))
  }

  private mutating func cutValue(_ start: Int) throws(TemplateFailure) -> Int {
    var parser = try ExpressionParser(bytes: bytes, origin: origin, offset: start + 2)
    let expression = try parser.expression()
    try expectEnd("}}", parser, opened: start)
    pieces.append(.value(expression))
    return parser.end
  }

  private func expectEnd(
    _ end: String,
    _ parser: ExpressionParser,
    opened: Int
  ) throws(TemplateFailure) {
    guard case .end(let found) = parser.token.kind else { throw parser.unexpected() }
    guard found == end else {
      let open = end == "}}" ? "{{" : "{%"
      throw TemplateFailure("`\(open)` has no `\(end)`.", at: origin.span(opened..<opened + 2))
    }
  }

  private mutating func cutComment(_ start: Int) throws(TemplateFailure) -> Int {
    guard let end = find("#}", from: start + 2) else {
      throw TemplateFailure("`{#` has no `#}`.", at: origin.span(start..<start + 2))
    }
    pieces.append(.comment)
    return end + 2
  }

  private func find(_ text: String, from start: Int) -> Int? {
    let wanted = Array(text.utf8)
    guard start + wanted.count <= bytes.count else { return nil }
    return (start...bytes.count - wanted.count).first {
      bytes[$0..<$0 + wanted.count].elementsEqual(wanted)
    }
  }

  private mutating func cutTag(_ start: Int) throws(TemplateFailure) -> Int {
    var parser = try ExpressionParser(bytes: bytes, origin: origin, offset: start + 2)
    guard case .name(let word) = parser.token.kind else { throw parser.unexpected() }
    let wordSpan = origin.span(parser.token.range)
    try parser.advance()
    let tag: Tag
    switch word {
    case "if": tag = .if(try parser.expression())
    case "elif": tag = .elif(try parser.expression())
    case "else": tag = .else
    case "endif": tag = .endif
    case "endfor": tag = .endfor
    case "for":
      guard case .name(let variable) = parser.token.kind else { throw parser.unexpected() }
      try parser.advance()
      guard parser.token.kind == .symbol("in") else { throw parser.unexpected() }
      try parser.advance()
      tag = .for(variable, try parser.expression())
    case "raw":
      return try cutRaw(start, parser)
    default:
      let words = ["if", "elif", "else", "endif", "for", "endfor", "raw"]
      throw TemplateFailure(
        "There is no tag `\(word)`.",
        at: wordSpan,
        suggestion: NearestName.question(word, in: words)
      )
    }
    try expectEnd("%}", parser, opened: start)
    pieces.append(.tag(tag, origin.span(start..<parser.end)))
    return parser.end
  }

  /// `{% raw %}…{% endraw %}`: text that has braces of its own.
  private mutating func cutRaw(
    _ start: Int,
    _ parser: ExpressionParser
  ) throws(TemplateFailure) -> Int {
    try expectEnd("%}", parser, opened: start)
    guard let end = find("{% endraw %}", from: parser.end) else {
      throw TemplateFailure(
        "`{% raw %}` has no `{% endraw %}`.",
        at: origin.span(start..<parser.end)
      )
    }
    pieces.append(contentsOf: [.comment, .text(parser.end..<end), .comment])
    return end + "{% endraw %}".utf8.count
  }

  // MARK: lines that hold only tags

  private func isTag(_ index: Int) -> Bool {
    guard pieces.indices.contains(index) else { return false }
    switch pieces[index] {
    case .tag, .comment: return true
    case .text, .value: return false
    }
  }

  private func range(_ index: Int) -> Range<Int>? {
    guard pieces.indices.contains(index), case .text(let range) = pieces[index] else { return nil }
    return range
  }

  private func isBlank(_ range: Range<Int>) -> Bool {
    bytes[range].allSatisfy { $0 == 0x20 || $0 == 0x09 }
  }

  /// Removes blanks and line end around tags that stand alone on their line.
  ///
  /// Between two tags there is always a text piece, perhaps an empty one.
  private mutating func trimLinesOfTags() {
    var index = 0
    while index < pieces.count {
      guard isTag(index) else {
        index += 1
        continue
      }
      var last = index
      while isTag(last + 2), let between = range(last + 1), isBlank(between) { last += 2 }
      if let before = blankEnd(index - 1), let after = blankStart(last + 1) {
        pieces[index - 1] = .text(before)
        pieces[last + 1] = .text(after)
        for inner in stride(from: index + 1, to: last, by: 2) { pieces[inner] = .text(0..<0) }
      }
      index = last + 1
    }
  }

  /// Returns the text before a tag without the blanks on the tag's line; nil when more stands there.
  private func blankEnd(_ index: Int) -> Range<Int>? {
    guard let range = range(index) else { return nil }
    var end = range.upperBound
    while end > range.lowerBound, [0x20, 0x09].contains(bytes[end - 1]) { end -= 1 }
    let isLineStart = end > range.lowerBound ? bytes[end - 1] == 0x0A : index == 0 || lineEnded(end)
    return isLineStart ? range.lowerBound..<end : nil
  }

  /// Whether the byte before `offset` ended a line: an earlier tag has taken the line end already.
  private func lineEnded(_ offset: Int) -> Bool { offset > 0 && bytes[offset - 1] == 0x0A }

  /// Returns the text after a tag without the rest of the tag's line; nil when more stands there.
  private func blankStart(_ index: Int) -> Range<Int>? {
    guard let range = range(index) else { return nil }
    var start = range.lowerBound
    while start < range.upperBound, [0x20, 0x09, 0x0D].contains(bytes[start]) { start += 1 }
    if start < range.upperBound {
      return bytes[start] == 0x0A ? start + 1..<range.upperBound : nil
    }
    return start == bytes.count ? start..<start : nil
  }

  // MARK: nesting

  /// Reads parts up to a tag that closes or divides the block around; nil at the end of the text.
  private mutating func block() throws(TemplateFailure) -> ([TemplatePart], (Tag, SourceSpan)?) {
    depth += 1
    defer { depth -= 1 }
    var parts: [TemplatePart] = []
    while position < pieces.count {
      let piece = pieces[position]
      position += 1
      switch piece {
      case .comment: break
      case .text(let range):
        guard !range.isEmpty else { break }
        parts.append(.text(String(decoding: bytes[range], as: UTF8.self)))
      case .value(let expression): parts.append(.value(expression))
      case .tag(let tag, let span):
        guard depth <= Self.maximumDepth else {
          throw TemplateFailure("Blocks are nested too deeply here.", at: span)
        }
        switch tag {
        case .if(let condition): parts.append(try choice(condition, span))
        case .for(let variable, let list): parts.append(try loop(variable, list, span))
        case .elif, .else, .endif, .endfor: return (parts, (tag, span))
        }
      }
    }
    return (parts, nil)
  }

  private mutating func loop(
    _ variable: String,
    _ list: Expression,
    _ span: SourceSpan
  ) throws(TemplateFailure) -> TemplatePart {
    let (body, end) = try block()
    guard let end else { throw TemplateFailure("`for` has no `endfor`.", at: span) }
    guard case .endfor = end.0 else {
      throw TemplateFailure("`endfor` is expected before this.", at: end.1)
    }
    return .loop(variable: variable, list: list, body: body)
  }

  private mutating func choice(
    _ first: Expression,
    _ span: SourceSpan
  ) throws(TemplateFailure) -> TemplatePart {
    var branches: [(condition: Expression?, body: [TemplatePart])] = []
    var condition: Expression? = first
    var sawElse = false
    while true {
      let (body, end) = try block()
      branches.append((condition, body))
      guard let (tag, place) = end else {
        throw TemplateFailure("`if` has no `endif`.", at: span)
      }
      switch tag {
      case .endif: return .condition(branches)
      case .elif(let next) where !sawElse: condition = next
      case .else where !sawElse:
        condition = nil
        sawElse = true
      default: throw TemplateFailure("`endif` is expected before this.", at: place)
      }
    }
  }
}
