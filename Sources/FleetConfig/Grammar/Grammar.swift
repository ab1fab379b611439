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

  /// What `isLabelKey` wants, for messages.
  static let labelKeyForm =
    "1 to 63 letters, digits, `-`, `_` or `.` that begin and end with a letter or digit, perhaps "
    + "behind a domain name and `/`"
  /// What `isLabelValue` wants, for messages.
  static let labelValueForm =
    "at most 63 letters, digits, `-`, `_` or `.` that begin and end with a letter or digit"

  /// A label's key as Kubernetes has them: `zone`, `example.org/zone`.
  ///
  /// The name is 1 to 63 characters; the part before `/` is a DNS subdomain (RFC 1123) of at most 253.
  static func isLabelKey(_ text: String) -> Bool {
    guard let slash = text.utf8.firstIndex(of: 0x2F) else {
      return !text.isEmpty && isLabelValue(text)
    }
    let name = String(text[text.index(after: slash)...])
    return !name.isEmpty && isLabelValue(name) && isSubdomain(text[..<slash])
  }

  /// A label's value as Kubernetes has them: empty, or 1 to 63 characters.
  static func isLabelValue(_ text: String) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last else { return true }
    return text.utf8.count <= 63 && isAlphanumeric(first) && isAlphanumeric(last)
      && text.utf8.allSatisfy {
        isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
      }
  }

  private static func isSubdomain(_ text: Substring) -> Bool {
    text.utf8.count <= 253
      && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
        guard let first = part.utf8.first, let last = part.utf8.last else { return false }
        return part.utf8.count <= 63 && isAlphanumeric(first) && isAlphanumeric(last)
          && part.utf8.allSatisfy {
            (isAlphanumeric($0) || $0 == 0x2D) && !(0x41...0x5A).contains($0)
          }
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
