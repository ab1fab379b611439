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
  struct Frame {
    let record: Int
    let isMapping: Bool
    let isFlow: Bool
    let anchor: String?
    var children = 0
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
  /// Those of `source`, at hand.
  let bytes: [UInt8]
  let isASCII: Bool
  var diagnostics = Diagnostics()
  var records: ContiguousArray<Record> = []
  private(set) var extra: [UInt8] = []
  /// Whether the stream came to its end.
  var isFinished = false
  private var frames: [Frame] = []
  private var anchors: [String: Anchor] = [:]
  private var flowDepth = 0
  private var cost = 0
  private var aliasText = 0
  private var documents = 0
  /// Where the latest complete node ends.
  private var lastEnd: UInt32 = 0

  init(source: SourceText, isASCII: Bool) {
    self.source = source
    self.isASCII = isASCII
    bytes = source.bytes
    marks = MarkIndex(source, isASCII: isASCII)
    // Two bytes are about the least that a node takes. Untouched memory of the reserve costs nothing.
    records.reserveCapacity(min(YAMLLimits.events, source.bytes.count / 2 + 16))
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
    guard let frame = frames.last else { return false }
    return frame.isMapping && !frame.awaitsValue
  }

  /// Counts `record` as a child of the innermost open node and appends it.
  private mutating func append(_ record: Record) -> Int {
    var record = record
    let index = records.count
    if let top = frames.indices.last {
      record.up = UInt32(index - frames[top].record)
      if frames[top].isMapping {
        record.isKey = !frames[top].awaitsValue
        if record.isKey { frames[top].children += 1 }
        frames[top].awaitsValue.toggle()
      } else {
        record.ordinal = frames[top].children
        frames[top].children += 1
      }
    }
    lastEnd = record.end
    records.append(record)
    return index
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
    var record = Record(.scalar, style: style.rawValue)
    record.start = start
    record.end = end
    setText(&record, UnsafeBufferPointer(start: scalar.value, count: scalar.length), written)
    let index = append(record)
    if records[index].isKey {
      guard scalar.length <= YAMLLimits.key else { return refuseLongKey(at: event) }
      guard frames[frames.count - 1].children <= YAMLLimits.entries else {
        return refuseEntries(at: event)
      }
      if written == .plain { checkPlainKey(index) }
    }
    checkTag(scalar.tag, index)
    guard let anchor = scalar.anchor else { return true }
    anchors[String(cString: anchor)] = .node(index)
    return anchors.count <= YAMLLimits.anchors || refuseAnchors(at: event)
  }

  /// Points `record` at its text in the source where it stands there letter by letter, else copies.
  private mutating func setText(
    _ record: inout Record,
    _ text: UnsafeBufferPointer<UInt8>,
    _ style: YAMLScalarStyle
  ) {
    let quotes = style == .singleQuoted || style == .doubleQuoted ? 1 : 0
    let start = Int(record.start.byte) + quotes
    let end = Int(record.end) - quotes
    record.count = UInt32(text.count)
    if end - start == text.count, stands(text, at: start) {
      record.extent = UInt32(start)
    } else {
      record.extent = UInt32(extra.count)
      record.isInExtra = true
      extra.append(contentsOf: text)
    }
  }

  private func stands(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    guard let wanted = text.baseAddress, !text.isEmpty else { return true }
    return bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return false }
      return memcmp(base + start, wanted, text.count) == 0
    }
  }

  /// Moves `start` behind anchor and tag, to the content or, where there is none, to `end`.
  ///
  /// Counts on from `start`: asking for the place of a byte would read its line from the beginning,
  /// and a line may be the whole file.
  private func skipProperties(_ start: inout YAMLDocument.Place, end: YAMLDocument.Place) {
    bytes.withUnsafeBufferPointer { bytes in
      var cursor = PropertyCursor(place: start, bytes: bytes, limit: Int(end.byte))
      cursor.skip()
      start = cursor.isAtLimit ? end : cursor.place
    }
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
    guard frames.count < YAMLLimits.depth else { return refuseDepth(at: event) }
    guard !awaitsKey else {
      return refuseKey(at: event, shape == .mapping ? "a mapping" : "a list")
    }
    var record = Record(shape)
    record.start = marks.place(event.pointee.start_mark)
    let end = marks.place(event.pointee.end_mark)
    record.end = end.byte
    if isFlow, anchor != nil || tag != nil { skipProperties(&record.start, end: end) }
    let index = append(record)
    let name = anchor.map { String(cString: $0) }
    frames.append(
      Frame(record: index, isMapping: shape == .mapping, isFlow: isFlow, anchor: name)
    )
    if isFlow { flowDepth += 1 }
    if let name { anchors[name] = .open }
    checkTag(tag, index)
    return anchors.count <= YAMLLimits.anchors || refuseAnchors(at: event)
  }

  private mutating func close(_ event: Event) {
    guard let frame = frames.popLast() else { return }
    if frame.isFlow {
      flowDepth -= 1
      lastEnd = UInt32(truncatingIfNeeded: marks.byte(event.pointee.end_mark.index))
    }
    // libyaml ends a block where the next thing begins; ours ends with its last content.
    records[frame.record].end = lastEnd
    records[frame.record].extent = UInt32(records.count - frame.record)
    records[frame.record].count = UInt32(frame.children)
    if frame.isMapping { refuseRepeatedKeys(of: frame.record) }
    if let anchor = frame.anchor { anchors[anchor] = .node(frame.record) }
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
    guard frames.count + measure.height <= YAMLLimits.depth else { return refuseDepth(at: event) }
    var copy = records[target]
    copy.start = marks.place(event.pointee.start_mark)
    copy.end = UInt32(truncatingIfNeeded: marks.byte(event.pointee.end_mark.index))
    _ = append(copy)
    for offset in 1..<max(1, size) { records.append(records[target + offset]) }
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
