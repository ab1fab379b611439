/// Takes the entries of one mapping of the root, in order, while the rest of the file is still being
/// read.
///
/// What it makes of them counts only if the file turns out sound (`YAMLNode.isWholly`): keys that stand
/// twice are known at the end.
package protocol YAMLEntryFeed: AnyObject {
  /// The key under which the mapping stands.
  var key: String { get }

  /// Takes further entries, which may be read on any thread until `wait` returns.
  func take(_ entries: YAMLEntryBatch)

  /// Returns when nobody reads in the document any more.
  func wait()
}

/// Some entries of a mapping, one behind the other.
package struct YAMLEntryBatch: Sendable {
  let document: YAMLDocument
  let first: Int
  /// How many there are.
  package let count: Int

  /// The entries in order.
  package var entries: [YAMLEntry] {
    var entries: [YAMLEntry] = []
    entries.reserveCapacity(count)
    var key = first
    for _ in 0..<count {
      entries.append(YAMLEntry(document: document, keyIndex: key))
      key += 1 + document.records[key + 1].size
    }
    return entries
  }
}

extension YAMLNode {
  /// Whether the node is a mapping of exactly the `count` entries of `batches`, none of them left out.
  package func isWholly(_ batches: YAMLEntryBatch?, count: Int) -> Bool {
    guard let batches, batches.document === document, isMapping else { return false }
    return batches.first == index + 1 && Int(document.records[index].count) == count
      && !document.hasRepeatedKeys
  }
}

/// Finds the mapping that a feed wants, and hands its entries over in batches.
struct EntryWatch {
  /// Enough to make handing over cheap, few enough that little is left to do at the end.
  private static let batch = 128

  private let feed: any YAMLEntryFeed
  private let key: [UInt8]
  /// The mapping, once its key has come.
  private var mapping: Int?
  private var isDone = false
  private var first = 0
  private var count = 0

  init(_ feed: any YAMLEntryFeed) {
    self.feed = feed
    key = Array(feed.key.utf8)
  }

  /// A mapping opened at `index` as the value of `text`, a key of the root.
  mutating func opened(at index: Int, under text: UnsafeBufferPointer<UInt8>) {
    guard mapping == nil, !isDone, text.elementsEqual(key) else { return }
    mapping = index
    first = index + 1
  }

  /// The key of a further entry of `parent` stands at `index`: the entries before it are complete.
  mutating func key(at index: Int, of parent: Int, in document: YAMLDocument) {
    guard parent == mapping else { return }
    if count == Self.batch {
      feed.take(YAMLEntryBatch(document: document, first: first, count: count))
      first = index
      count = 0
    }
    count += 1
  }

  /// The mapping at `index` is complete, but for its own record.
  mutating func closes(_ index: Int, in document: YAMLDocument) {
    guard index == mapping else { return }
    if count > 0 { feed.take(YAMLEntryBatch(document: document, first: first, count: count)) }
    feed.wait()
    mapping = nil
    isDone = true
  }

  /// Waits for whoever reads.
  func wait() { feed.wait() }
}
