/// The bytes of one input file with an index of its lines.
///
/// Offsets are 0-based UTF-8 byte offsets. Lines and columns are 1-based; a column counts Unicode
/// scalars (DESIGN section 5), so it is right for non-ASCII text too.
package struct SourceText: Hashable, Sendable {
  /// Behind one reference: places are asked for by the million.
  private final class Storage: Sendable {
    let name: String
    let nameNumber: FileNumber
    let bytes: [UInt8]
    /// Byte offset of the first byte of each line.
    ///
    /// Never empty. 32 bits, because a hostile file of nothing but line feeds would else cost eight
    /// times its size.
    let starts: [UInt32]
    /// How many Unicode scalars begin before byte 0, 1024, 2048, …; empty for pure ASCII, where a
    /// column is a difference of offsets.
    ///
    /// A line may be the whole file, and every finding in it would else count it from its beginning.
    let scalarCounts: [UInt32]

    init(name: String, bytes: [UInt8], starts: [UInt32], scalarCounts: [UInt32]) {
      self.name = name
      nameNumber = FileNumber(name)
      self.bytes = bytes
      self.starts = starts
      self.scalarCounts = scalarCounts
    }
  }

  private let storage: Storage

  /// The name as the user wrote it, relative to the working directory, `/`-separated.
  package var name: String { storage.name }
  /// The name's number, for spans.
  var nameNumber: FileNumber { storage.nameNumber }
  /// The content.
  ///
  /// Not necessarily valid UTF-8: `FleetYAML` reports `yaml-encoding` for that.
  package var bytes: [UInt8] { storage.bytes }
  private var starts: [UInt32] { storage.starts }
  private var scalarCounts: [UInt32] { storage.scalarCounts }
  private static let block = 1_024

  /// Indexes `bytes`, of which there are fewer than 4 GiB; lines end at `\n` (a preceding `\r`
  /// belongs to the line).
  package init(name: String, bytes: [UInt8]) {
    let (starts, isASCII) = bytes.withUnsafeBytes { Self.lineStarts($0) }
    storage = Storage(
      name: name,
      bytes: bytes,
      starts: starts,
      scalarCounts: isASCII ? [] : bytes.withUnsafeBufferPointer { Self.scalarCounts($0) }
    )
  }

  /// Where lines begin, and whether all bytes are ASCII; looks at eight bytes at once.
  private static func lineStarts(_ bytes: UnsafeRawBufferPointer) -> ([UInt32], isASCII: Bool) {
    var starts: [UInt32] = [0]
    starts.reserveCapacity(bytes.count / 32 + 16)
    var seen: UInt64 = 0
    var index = 0
    while index + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
      seen |= word
      let others = word ^ 0x0A0A_0A0A_0A0A_0A0A
      // The highest bit of each byte that is a line feed, exactly.
      var feeds = ~((others & ~highBits &+ ~highBits) | others) & highBits
      while feeds != 0 {
        starts.append(UInt32(truncatingIfNeeded: index + feeds.trailingZeroBitCount / 8 + 1))
        feeds &= feeds &- 1
      }
      index += 8
    }
    while index < bytes.count {
      seen |= UInt64(bytes[index])
      if bytes[index] == 0x0A { starts.append(UInt32(truncatingIfNeeded: index + 1)) }
      index += 1
    }
    return (starts, seen & highBits == 0)
  }

  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// Equal names and bytes.
  package static func == (left: Self, right: Self) -> Bool {
    left.storage === right.storage || (left.name == right.name && left.bytes == right.bytes)
  }

  /// Hashes name and bytes.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(bytes)
  }

  /// Returns the range from byte `start`, which stands on `line`, up to byte `end`.
  package func span(from start: Int, to end: Int, line: Int) -> SourceSpan {
    SourceSpan(in: self, start: place(at: start, from: line), end: place(at: end, from: line))
  }

  /// Byte offset of the first byte of each line.
  ///
  /// Never empty.
  package var lineStarts: [Int] { starts.map { Int($0) } }

  /// How many lines there are; the text after the last line feed counts as one, even empty.
  package var lineCount: Int { starts.count }

  /// Length of a UTF-8 byte order mark at the beginning, 3 or 0.
  ///
  /// It is no column of line 1.
  package var byteOrderMarkLength: Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

  /// Returns the byte offset where line `number` (1-based, clamped) begins.
  package func lineStart(_ number: Int) -> Int {
    Int(starts[min(max(number, 1), starts.count) - 1])
  }

  /// Returns the bytes of line `number` (1-based, clamped) without line ending and byte order mark.
  package func lineBytes(_ number: Int) -> Range<Int> {
    var start = lineStart(number)
    var end = number < starts.count ? lineStart(number + 1) - 1 : bytes.count
    if number <= 1 { start = byteOrderMarkLength }
    if end > start, bytes[end - 1] == 0x0D { end -= 1 }
    return start..<max(start, end)
  }

  /// Indexes the UTF-8 of `text`.
  package init(name: String, text: String) {
    self.init(name: name, bytes: Array(text.utf8))
  }

  /// Returns the 1-based line that holds byte `offset` (clamped to the text).
  package func line(at offset: Int) -> Int {
    var low = 0
    var high = starts.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if Int(starts[middle]) <= offset { low = middle } else { high = middle - 1 }
    }
    return low + 1
  }

  /// Returns the place of byte `offset` (clamped to the text).
  package func place(at offset: Int) -> SourcePlace {
    let clamped = min(max(offset, 0), bytes.count)
    return place(clamped, onLine: line(at: clamped))
  }

  /// Returns the place of byte `offset`, which is known to stand on `line` or behind it.
  package func place(at offset: Int, from line: Int) -> SourcePlace {
    let clamped = min(max(offset, 0), bytes.count)
    let isOnLine = line >= starts.count || clamped < Int(starts[line])
    return place(clamped, onLine: isOnLine ? min(line, starts.count) : self.line(at: clamped))
  }

  private func place(_ offset: Int, onLine line: Int) -> SourcePlace {
    let start = min(line == 1 ? byteOrderMarkLength : lineStart(line), offset)
    let column =
      scalarCounts.isEmpty ? offset - start : scalars(before: offset) - scalars(before: start)
    return SourcePlace(line: line, column: column + 1, byte: offset)
  }

  /// How many Unicode scalars begin before byte `offset`.
  private func scalars(before offset: Int) -> Int {
    let slot = offset / Self.block
    return bytes.withUnsafeBufferPointer { bytes in
      Int(scalarCounts[slot]) + bytes[slot * Self.block..<offset].count { $0 & 0xC0 != 0x80 }
    }
  }

  private static func scalarCounts(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt32] {
    var counts: [UInt32] = [0]
    counts.reserveCapacity(bytes.count / block + 1)
    var start = 0
    while start + block <= bytes.count {
      let here = bytes[start..<start + block].count { $0 & 0xC0 != 0x80 }
      counts.append((counts.last ?? 0) + UInt32(here))
      start += block
    }
    return counts
  }

  /// Returns line `number` (1-based) without its line ending, invalid UTF-8 replaced.
  package func lineText(_ number: Int) -> String {
    guard number >= 1, number <= lineCount else { return "" }
    return String(decoding: bytes[lineBytes(number)], as: UTF8.self)
  }
}

/// A place in a text: 1-based line and column (Unicode scalars), 0-based byte.
package struct SourcePlace: Hashable, Sendable {
  /// 1-based line.
  package let line: Int
  /// 1-based column in Unicode scalars.
  package let column: Int
  /// 0-based UTF-8 byte offset.
  package let byte: Int

  /// Makes a place from its three coordinates.
  package init(line: Int, column: Int, byte: Int) {
    self.line = line
    self.column = column
    self.byte = byte
  }
}
