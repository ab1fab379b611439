internal import FleetDiagnostics

/// One pass over the bytes before the parser sees them.
///
/// It finds what libyaml would report badly, late or not at all: wrong encodings, forbidden and
/// ambiguous characters, and directives in numbers that would make libyaml slow.
struct TextScan {
  /// Whether every byte after the byte order mark is ASCII, so that offsets need no conversion.
  private(set) var isASCII = true
  private(set) var finding: Diagnostic?
  private let source: SourceText

  init(_ source: SourceText) {
    self.source = source
    guard source.bytes.count <= YAMLLimits.bytes else {
      finding = Diagnostic(
        .yamlLimit,
        "`\(source.name)` has \(source.bytes.count) bytes; at most \(YAMLLimits.bytes) are read. "
          + "Split it with `include:`.",
        at: span(0, 0)
      )
      return
    }
    source.bytes.withUnsafeBufferPointer { scan($0) }
  }

  private mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>) {
    if let wide = wideEncoding(bytes) {
      finding = Diagnostic(
        .yamlEncoding,
        "`\(source.name)` is encoded as \(wide). Save it as UTF-8.",
        at: span(0, 0)
      )
      return
    }
    var directives = 0
    var index = source.byteOrderMarkLength
    while index < bytes.count {
      index = skipPlain(bytes, from: index)
      guard index < bytes.count else { break }
      let byte = bytes[index]
      if byte >= 0x20, byte < 0x7F {
        if isTagDirective(bytes, at: index) {
          directives += 1
          if directives > YAMLLimits.directives { return refuseDirectives(at: index) }
        }
        index += 1
        continue
      }
      switch byte {
      case 0x09, 0x0A:
        index += 1
      case 0x0D:
        guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else {
          return refuseCharacter(0x0D, at: index, length: 1)
        }
        index += 1
      case ..<0x80:
        return refuseCharacter(UInt32(byte), at: index, length: 1)
      default:
        isASCII = false
        guard let (scalar, length) = decode(bytes, at: index) else { return refuseBytes(at: index) }
        guard Self.isPlain(scalar) else {
          return refuseCharacter(scalar, at: index, length: length)
        }
        index += length
      }
    }
  }

  /// Whether `%T` stands at `index`, behind a line feed.
  private func isTagDirective(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
    bytes[index] == 0x25 && index > 0 && bytes[index - 1] == 0x0A && index + 3 < bytes.count
      && bytes[index + 1] == 0x54
  }

  /// Skips eight bytes at once while they are printable ASCII or line feeds, with no `%` in them: only
  /// a `%` can begin a directive.
  private func skipPlain(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    let raw = UnsafeRawBufferPointer(bytes)
    let ones: UInt64 = 0x0101_0101_0101_0101
    let high: UInt64 = 0x80 &* ones
    var index = start
    while index + 8 <= raw.count {
      let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      // Each has the highest bit of the bytes in question; where a byte is not ASCII, the first has.
      let below = ~((word & ~high) &+ 0x60 &* ones) & ~word & high
      let feeds = ~(((word ^ 0x0A &* ones) & ~high &+ ~high) | word) & high
      let delete = ((word & ~high) &+ ones) & high
      let percent = ~(((word ^ 0x25 &* ones) & ~high &+ ~high) | word) & high
      guard (word & high) | (below & ~feeds) | delete | percent == 0 else { break }
      index += 8
    }
    return index
  }

  /// The name of a UTF-16 or UTF-32 encoding that the first bytes betray.
  private func wideEncoding(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    guard bytes.count >= 2 else { return nil }
    let isLonger = bytes.count >= 4
    switch (bytes[0], bytes[1]) {
    case (0xFF, 0xFE):
      return isLonger && bytes[2] == 0 && bytes[3] == 0 ? "UTF-32" : "UTF-16"
    case (0xFE, 0xFF): return "UTF-16"
    case (0, 0) where isLonger && bytes[2] == 0xFE && bytes[3] == 0xFF: return "UTF-32"
    case (0, 1...), (1..., 0): return "UTF-16 without a byte order mark"
    default: return nil
    }
  }

  /// Whether `scalar`, not ASCII, may stand in a file (YAML 1.2 section 5.1).
  ///
  /// U+0085, U+2028 and U+2029 are line breaks to YAML 1.1 (and libyaml) and ordinary characters to
  /// YAML 1.2: the one file would mean two things.
  private static func isPlain(_ scalar: UInt32) -> Bool {
    switch scalar {
    case ..<0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: false
    default: true
    }
  }

  /// Decodes one scalar of two to four bytes, strictly (RFC 3629).
  private func decode(
    _ bytes: UnsafeBufferPointer<UInt8>,
    at index: Int
  ) -> (scalar: UInt32, length: Int)? {
    let first = bytes[index]
    let length: Int
    let smallest: UInt32
    var scalar: UInt32
    switch first {
    case 0xC2...0xDF: (length, smallest, scalar) = (2, 0x80, UInt32(first & 0x1F))
    case 0xE0...0xEF: (length, smallest, scalar) = (3, 0x800, UInt32(first & 0x0F))
    case 0xF0...0xF4: (length, smallest, scalar) = (4, 0x10000, UInt32(first & 0x07))
    default: return nil
    }
    guard index + length <= bytes.count else { return nil }
    for byte in bytes[index + 1..<index + length] {
      guard byte & 0xC0 == 0x80 else { return nil }
      scalar = scalar << 6 | UInt32(byte & 0x3F)
    }
    guard scalar >= smallest, scalar <= 0x10FFFF, !(0xD800...0xDFFF).contains(scalar) else {
      return nil
    }
    return (scalar, length)
  }

  private mutating func refuseBytes(at index: Int) {
    let digits = hexadecimal(UInt32(source.bytes[index]), digits: 2)
    finding = Diagnostic(
      .yamlEncoding,
      "The byte 0x\(digits) here is not valid UTF-8. Save the file as UTF-8.",
      at: span(index, 1)
    )
  }

  private mutating func refuseCharacter(_ scalar: UInt32, at index: Int, length: Int) {
    let name = "U+\(hexadecimal(scalar, digits: 4))"
    let detail =
      switch scalar {
      case 0x0D:
        "A carriage return ends a line here without a line feed. Save the file with line feeds."
      case 0x85, 0x2028, 0x2029:
        "\(name) is a line break to some YAML tools and text to others. Remove it, or write "
          + "`\\u\(hexadecimal(scalar, digits: 4).lowercased())` in double quotes."
      default:
        "The character \(name) is not allowed in YAML. Remove it, or write it as an escape in "
          + "double quotes."
      }
    finding = Diagnostic(.yamlEncoding, detail, at: span(index, length))
  }

  private mutating func refuseDirectives(at index: Int) {
    finding = Diagnostic(
      .yamlLimit,
      "More than \(YAMLLimits.directives) lines begin with `%T`. fleetctl does not read tags; "
        + "remove the `%TAG` lines.",
      at: span(index, 1)
    )
  }

  private func span(_ start: Int, _ length: Int) -> SourceSpan {
    SourceSpan(
      file: source.name,
      start: source.place(at: start),
      end: source.place(at: start + length)
    )
  }

  private func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
