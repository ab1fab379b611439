/// Walks over the anchor and the tag that stand before a value, and what may stand between and
/// behind them: blanks, line ends, comments.
struct PropertyCursor {
  private(set) var place: YAMLDocument.Place
  private let bytes: UnsafeBufferPointer<UInt8>
  private let limit: Int

  init(place: YAMLDocument.Place, bytes: UnsafeBufferPointer<UInt8>, limit: Int) {
    self.place = place
    self.bytes = bytes
    self.limit = min(limit, bytes.count)
  }

  /// Whether nothing but properties was there.
  var isAtLimit: Bool { Int(place.byte) >= limit }

  mutating func skip() {
    while let byte = current {
      switch byte {
      case 0x26:  // `&name`: libyaml knows ASCII letters, digits, `_` and `-`.
        advance()
        while let next = current, Self.isAnchorName(next) { advance() }
      case 0x21:  // `!tag`: up to a blank.
        while let next = current, next > 0x20 { advance() }
      case 0x23: while let next = current, next != 0x0A { advance() }
      case ...0x20: advance()
      default: return
      }
    }
  }

  private var current: UInt8? {
    Int(place.byte) < limit ? bytes[Int(place.byte)] : nil
  }

  private mutating func advance() {
    if bytes[Int(place.byte)] == 0x0A { place.line += 1 }
    place.byte += 1
  }

  private static func isAnchorName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
    default: false
    }
  }
}
