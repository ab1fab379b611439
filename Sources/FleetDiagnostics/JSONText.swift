extension JSONValue {
  /// Returns the value as JSON text (RFC 8259) without a final line feed.
  ///
  /// `pretty` puts every member and element on a line of its own, indented by two spaces. Control
  /// characters, also those beyond ASCII and those that reorder text, are escaped: the text is safe
  /// on a terminal, and nothing is lost.
  package func rendered(pretty: Bool) -> String {
    var writer = JSONText(pretty: pretty)
    writer.write(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

/// Writes JSON values as bytes, one after the other.
package struct JSONText {
  /// What was written so far.
  package private(set) var bytes: [UInt8] = []
  private let pretty: Bool
  private var depth = 0

  /// Makes an empty text.
  package init(pretty: Bool) {
    self.pretty = pretty
  }

  /// Appends `value`.
  package mutating func write(_ value: JSONValue) {
    switch value {
    case .null: raw("null")
    case .bool(let flag): raw(flag ? "true" : "false")
    case .int(let number): raw(String(number))
    case .string(let text): write(text)
    case .array(let elements):
      open("[")
      for (index, element) in elements.enumerated() {
        separate(index)
        write(element)
      }
      close("]", isEmpty: elements.isEmpty)
    case .object(let members):
      open("{")
      for (index, member) in members.enumerated() {
        separate(index)
        write(member.key)
        raw(pretty ? ": " : ":")
        write(member.value)
      }
      close("}", isEmpty: members.isEmpty)
    }
  }

  private mutating func raw(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func open(_ bracket: String) {
    raw(bracket)
    depth += 1
  }

  private mutating func close(_ bracket: String, isEmpty: Bool) {
    depth -= 1
    if !isEmpty { breakLine() }
    raw(bracket)
  }

  private mutating func separate(_ index: Int) {
    if index > 0 { raw(",") }
    breakLine()
  }

  private mutating func breakLine() {
    guard pretty else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: depth * 2))
  }

  private mutating func write(_ text: String) {
    bytes.append(0x22)
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
      bytes.append(contentsOf: text.utf8)
    } else {
      for scalar in text.unicodeScalars { write(scalar) }
    }
    bytes.append(0x22)
  }

  private mutating func write(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\"": raw("\\\"")
    case "\\": raw("\\\\")
    case "\n": raw("\\n")
    case "\r": raw("\\r")
    case "\t": raw("\\t")
    case _ where scalar.value < 0x20 || scalar.value == 0x7F || isInvisible(scalar):
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        raw("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
      }
    default: bytes.append(contentsOf: String(scalar).utf8)
    }
  }
}
