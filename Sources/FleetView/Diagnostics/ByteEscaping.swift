/// Returns `text` with every ASCII byte replaced that `replacement` has something for.
///
/// Bytes, not characters: `<` with a combining mark behind it is one character to Swift and markup to
/// every parser.
func escapingBytes(in text: String, _ replacement: (UInt8) -> StaticString?) -> String {
  guard text.utf8.contains(where: { $0 < 0x80 && replacement($0) != nil }) else { return text }
  var output: [UInt8] = []
  output.reserveCapacity(text.utf8.count + 32)
  for byte in text.utf8 {
    if byte < 0x80, let escape = replacement(byte) {
      escape.withUTF8Buffer { output.append(contentsOf: $0) }
    } else {
      output.append(byte)
    }
  }
  return String(decoding: output, as: UTF8.self)
}

/// Returns `text` as content of an HTML or XML element.
func escapingMarkup(in text: String) -> String {
  escapingBytes(in: text) { byte in
    switch byte {
    case UInt8(ascii: "&"): "&amp;"
    case UInt8(ascii: "<"): "&lt;"
    case UInt8(ascii: ">"): "&gt;"
    default: nil
    }
  }
}
