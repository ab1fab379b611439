package import FleetDiagnostics

/// A text with places marked by `1️⃣` to `9️⃣`; the markers are no part of the text.
///
/// Expectations name places by marker instead of by numbers that nobody can check.
package struct MarkedText: Sendable {
  /// The text without markers.
  package let source: SourceText
  private let offsets: [Int: Int]

  /// Takes the markers out of `marked`.
  package init(_ marked: String, name: String = "fleet.yaml") {
    var bytes: [UInt8] = []
    var offsets: [Int: Int] = [:]
    // Scalars, not characters: `\r\n` is one character, and a combining mark would join a marker.
    let scalars = Array(marked.unicodeScalars)
    var index = 0
    while index < scalars.count {
      let isMarker =
        index + 2 < scalars.count && scalars[index + 1] == "\u{FE0F}"
        && scalars[index + 2] == "\u{20E3}"
      if isMarker {
        offsets[Int(scalars[index].value) - 0x30] = bytes.count
        index += 3
      } else {
        bytes.append(contentsOf: String(scalars[index]).utf8)
        index += 1
      }
    }
    source = SourceText(name: name, bytes: bytes)
    self.offsets = offsets
  }

  /// Returns the place of marker `number`, counted from the bytes and not by the code under test.
  package func place(_ number: Int) -> SourcePlace {
    let offset = offsets[number] ?? -1
    let before = source.bytes[..<max(0, offset)]
    let line = before.count { $0 == 0x0A } + 1
    let lineStart = (before.lastIndex(of: 0x0A) ?? -1) + 1
    let text = String(decoding: before[lineStart...], as: UTF8.self)
    let column = text.unicodeScalars.count { $0 != "\u{FEFF}" } + 1
    return SourcePlace(line: line, column: column, byte: offset)
  }

  /// Returns the span from marker `first` up to marker `second`.
  package func span(_ first: Int, _ second: Int) -> SourceSpan {
    SourceSpan(file: source.name, start: place(first), end: place(second))
  }
}
