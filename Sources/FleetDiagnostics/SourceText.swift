/// The bytes of one input file with an index of its lines.
///
/// Offsets are 0-based UTF-8 byte offsets. Lines and columns are 1-based; a column counts Unicode
/// scalars (DESIGN section 5), so it is right for non-ASCII text too.
package struct SourceText: Hashable, Sendable {
  /// The name as the user wrote it, relative to the working directory, `/`-separated.
  package let name: String
  /// The content. Not necessarily valid UTF-8: `FleetYAML` reports `yaml-encoding` for that.
  package let bytes: [UInt8]
  /// Byte offset of the first byte of each line. Never empty.
  package let lineStarts: [Int]

  /// Indexes `bytes`; lines end at `\n` (a preceding `\r` belongs to the line).
  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    var starts = [0]
    for (index, byte) in bytes.enumerated() where byte == 0x0A {
      starts.append(index + 1)
    }
    lineStarts = starts
  }

  /// Indexes the UTF-8 of `text`.
  package init(name: String, text: String) {
    self.init(name: name, bytes: Array(text.utf8))
  }

  /// Returns the 1-based line that holds byte `offset` (clamped to the text).
  package func line(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle - 1 }
    }
    return low + 1
  }

  /// Returns the place of byte `offset` (clamped to the text).
  package func place(at offset: Int) -> SourcePlace {
    let clamped = min(max(offset, 0), bytes.count)
    let line = line(at: clamped)
    var column = 1
    for byte in bytes[lineStarts[line - 1]..<clamped] where byte & 0xC0 != 0x80 {
      column += 1
    }
    return SourcePlace(line: line, column: column, byte: clamped)
  }

  /// Returns line `number` (1-based) without its line ending, invalid UTF-8 replaced.
  package func lineText(_ number: Int) -> String {
    guard number >= 1, number <= lineStarts.count else { return "" }
    let start = lineStarts[number - 1]
    var end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.count
    if end > start, bytes[end - 1] == 0x0D { end -= 1 }
    return String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
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
