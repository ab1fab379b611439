internal import Synchronization

/// A half-open range of a file: enough to sort and print it, without holding the file's text.
///
/// Holds no reference, because a fleet of 10,000 nodes has half a million of them, and counting references
/// was a third of the time that a validation took.
package struct SourceSpan: Hashable, Sendable {
  private let fileNumber: FileNumber
  private let startLine: UInt32
  private let startColumn: UInt32
  private let startByte: UInt32
  private let endLine: UInt32
  private let endColumn: UInt32
  private let endByte: UInt32

  /// Makes a span of `file` from `start` up to `end`.
  package init(file: String, start: SourcePlace, end: SourcePlace) {
    self.init(FileNumber(file), start, end)
  }

  /// Makes a span of `source` from `start` up to `end`, without looking its name up.
  package init(in source: SourceText, start: SourcePlace, end: SourcePlace) {
    self.init(source.nameNumber, start, end)
  }

  private init(_ file: FileNumber, _ start: SourcePlace, _ end: SourcePlace) {
    fileNumber = file
    startLine = UInt32(clamping: start.line)
    startColumn = UInt32(clamping: start.column)
    startByte = UInt32(clamping: start.byte)
    endLine = UInt32(clamping: end.line)
    endColumn = UInt32(clamping: end.column)
    endByte = UInt32(clamping: end.byte)
  }

  /// Name of the file, as in `SourceText.name`.
  package var file: String { fileNumber.name }

  /// Where the range begins.
  package var start: SourcePlace {
    SourcePlace(line: Int(startLine), column: Int(startColumn), byte: Int(startByte))
  }

  /// Where the range ends, exclusive.
  package var end: SourcePlace {
    SourcePlace(line: Int(endLine), column: Int(endColumn), byte: Int(endByte))
  }

  /// Whether both ranges are of one file.
  package func isInFile(of other: Self) -> Bool { fileNumber == other.fileNumber }

  /// `fleet.yaml:41:7`.
  package var description: String { "\(file):\(startLine):\(startColumn)" }
}

/// A file's name as a number, given once for each name and never taken back: a run reads few files.
struct FileNumber: Hashable, Sendable {
  private let number: UInt32

  private struct Table {
    var names: [String] = []
    var numbers: [String: UInt32] = [:]
  }

  private static let table = Mutex(Table())

  init(_ name: String) {
    number = Self.table.withLock { table in
      if let known = table.numbers[name] { return known }
      let number = UInt32(table.names.count)
      table.names.append(name)
      table.numbers[name] = number
      return number
    }
  }

  var name: String { Self.table.withLock { $0.names[Int(number)] } }
}
