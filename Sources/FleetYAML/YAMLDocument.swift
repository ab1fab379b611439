internal import FleetDiagnostics

/// The nodes of one file in the order of the text, each followed at once by what it contains.
///
/// A mapping is followed by key, value, key, value… An arena instead of a tree of objects keeps
/// loading near the speed of libyaml itself and a file of a million events below 64 MiB.
final class YAMLDocument: Sendable {
  let source: SourceText
  let records: ContiguousArray<Record>
  /// Texts that do not stand in the source letter by letter: escapes, folded lines.
  let extra: [UInt8]

  init(source: SourceText, records: ContiguousArray<Record>, extra: [UInt8]) {
    self.source = source
    self.records = records
    self.extra = extra
  }

  /// One node or key.
  struct Record: Sendable {
    var start = Place()
    var end = Place()
    /// Scalars: where the text begins in the source or in `extra`.
    var textStart: UInt32 = 0
    /// Bytes of text of a scalar, items of a list, or entries of a mapping with repeated keys.
    var count: UInt32 = 0
    /// How many records before this one its parent stands; 0 for the root.
    var up: UInt32 = 0
    /// Records of this node and everything in it.
    var size: UInt32 = 1
    /// Shape and flags in the low byte, the position among its siblings in the other three.
    var bits: UInt32
  }

  /// `SourcePlace` in half the space.
  struct Place: Sendable {
    var byte: UInt32 = 0
    var line: UInt32 = 1
    var column: UInt32 = 1

    var place: SourcePlace {
      SourcePlace(line: Int(line), column: Int(column), byte: Int(byte))
    }
  }

  func span(_ index: Int) -> SourceSpan {
    records.withUnsafeBufferPointer { buffer in
      SourceSpan(
        file: source.name,
        start: buffer[index].start.place,
        end: buffer[index].end.place
      )
    }
  }

  func text(_ index: Int) -> String {
    withText(index) { String(decoding: $0, as: UTF8.self) }
  }

  func withText<Result>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    let record = records[index]
    let start = Int(record.textStart)
    return (record.isInExtra ? extra : source.bytes).withUnsafeBufferPointer { buffer in
      body(UnsafeBufferPointer(rebasing: buffer[start..<start + Int(record.count)]))
    }
  }

  /// Path of a node as a JSON pointer (RFC 6901): `/nodes/web-1/roles/0`; empty for the root.
  func path(_ index: Int) -> String {
    var parts: [String] = []
    var current = index
    while records[current].up > 0 {
      let parent = current - Int(records[current].up)
      if records[parent].shape == .mapping {
        // A key has the path of its value.
        let key = records[current].isKey ? current : current - 1
        parts.append(text(key).replacingPointerCharacters)
      } else {
        parts.append(String(records[current].ordinal))
      }
      current = parent
    }
    return parts.reversed().map { "/" + $0 }.joined()
  }
}

extension YAMLDocument.Place {
  // In an extension, so that the memberwise one stays.
  init(_ place: SourcePlace) {
    byte = UInt32(truncatingIfNeeded: place.byte)
    line = UInt32(truncatingIfNeeded: place.line)
    column = UInt32(truncatingIfNeeded: place.column)
  }
}

extension YAMLDocument.Record {
  enum Shape: UInt32 { case scalar, sequence, mapping }

  init(_ shape: Shape, style: UInt32 = 0, ordinal: Int = 0) {
    bits = shape.rawValue | style << 2 | UInt32(truncatingIfNeeded: ordinal) << 8
  }

  var shape: Shape { Shape(rawValue: bits & 3) ?? .scalar }
  var style: UInt32 { bits >> 2 & 7 }
  var ordinal: Int {
    get { Int(bits >> 8) }
    set { bits = bits & 0xFF | UInt32(truncatingIfNeeded: newValue) << 8 }
  }
  var isInExtra: Bool {
    get { bits & 0x20 != 0 }
    set { bits = newValue ? bits | 0x20 : bits & ~0x20 }
  }
  var isKey: Bool {
    get { bits & 0x40 != 0 }
    set { bits = newValue ? bits | 0x40 : bits & ~0x40 }
  }
  /// A key that stood in the mapping before: reported, then ignored with its value.
  var isRepeated: Bool {
    get { bits & 0x80 != 0 }
    set { bits = newValue ? bits | 0x80 : bits & ~0x80 }
  }
}

extension String {
  fileprivate var replacingPointerCharacters: String {
    guard utf8.contains(where: { $0 == 0x2F || $0 == 0x7E }) else { return self }
    return map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
  }
}
