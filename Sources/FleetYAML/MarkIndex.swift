internal import CLibYAML
internal import FleetDiagnostics

/// Turns libyaml's marks into places.
///
/// libyaml counts lines, columns and its index in characters, not bytes (`yaml_mark_t`), and does
/// not count a byte order mark. `TextScan` has refused the line breaks that only libyaml knows, so
/// its lines are ours.
struct MarkIndex {
  private static let step = 64
  private let source: SourceText
  /// Those of `source`, at hand.
  private let bytes: [UInt8]
  /// Kept beside the bytes, whose own count stands where readers on other threads count references.
  private let count: Int
  private let offset: Int
  /// Byte offset of every 64th character; empty where bytes and characters are the same.
  private var checkpoints: [UInt32] = []

  init(_ source: SourceText, isASCII: Bool) {
    self.source = source
    bytes = source.bytes
    count = bytes.count
    offset = source.byteOrderMarkLength
    guard !isASCII else { return }
    checkpoints.reserveCapacity(bytes.count / Self.step + 1)
    bytes.withUnsafeBufferPointer { bytes in
      var characters = 0
      for index in offset..<bytes.count where bytes[index] & 0xC0 != 0x80 {
        if characters % Self.step == 0 { checkpoints.append(UInt32(index)) }
        characters += 1
      }
    }
  }

  func place(_ mark: yaml_mark_t) -> YAMLDocument.Place {
    let byte = byte(mark.index)
    // libyaml sees one more line where the last line of the file has no line feed.
    let isBeyond = byte == count
    let line = isBeyond ? source.line(at: byte) : mark.line + 1
    return YAMLDocument.Place(
      byte: UInt32(truncatingIfNeeded: byte),
      line: UInt32(truncatingIfNeeded: line)
    )
  }

  /// Returns `end` moved back over white space and line ends, but not before `limit`.
  func trimmed(_ end: UInt32, notBefore limit: UInt32) -> UInt32 {
    bytes.withUnsafeBufferPointer { bytes in
      var end = end
      while end > limit, bytes[Int(end) - 1] <= 0x20 { end -= 1 }
      return end
    }
  }

  func byte(_ index: Int) -> Int {
    guard !checkpoints.isEmpty else { return min(index + offset, count) }
    let slot = index / Self.step
    guard slot < checkpoints.count else { return bytes.count }
    var remaining = index % Self.step
    return bytes.withUnsafeBufferPointer { bytes in
      var position = Int(checkpoints[slot])
      while remaining > 0, position < bytes.count {
        position += 1
        while position < bytes.count, bytes[position] & 0xC0 == 0x80 { position += 1 }
        remaining -= 1
      }
      return position
    }
  }
}
