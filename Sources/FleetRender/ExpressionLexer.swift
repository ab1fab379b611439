internal import FleetDiagnostics
internal import FleetModel

/// A token of an expression with its place in the text.
struct Token {
  enum Kind: Equatable {
    case name(String)
    case literal(Value)
    /// An operator or a bracket.
    case symbol(String)
    /// `}}`, `%}` or the end of the text.
    case end(String)
  }

  let kind: Kind
  let range: Range<Int>
}

/// Cuts the bytes of an expression into tokens.
struct ExpressionLexer {
  let bytes: [UInt8]
  let origin: TextOrigin
  private(set) var offset: Int
  private var afterDot = false

  init(bytes: [UInt8], origin: TextOrigin, offset: Int) {
    self.bytes = bytes
    self.origin = origin
    self.offset = offset
  }

  private func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

  mutating func next() throws(TemplateFailure) -> Token {
    while [0x20, 0x09, 0x0A, 0x0D].contains(byte(offset)), offset < bytes.count { offset += 1 }
    let start = offset
    guard offset < bytes.count else { return Token(kind: .end(""), range: start..<start) }
    let wasAfterDot = afterDot
    afterDot = false
    switch bytes[offset] {
    case 0x22, 0x27: return try string()
    case let first where first.isNameStart: return name(dashes: wasAfterDot)
    case let first where first.isDigit: return try number()
    default: return try symbol()
    }
  }

  private mutating func name(dashes: Bool) -> Token {
    let start = offset
    while true {
      let current = byte(offset)
      // Role names hold dashes: `endpoints.slm-backend.api`. Only after a dot, so that `a-b` of two
      // names stays a subtraction.
      let dash = dashes && current == 0x2D && byte(offset + 1).isNameStart
      guard current.isNameStart || current.isDigit || dash else { break }
      offset += 1
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    let kind: Token.Kind =
      switch text {
      case "true" where !dashes: .literal(.bool(true))
      case "false" where !dashes: .literal(.bool(false))
      case "or", "and", "not", "in": dashes ? .name(text) : .symbol(text)
      default: .name(text)
      }
    return Token(kind: kind, range: start..<offset)
  }

  private mutating func number() throws(TemplateFailure) -> Token {
    let start = offset
    while byte(offset).isDigit { offset += 1 }
    while byte(offset).isNameStart || byte(offset).isDigit { offset += 1 }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    let range = start..<offset
    if let value = Int(text) { return Token(kind: .literal(.int(value)), range: range) }
    if text.hasSuffix("iB"), let size = ByteCount(text) {
      return Token(kind: .literal(.size(size)), range: range)
    }
    if let span = TimeSpan(text) { return Token(kind: .literal(.duration(span)), range: range) }
    throw TemplateFailure(
      "`\(text)` is no number, size (`6GiB`) or duration (`30s`).",
      at: origin.span(range)
    )
  }

  private mutating func string() throws(TemplateFailure) -> Token {
    let start = offset
    let quote = bytes[offset]
    var content: [UInt8] = []
    offset += 1
    while offset < bytes.count, bytes[offset] != quote {
      var current = bytes[offset]
      if current == 0x5C {
        offset += 1
        switch byte(offset) {
        case 0x6E: current = 0x0A
        case 0x74: current = 0x09
        case 0x5C, 0x22, 0x27: current = byte(offset)
        default:
          throw TemplateFailure(
            "A backslash in a text stands before `n`, `t`, a quote or a backslash only.",
            at: origin.span(offset - 1..<min(offset + 1, bytes.count))
          )
        }
      }
      content.append(current)
      offset += 1
    }
    guard offset < bytes.count else {
      throw TemplateFailure("This text has no closing quote.", at: origin.span(start..<start + 1))
    }
    offset += 1
    let text = String(decoding: content, as: UTF8.self)
    return Token(kind: .literal(.string(text)), range: start..<offset)
  }

  private mutating func symbol() throws(TemplateFailure) -> Token {
    let start = offset
    let pair = String(decoding: [bytes[offset], byte(offset + 1)], as: UTF8.self)
    if ["}}", "%}"].contains(pair) {
      offset += 2
      return Token(kind: .end(pair), range: start..<offset)
    }
    if ["==", "!=", "<=", ">="].contains(pair) {
      offset += 2
      return Token(kind: .symbol(pair), range: start..<offset)
    }
    let single = String(decoding: [bytes[offset]], as: UTF8.self)
    guard "<>+-*/()[].,|".contains(single) else {
      var end = offset + 1
      while byte(end) & 0xC0 == 0x80 { end += 1 }
      let written = String(decoding: bytes[start..<end], as: UTF8.self)
      let shown = written.unicodeScalars.allSatisfy { $0.value >= 0x20 } ? written : "?"
      throw TemplateFailure(
        "`\(shown)` has no meaning in an expression.",
        at: origin.span(start..<end),
        suggestion: shown == "=" ? "Compare with `==`." : nil
      )
    }
    offset += 1
    afterDot = single == "."
    return Token(kind: .symbol(single), range: start..<offset)
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
  fileprivate var isNameStart: Bool {
    self == 0x5F || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
  }
}
