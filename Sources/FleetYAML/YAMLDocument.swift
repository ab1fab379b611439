internal import FleetDiagnostics

/// The nodes of one file in the order of the text, each followed at once by what it contains.
///
/// A mapping is followed by key, value, key, value… An arena instead of a tree of objects keeps
/// loading near the speed of libyaml itself and a file of a million events below 64 MiB.
///
/// Unchecked, because `RecordStore` still appends when the first entries are read on another thread
/// (`YAMLEntryFeed`). It changes nothing that was handed out: it writes behind it, and waits for the
/// readers before it moves the memory or closes a mapping that they read in. What changes with each record
/// is not kept here, where the readers' counting of references would slow it down.
final class YAMLDocument: @unchecked Sendable {
  let source: SourceText
  private let bytes: [UInt8]
  @exclusivity(unchecked)
  var records: UnsafeMutablePointer<Record>
  /// Texts that do not stand in the source letter by letter: escapes, folded lines.
  @exclusivity(unchecked)
  var extra: UnsafeMutablePointer<UInt8>
  /// Whether any key is one that `isRepeated`, so that entries are left out of the tree.
  @exclusivity(unchecked)
  var hasRepeatedKeys = false

  /// Takes over the memory, which `RecordStore` may still replace.
  init(
    source: SourceText,
    records: UnsafeMutablePointer<Record>,
    extra: UnsafeMutablePointer<UInt8>
  ) {
    self.source = source
    bytes = source.bytes
    self.records = records
    self.extra = extra
  }

  deinit {
    records.deallocate()
    extra.deallocate()
  }

  /// One node or key, in 28 bytes: a file may hold a million of them.
  struct Record: Sendable {
    /// Where it begins.
    var start = Place()
    /// The byte behind its last one.
    var end: UInt32 = 0
    /// Scalars: where the text begins in the source or in `extra`; else how many records this node and
    /// everything in it have.
    var extent: UInt32 = 0
    /// Bytes of text of a scalar, items of a list, or entries of a mapping with repeated keys.
    var count: UInt32 = 0
    /// How many records before this one its parent stands; 0 for the root.
    var up: UInt32 = 0
    /// Shape and flags in the low byte, the position among its siblings in the other three.
    var bits: UInt32
  }

  /// A byte with the line it stands on; columns are counted when someone asks.
  struct Place: Sendable {
    var byte: UInt32 = 0
    var line: UInt32 = 1
  }

  func span(_ index: Int) -> SourceSpan { records[index].span(in: source) }

  func text(_ index: Int) -> String {
    withText(index) { String(decoding: $0, as: UTF8.self) }
  }

  func withText<Result>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    let record = records + index
    let start = Int(record.pointee.extent)
    let count = Int(record.pointee.count)
    if record.pointee.isInExtra {
      return body(UnsafeBufferPointer(start: extra + start, count: count))
    }
    return bytes.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[start..<start + count]))
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

extension YAMLDocument.Record {
  enum Shape: UInt32 { case scalar, sequence, mapping }

  /// `isKey` in `bits`.
  static let keyBit: UInt32 = 0x40

  init(_ shape: Shape, style: UInt32 = 0, ordinal: Int = 0) {
    bits = shape.rawValue | style << 2 | UInt32(truncatingIfNeeded: ordinal) << 8
  }

  /// Where the node stands in `source`.
  func span(in source: SourceText) -> SourceSpan {
    source.span(from: Int(start.byte), to: Int(end), line: Int(start.line))
  }

  /// Records of this node and everything in it.
  var size: Int { shape == .scalar ? 1 : Int(extent) }
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
    get { bits & Self.keyBit != 0 }
    set { bits = newValue ? bits | Self.keyBit : bits & ~Self.keyBit }
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
