/// Why a text is not a JSON value of ours.
package struct JSONError: Error, Hashable, Sendable {
  /// What is wrong, a sentence without full stop.
  package let message: String
  /// 0-based byte where.
  package let byte: Int

  /// Makes an error.
  package init(_ message: String, at byte: Int) {
    self.message = message
    self.byte = byte
  }
}

extension JSONValue {
  /// Reads one JSON value (RFC 8259) strictly.
  ///
  /// Refused beside all that is no JSON: more than `maximumBytes`, nesting beyond `maximumDepth`, a
  /// key twice in one object, numbers with a fraction, an exponent or beyond 64 bits, invalid UTF-8,
  /// half surrogates.
  package init(
    parsing bytes: [UInt8],
    maximumBytes: Int = 64 << 20,
    maximumDepth: Int = 64
  ) throws(JSONError) {
    guard bytes.count <= maximumBytes else {
      throw JSONError("the text has more than \(maximumBytes) bytes", at: maximumBytes)
    }
    var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth)
    self = try parser.document()
  }
}

/// A recursive descent over the bytes; the recursion is bounded by `maximumDepth`.
private struct JSONParser {
  let bytes: [UInt8]
  let maximumDepth: Int
  private var index = 0
  private var depth = 0

  init(bytes: [UInt8], maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  mutating func document() throws(JSONError) -> JSONValue {
    skipSpace()
    let value = try value()
    skipSpace()
    guard index == bytes.count else { throw failure("something follows the value") }
    return value
  }

  private func failure(_ message: String) -> JSONError { JSONError(message, at: index) }

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      index += 1
    }
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    switch next {
    case UInt8(ascii: "{"): return try nested { parser throws(JSONError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONError) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), (0x30...0x39)?: return try number()
    case nil: throw failure("the text ends where a value should be")
    default: throw failure("no value begins here")
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONError) -> JSONValue
  ) throws(JSONError) -> JSONValue {
    guard depth < maximumDepth else { throw failure("nested deeper than \(maximumDepth)") }
    depth += 1
    index += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    var members: [JSONMember] = []
    var keys: Set<String> = []
    while try goesOn(UInt8(ascii: "}"), isFirst: members.isEmpty) {
      let start = index
      guard next == UInt8(ascii: "\"") else { throw failure("no key begins here") }
      let key = try string()
      guard keys.insert(key).inserted else { throw JSONError("the key stands twice", at: start) }
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw failure("`:` is missing") }
      index += 1
      skipSpace()
      members.append(JSONMember(key, try value()))
    }
    return .object(members)
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    var elements: [JSONValue] = []
    while try goesOn(UInt8(ascii: "]"), isFirst: elements.isEmpty) {
      elements.append(try value())
    }
    return .array(elements)
  }

  /// Consumes what stands between members; false at the closing bracket.
  private mutating func goesOn(_ bracket: UInt8, isFirst: Bool) throws(JSONError) -> Bool {
    skipSpace()
    if next == bracket {
      index += 1
      return false
    }
    if isFirst { return true }
    guard next == UInt8(ascii: ",") else { throw failure("`,` or the closing bracket is missing") }
    index += 1
    skipSpace()
    return true
  }

  private mutating func literal(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    guard bytes[index...].starts(with: word.utf8) else { throw failure("no value begins here") }
    index += word.utf8.count
    return value
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = index
    if next == UInt8(ascii: "-") { index += 1 }
    let digits = index
    while let byte = next, (0x30...0x39).contains(byte) { index += 1 }
    let count = index - digits
    guard count > 0, count == 1 || bytes[digits] != 0x30 else {
      throw JSONError("a number is malformed", at: start)
    }
    if let byte = next, byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") {
      throw JSONError("a number is no integer", at: start)
    }
    guard let number = Int(String(decoding: bytes[start..<index], as: UTF8.self)) else {
      throw JSONError("a number is too large", at: start)
    }
    return .int(number)
  }

  // MARK: Strings

  private mutating func string() throws(JSONError) -> String {
    let start = index
    index += 1
    var content: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        guard let text = String(validating: content, as: UTF8.self) else {
          throw JSONError("a string is not UTF-8", at: start)
        }
        return text
      case UInt8(ascii: "\\"): try escape(into: &content)
      case ..<0x20: throw failure("a control character stands in a string")
      default:
        content.append(byte)
        index += 1
      }
    }
    throw JSONError("a string is not closed", at: start)
  }

  private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
    index += 1
    guard let byte = next else { throw failure("the text ends in an escape") }
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"): content.append(contentsOf: String(try escapedScalar()).utf8)
    default: throw failure("an escape is not known")
    }
  }

  private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
    var value = try codeUnit()
    if (0xD800..<0xDC00).contains(value), bytes[index...].starts(with: [0x5C, 0x75]) {
      index += 2
      let low = try codeUnit()
      guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair") }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw failure("half a surrogate pair") }
    return scalar
  }

  private mutating func codeUnit() throws(JSONError) -> UInt32 {
    guard index + 4 <= bytes.count else { throw failure("the text ends in an escape") }
    var value: UInt32 = 0
    for byte in bytes[index..<index + 4] {
      switch byte {
      case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
      case 0x41...0x46, 0x61...0x66: value = value << 4 | UInt32((byte | 0x20) - 0x61 + 10)
      default: throw failure("an escape needs four hexadecimal digits")
      }
    }
    index += 4
    return value
  }
}
