internal import FleetDiagnostics

/// Appends records and further texts to a document that others may read already.
struct RecordStore {
  typealias Record = YAMLDocument.Record

  let document: YAMLDocument
  /// Those of `document`, at hand.
  private(set) var records: UnsafeMutablePointer<Record>
  /// How many records there are.
  private(set) var count = 0
  private var room: Int
  private var extraCount = 0
  private var extraRoom = 64

  /// Makes room for about `expected` records; untouched memory of the reserve costs nothing.
  init(_ source: SourceText, records expected: Int) {
    room = max(expected, 16)
    records = .allocate(capacity: room)
    document = YAMLDocument(
      source: source,
      records: records,
      extra: .allocate(capacity: extraRoom)
    )
  }

  /// Whether the next record fits only after `grow`.
  var isFull: Bool { count == room }

  /// Moves the records to where there is more room; nobody may be reading them.
  mutating func grow() {
    room *= 2
    let larger = UnsafeMutablePointer<Record>.allocate(capacity: room)
    larger.moveInitialize(from: records, count: count)
    records.deallocate()
    records = larger
    document.records = larger
  }

  /// Adds a record of nothing.
  mutating func append() {
    precondition(count < room, "no room for a record")
    (records + count).initialize(to: Record(.scalar))
    count += 1
  }

  /// Whether `text` fits without `grow(for:)`.
  func fits(_ text: UnsafeBufferPointer<UInt8>) -> Bool { extraCount + text.count <= extraRoom }

  /// Moves the further texts to where there is room for `text`; nobody may be reading them.
  mutating func grow(for text: UnsafeBufferPointer<UInt8>) {
    extraRoom = max(2 * extraRoom, extraCount + text.count)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: extraRoom)
    larger.moveInitialize(from: document.extra, count: extraCount)
    document.extra.deallocate()
    document.extra = larger
  }

  /// Adds a text that does not stand in the source, and returns where it begins in `extra`.
  mutating func append(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    precondition(fits(text), "no room for a text")
    let start = extraCount
    guard let base = text.baseAddress else { return start }
    (document.extra + start).initialize(from: base, count: text.count)
    extraCount += text.count
    return start
  }
}
