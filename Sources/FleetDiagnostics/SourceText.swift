/// The bytes of one input file with an index of its lines.
///
/// Offsets are 0-based UTF-8 byte offsets. Lines and columns are 1-based; a column counts Unicode
/// scalars (DESIGN section 5), so it is right for non-ASCII text too.
package struct SourceText: Hashable, Sendable {
  /// The name as the user wrote it, relative to the working directory, `/`-separated.
  package let name: String
  /// The content.
  ///
  /// Not necessarily valid UTF-8: `FleetYAML` reports `yaml-encoding` for that.
  package let bytes: [UInt8]
  /// Byte offset of the first byte of each line.
  ///
  /// Never empty. 32 bits, because a hostile file of nothing but line feeds would else cost eight
  /// times its size.
  private let starts: [UInt32]
  /// How many Unicode scalars begin before byte 0, 1024, 2048, …; empty for pure ASCII, where a column
  /// is a difference of offsets.
  ///
  /// A line may be the whole file, and every finding in it would else count it from its beginning.
  private let scalarCounts: [UInt32]
  private static let block = 1_024

  /// Indexes `bytes`, of which there are fewer than 4 GiB; lines end at `\n` (a preceding `\r`
  /// belongs to the line).
  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    starts = bytes.withUnsafeBufferPointer { buffer in
      var starts: [UInt32] = [0]
      starts.reserveCapacity(1 + buffer.count { $0 == 0x0A })
      for index in buffer.indices where buffer[index] == 0x0A {
        starts.append(UInt32(truncatingIfNeeded: index + 1))
      }
      return starts
    }
    scalarCounts = bytes.withUnsafeBufferPointer { Self.scalarCounts($0) }
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
    guard bytes.contains(where: { $0 >= 0x80 }) else { return [] }
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

/// A half-open range of a file: enough to sort and print it, without holding the file's text.
package struct SourceSpan: Hashable, Sendable {
  /// Name of the file, as in `SourceText.name`.
  package let file: String
  /// Where the range begins.
  package let start: SourcePlace
  /// Where the range ends, exclusive.
  package let end: SourcePlace

  /// Makes a span of `file` from `start` up to `end`.
  package init(file: String, start: SourcePlace, end: SourcePlace) {
    self.file = file
    self.start = start
    self.end = end
  }

  /// `fleet.yaml:41:7`.
  package var description: String { "\(file):\(start.line):\(start.column)" }
}
