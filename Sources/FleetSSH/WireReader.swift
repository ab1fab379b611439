/// Reads the length-prefixed fields of SSH structures (RFC 4251 section 5).
struct WireReader {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Whether everything has been read.
  var isAtEnd: Bool { offset == bytes.count }

  /// What has not been read yet.
  var rest: [UInt8] { Array(bytes[offset...]) }

  /// The next byte.
  mutating func byte() -> UInt8? {
    guard offset < bytes.count else { return nil }
    defer { offset += 1 }
    return bytes[offset]
  }

  /// The next 32-bit number, big-endian.
  mutating func number() -> UInt32? {
    guard bytes.count - offset >= 4 else { return nil }
    defer { offset += 4 }
    return bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The next `string`.
  mutating func string() -> [UInt8]? {
    guard let length = number(), length <= bytes.count - offset else { return nil }
    defer { offset += Int(length) }
    return Array(bytes[offset..<offset + Int(length)])
  }

  /// The next `string` as text.
  mutating func text() -> String? {
    string().map { String(decoding: $0, as: UTF8.self) }
  }

  /// Skips `count` bytes that must equal `expected`.
  mutating func expect(_ expected: [UInt8]) -> Bool {
    guard bytes.count - offset >= expected.count,
      bytes[offset..<offset + expected.count].elementsEqual(expected)
    else { return false }
    offset += expected.count
    return true
  }

  /// `bytes` as a `string`: its length, then itself.
  static func string(_ bytes: [UInt8]) -> [UInt8] {
    number(UInt32(bytes.count)) + bytes
  }

  /// A 32-bit number, big-endian.
  static func number(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
  }
}
