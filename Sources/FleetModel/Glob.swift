/// A pattern over names: `*` stands for any characters, `?` for one, all others for themselves.
package struct Glob: Sendable, Hashable {
  /// The pattern's bytes.
  private let pattern: [UInt8]

  /// Makes a pattern; any text is one, though perhaps one that matches nothing.
  package init(_ text: some StringProtocol) {
    pattern = Array(text.utf8)
  }

  /// Whether `text` holds a character that makes it a pattern.
  package static func isPattern(_ text: String) -> Bool {
    text.utf8.contains { $0 == 0x2A || $0 == 0x3F }
  }

  /// The characters in front of the first `*` or `?`: whatever matches begins with them.
  package var prefix: String {
    String(decoding: pattern.prefix { $0 != 0x2A && $0 != 0x3F }, as: UTF8.self)
  }

  /// Whether the whole of `text` matches.
  ///
  /// Greedy with one place to go back to, so that the cost stays quadratic at worst.
  package func matches(_ text: some StringProtocol) -> Bool {
    var text = String(text)
    return text.withUTF8 { matches($0) }
  }

  private func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var (at, position) = (0, 0)
    var (star, mark) = (-1, 0)
    while position < text.count {
      if at < pattern.count, pattern[at] == 0x2A {
        (star, mark) = (at, position)
        at += 1
      } else if at < pattern.count, pattern[at] == text[position] || pattern[at] == 0x3F {
        at += 1
        position += 1
      } else if star >= 0 {
        mark += 1
        (at, position) = (star + 1, mark)
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == 0x2A }
  }
}
