/// The grammars of words that later stand in commands, unit files and paths.
///
/// Everything that passes here is free of control characters and cannot be mistaken for an option.
enum Grammar {
  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// Whether `text` holds a C0 or C1 control character, or DEL.
  static func hasControl(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
  }

  /// A login name (useradd(8), relaxed to capitals and dots): 1 to 32 characters.
  static func isUser(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, bytes.count <= 32 else { return false }
    guard isAlphanumeric(first) || first == 0x5F else { return false }
    return bytes.allSatisfy {
      isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
    }
  }

  /// A path on the operator's machine: absolute, relative or beginning with `~/`.
  static func isPath(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.first != 0x2D && !hasControl(text) && text.utf8.count <= 4096
  }

  /// A label's key or value, as it stands in selectors.
  static func isLabel(_ text: String) -> Bool {
    text.utf8.count <= 63
      && text.utf8.allSatisfy {
        isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F || $0 == 0x2F
      }
  }

  /// Whether `text` holds `word` (ASCII) anywhere, byte by byte: the standard library's search by
  /// characters takes a hundred times longer.
  static func holds(_ text: String, word: String) -> Bool {
    let wanted = Array(word.utf8)
    var text = text
    return text.withUTF8 { bytes in
      guard let first = wanted.first, bytes.count >= wanted.count else { return wanted.isEmpty }
      for start in 0...(bytes.count - wanted.count) where bytes[start] == first {
        if wanted.indices.allSatisfy({ bytes[start + $0] == wanted[$0] }) { return true }
      }
      return false
    }
  }
}
