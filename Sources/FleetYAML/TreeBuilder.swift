internal import CLibYAML
internal import FleetDiagnostics

/// Builds the records of a document from the events of libyaml.
///
/// `add` returns false when reading on makes no sense: at the end, or for a reason that is then in
/// `diagnostics`.
struct TreeBuilder {
  typealias Event = UnsafePointer<yaml_event_t>
  typealias Record = YAMLDocument.Record

  /// A list or mapping that is still open.
  private struct Frame {
    var record = 0
    var children = 0
    var isMapping = false
    var isFlow = false
    var isAnchored = false
    /// In a mapping: whether the next node is a value.
    var awaitsValue = false
  }

  /// What a name after `&` stands for.
  enum Anchor {
    case node(Int)
    /// The node is not complete: an alias to it here would contain itself.
    case open
  }

  let source: SourceText
  let marks: MarkIndex
  /// Those of `source`, which whoever made the builder keeps in place.
  let bytes: UnsafeBufferPointer<UInt8>
  let isASCII: Bool
  var diagnostics = Diagnostics()
  private(set) var store: RecordStore
  var document: YAMLDocument { store.document }
  var records: UnsafeMutablePointer<Record> { store.records }
  /// Whether the stream came to its end.
  var isFinished = false
  private var watch: EntryWatch?
  /// Those around the innermost one, from the root down.
  private var frames: [Frame] = []
  /// The innermost open node; meaningless at depth 0.
  private var top = Frame()
  /// How many nodes are open.
  private var depth = 0
  private var anchors: [String: Anchor] = [:]
  // Counted one by one: the same name again and again costs as much as many names.
  private var anchorCount = 0
  /// The anchors of open nodes, innermost last.
  private var openAnchors: [String] = []
  private var flowDepth = 0
  private var cost = 0
  private var aliasText = 0
  private var documents = 0
  /// Where the latest complete node ends.
  private var lastEnd: UInt32 = 0

  init(
    source: SourceText,
    bytes: UnsafeBufferPointer<UInt8>,
    isASCII: Bool,
    feed: (any YAMLEntryFeed)? = nil
  ) {
    self.source = source
    self.isASCII = isASCII
    self.bytes = bytes
    marks = MarkIndex(source, isASCII: isASCII)
    watch = feed.map { EntryWatch($0) }
    // Two bytes are about the least that a node takes. Untouched memory of the reserve costs nothing.
    store = RecordStore(source, records: min(YAMLLimits.events, bytes.count / 2 + 16))
  }

  mutating func add(_ event: Event) -> Bool {
    cost += YAMLLimits.cost(flow: flowDepth)
    guard cost <= YAMLLimits.events else { return refuseEvents(at: event) }
    switch event.pointee.type {
    case YAML_SCALAR_EVENT: return addScalar(event)
    case YAML_SEQUENCE_START_EVENT: return openSequence(event)
    case YAML_MAPPING_START_EVENT: return openMapping(event)
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: close(event)
    case YAML_ALIAS_EVENT: return addAlias(event)
    case YAML_DOCUMENT_START_EVENT:
      documents += 1
      if documents > 1 { return refuseSecondDocument(at: event) }
    case YAML_STREAM_END_EVENT:
      isFinished = true
      return false
    default: break
    }
    return true
  }

  /// Whether the next node is the key of an open mapping.
  private var awaitsKey: Bool {
    depth > 0 && top.isMapping && !top.awaitsValue
  }

  /// Counts a further child of the innermost open node and adds its record, which the caller fills in:
  /// copying it along would cost more than all that it holds.
  private mutating func add(_ shape: Record.Shape, style: UInt32 = 0) -> Int {
    let index = store.count
    var up = 0
    var bits = shape.rawValue | style << 2
    if depth > 0 {
      up = index - top.record
      if top.isMapping {
        if !top.awaitsValue {
          bits |= Record.keyBit
          top.children += 1
          if depth == 2 {
            let document = document
            watch?.key(at: index, of: top.record, in: document)
          }
        }
        top.awaitsValue.toggle()
      } else {
        bits |= UInt32(truncatingIfNeeded: top.children) << 8
        top.children += 1
      }
    }
    addEmpty()
    let record = records + index
    record.pointee.up = UInt32(truncatingIfNeeded: up)
    record.pointee.bits = bits
    return index
  }

  /// Adds a record of nothing, without a place in the tree.
  mutating func addEmpty() {
    if store.isFull {
      watch?.wait()
      store.grow()
    }
    store.append()
  }

  // MARK: Scalars

  private mutating func addScalar(_ event: Event) -> Bool {
    let scalar = event.pointee.data.scalar
    var start = marks.place(event.pointee.start_mark)
    let stop = marks.place(event.pointee.end_mark)
    if scalar.anchor != nil || scalar.tag != nil { skipProperties(&start, end: stop) }
    var end = stop.byte
    let written = YAMLScalarStyle(scalar.style)
    if written == .literal || written == .folded {
      end = marks.trimmed(end, notBefore: min(start.byte + 1, end))
    }
    // A scalar that is tagged as text is never nothing, true or a number.
    let isText = scalar.tag.map { String(cString: $0) == YAMLTag.text } ?? false
    let style = isText && written == .plain ? .doubleQuoted : written
    let index = add(.scalar, style: style.rawValue)
    lastEnd = end
    let record = records + index
    record.pointee.start = start
    record.pointee.end = end
    setText(record, UnsafeBufferPointer(start: scalar.value, count: scalar.length), written)
    if record.pointee.isKey {
      guard scalar.length <= YAMLLimits.key else { return refuseLongKey(at: event) }
      guard top.children <= YAMLLimits.entries else { return refuseEntries(at: event) }
      if written == .plain, scalar.length == 0 || scalar.length == 2 { checkPlainKey(index) }
    }
    if let tag = scalar.tag { checkTag(tag, index) }
    guard let anchor = scalar.anchor else { return true }
    anchors[String(cString: anchor)] = .node(index)
    anchorCount += 1
    return anchorCount <= YAMLLimits.anchors || refuseAnchors(at: event)
  }

  /// Points `record` at its text in the source where it stands there letter by letter, else copies.
  private mutating func setText(
    _ record: UnsafeMutablePointer<Record>,
    _ text: UnsafeBufferPointer<UInt8>,
    _ style: YAMLScalarStyle
  ) {
    let quotes = style == .singleQuoted || style == .doubleQuoted ? 1 : 0
    let start = Int(record.pointee.start.byte) + quotes
    let end = Int(record.pointee.end) - quotes
    record.pointee.count = UInt32(text.count)
    if end - start == text.count, stands(text, at: start) {
      record.pointee.extent = UInt32(start)
    } else {
      if !store.fits(text) {
        watch?.wait()
        store.grow(for: text)
      }
      record.pointee.extent = UInt32(store.append(text))
      record.pointee.isInExtra = true
    }
  }

  private func stands(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    guard let wanted = text.baseAddress, !text.isEmpty else { return true }
    guard let base = bytes.baseAddress else { return false }
    return memcmp(base + start, wanted, text.count) == 0
  }

  /// Moves `start` behind anchor and tag, to the content or, where there is none, to `end`.
  ///
  /// Counts on from `start`: asking for the place of a byte would read its line from the beginning,
  /// and a line may be the whole file.
  private func skipProperties(_ start: inout YAMLDocument.Place, end: YAMLDocument.Place) {
    var cursor = PropertyCursor(place: start, bytes: bytes, limit: Int(end.byte))
    cursor.skip()
    start = cursor.isAtLimit ? end : cursor.place
  }

  // MARK: Lists and mappings

  private mutating func openSequence(_ event: Event) -> Bool {
    let start = event.pointee.data.sequence_start
    let isFlow = start.style == YAML_FLOW_SEQUENCE_STYLE
    return open(event, .sequence, isFlow: isFlow, tag: start.tag, anchor: start.anchor)
  }

  private mutating func openMapping(_ event: Event) -> Bool {
    let start = event.pointee.data.mapping_start
    let isFlow = start.style == YAML_FLOW_MAPPING_STYLE
    return open(event, .mapping, isFlow: isFlow, tag: start.tag, anchor: start.anchor)
  }

  private mutating func open(
    _ event: Event,
    _ shape: Record.Shape,
    isFlow: Bool,
    tag: UnsafeMutablePointer<yaml_char_t>?,
    anchor: UnsafeMutablePointer<yaml_char_t>?
  ) -> Bool {
    guard depth < YAMLLimits.depth else { return refuseDepth(at: event) }
    guard !awaitsKey else {
      return refuseKey(at: event, shape == .mapping ? "a mapping" : "a list")
    }
    let index = add(shape)
    let record = records + index
    record.pointee.start = marks.place(event.pointee.start_mark)
    let end = marks.place(event.pointee.end_mark)
    if isFlow, anchor != nil || tag != nil { skipProperties(&record.pointee.start, end: end) }
    record.pointee.end = end.byte
    lastEnd = end.byte
    if depth == 1, shape == .mapping, top.isMapping, watch != nil {
      document.withText(index - 1) { watch?.opened(at: index, under: $0) }
    }
    frames.append(top)
    depth += 1
    top = Frame(record: index, isMapping: shape == .mapping, isFlow: isFlow)
    if isFlow { flowDepth += 1 }
    if let anchor {
      let name = String(cString: anchor)
      top.isAnchored = true
      openAnchors.append(name)
      anchors[name] = .open
      anchorCount += 1
    }
    if let tag { checkTag(tag, index) }
    return anchorCount <= YAMLLimits.anchors || refuseAnchors(at: event)
  }

  private mutating func close(_ event: Event) {
    guard depth > 0 else { return }
    let frame = top
    if frame.isFlow {
      flowDepth -= 1
      lastEnd = UInt32(truncatingIfNeeded: marks.byte(event.pointee.end_mark.index))
    }
    if depth <= 2 {
      let document = document
      watch?.closes(frame.record, in: document)
    }
    top = frames.removeLast()
    depth -= 1
    // libyaml ends a block where the next thing begins; ours ends with its last content.
    let record = records + frame.record
    record.pointee.end = lastEnd
    record.pointee.extent = UInt32(store.count - frame.record)
    record.pointee.count = UInt32(frame.children)
    if frame.isMapping, frame.children > 1 { refuseRepeatedKeys(of: frame.record) }
    if frame.isAnchored, let name = openAnchors.popLast() { anchors[name] = .node(frame.record) }
  }

  // MARK: Aliases

  private mutating func addAlias(_ event: Event) -> Bool {
    guard !awaitsKey else { return refuseKey(at: event, "an alias") }
    let name = event.pointee.data.alias.anchor.map { String(cString: $0) } ?? ""
    let target: Int
    switch anchors[name] {
    case .node(let index): target = index
    case .open:
      return refuseAlias(at: event, "\(quoted("*" + name)) stands inside the node that it names.")
    case nil:
      let names = anchors.keys.sorted()
      let hint = NearestName.question(name, in: names).map { " \($0)" } ?? ""
      return refuseAlias(
        at: event,
        "No anchor \(quoted("&" + name)) stands before this alias.\(hint)"
      )
    }
    let size = records[target].size
    cost += 2 * size
    guard cost <= YAMLLimits.events else { return refuseEvents(at: event) }
    let measure = measure(target)
    aliasText += measure.text
    guard aliasText <= YAMLLimits.aliasText else { return refuseAliasText(at: event) }
    guard depth + measure.height <= YAMLLimits.depth else { return refuseDepth(at: event) }
    let index = add(records[target].shape, style: records[target].style)
    // `add` may have moved the records.
    let copy = records + index
    copy.pointee.isInExtra = records[target].isInExtra
    copy.pointee.extent = records[target].extent
    copy.pointee.count = records[target].count
    copy.pointee.start = marks.place(event.pointee.start_mark)
    copy.pointee.end = UInt32(truncatingIfNeeded: marks.byte(event.pointee.end_mark.index))
    lastEnd = copy.pointee.end
    for offset in 1..<max(1, size) {
      addEmpty()
      records[index + offset] = records[target + offset]
    }
    return true
  }

  /// How many lists and mappings stand inside each other in a complete node, itself included, and
  /// how many bytes of text it has.
  private func measure(_ target: Int) -> (height: Int, text: Int) {
    guard records[target].shape != .scalar else { return (0, Int(records[target].count)) }
    var depths: [Int] = []
    var height = 0
    var text = 0
    for index in target..<target + records[target].size {
      let parent = index == target ? 0 : depths[index - target - Int(records[index].up)]
      let isScalar = records[index].shape == .scalar
      let depth = isScalar ? parent : parent + 1
      if isScalar { text += Int(records[index].count) }
      depths.append(depth)
      height = max(height, depth)
    }
    return (height, text)
  }
}

/// Tags with a meaning here, as libyaml resolves them.
enum YAMLTag {
  static let prefix = "tag:yaml.org,2002:"
  static let text = "tag:yaml.org,2002:str"
  static let none = "!"
}

extension YAMLScalarStyle {
  init(_ style: yaml_scalar_style_t) {
    self =
      switch style {
      case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
      case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
      case YAML_LITERAL_SCALAR_STYLE: .literal
      case YAML_FOLDED_SCALAR_STYLE: .folded
      default: .plain
      }
  }
}
