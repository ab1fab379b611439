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
  var diagnostics = Diagnostics()
  private(set) var records: ContiguousArray<Record> = []
  private(set) var extra: [UInt8] = []
  /// Whether the stream came to its end.
  private(set) var isFinished = false
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
      if written == .plain { checkPlainKey(index) }
    }
    checkTag(scalar.tag, index)
    if let anchor = scalar.anchor { anchors[String(cString: anchor)] = .node(index) }
    return true
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
    return source.bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return false }
      return memcmp(base + start, wanted, text.count) == 0
    }
  }

  /// Moves `start` behind anchor and tag, to the content or, where there is none, to `end`.
  ///
  /// Counts on from `start`: asking for the place of a byte would read its line from the beginning,
  /// and a line may be the whole file.
  private func skipProperties(_ start: inout YAMLDocument.Place, end: YAMLDocument.Place) {
    source.bytes.withUnsafeBufferPointer { bytes in
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
    return true
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

// MARK: - What is refused

extension TreeBuilder {
  private mutating func report(_ diagnostic: Diagnostic) {
    guard diagnostics.all.count < YAMLLimits.findings else { return }
    diagnostics.add(diagnostic)
  }

  private mutating func refuseEvents(at event: Event) -> Bool {
    report(
      Diagnostic(
        .yamlLimit,
        "The file holds more than \(YAMLLimits.events) values, counting what its aliases stand for "
          + "(deeply bracketed ones several times). Split it with `include:`.",
        at: span(event)
      )
    )
    return false
  }

  private mutating func refuseAliasText(at event: Event) -> Bool {
    report(
      Diagnostic(
        .yamlLimit,
        "What the aliases of this file stand for has more than \(YAMLLimits.aliasText) bytes of text.",
        at: span(event)
      )
    )
    return false
  }

  private mutating func refuseLongKey(at event: Event) -> Bool {
    let start = source.place(at: marks.byte(event.pointee.start_mark.index))
    report(
      Diagnostic(
        .yamlLimit,
        "This key has \(event.pointee.data.scalar.length) bytes; a key has at most "
          + "\(YAMLLimits.key). Check that the quotes and brackets before it are closed.",
        at: SourceSpan(file: source.name, start: start, end: start)
      )
    )
    return false
  }

  private mutating func refuseDepth(at event: Event) -> Bool {
    report(
      Diagnostic(
        .yamlLimit,
        "Lists and mappings stand more than \(YAMLLimits.depth) deep inside each other here.",
        at: span(event)
      )
    )
    return false
  }

  private mutating func refuseSecondDocument(at event: Event) -> Bool {
    report(
      Diagnostic(
        .yamlMultipleDocuments,
        "A second document begins here; one file is one document. Move it to a file of its own, or "
          + "remove the `---`.",
        at: span(event)
      )
    )
    isFinished = true
    return false
  }

  private mutating func refuseKey(at event: Event, _ what: String) -> Bool {
    // `{{ x }}` without quotes is the usual way to get here.
    report(
      Diagnostic(
        .yamlUnsupported,
        "The key of a mapping is \(what); keys must be text. A value that begins with `{`, `[` or "
          + "`*` needs quotes.",
        at: span(event)
      )
    )
    return false
  }

  private mutating func refuseAlias(at event: Event, _ detail: String) -> Bool {
    report(Diagnostic(.yamlSyntax, detail, at: span(event)))
    return false
  }

  private mutating func checkTag(_ tag: UnsafeMutablePointer<yaml_char_t>?, _ index: Int) {
    guard let tag, diagnostics.all.count < YAMLLimits.findings else { return }
    let name = String(cString: tag)
    guard name != YAMLTag.text, name != YAMLTag.none else { return }
    let shown =
      name.hasPrefix(YAMLTag.prefix) ? "!!" + name.dropFirst(YAMLTag.prefix.count) : name
    report(
      Diagnostic(
        .yamlUnsupported,
        "The tag \(quoted(shown)) is not read: the type of a value comes from its key. Remove the tag.",
        at: span(index)
      )
    )
  }

  /// Refuses merge keys and keys that are not there, and leaves their entries out of the tree.
  private mutating func checkPlainKey(_ index: Int) {
    let record = records[index]
    if record.count == 0 {
      report(Diagnostic(.yamlSyntax, "A key is missing before this `:`.", at: span(index)))
    } else if record.count == 2, text(of: index).elementsEqual([0x3C, 0x3C]) {
      report(
        Diagnostic(
          .yamlUnsupported,
          "The merge key `<<` is not read. Write the entries out, or use `groups:` for what nodes "
            + "have in common.",
          at: span(index)
        )
      )
    } else {
      return
    }
    records[index].isRepeated = true
  }

  private mutating func refuseRepeatedKeys(of mapping: Int) {
    let count = Int(records[mapping].count)
    guard count > 1 else { return }
    var keys: [Int] = []
    keys.reserveCapacity(count)
    var key = mapping + 1
    for _ in 0..<count {
      if !records[key].isRepeated { keys.append(key) }
      key += 1 + records[key + 1].size
    }
    for (first, second) in repeated(keys) {
      records[second].isRepeated = true
      guard diagnostics.all.count < YAMLLimits.findings else { continue }
      let name = quoted(String(decoding: text(of: second), as: UTF8.self))
      report(
        Diagnostic(
          .yamlDuplicateKey,
          "The key \(name) stands twice in this mapping, so one of its two values would be "
            + "ignored silently. Remove or rename one.",
          at: span(second),
          related: [RelatedSpan("\(name) stands here first", at: span(first))]
        )
      )
    }
  }

  /// Returns the first and the later place of every key that stands more than once.
  private func repeated(_ keys: [Int]) -> [(first: Int, second: Int)] {
    var found: [(Int, Int)] = []
    if keys.contains(where: { text(of: $0).contains { $0 >= 0x80 } }) { return repeatedTexts(keys) }
    guard keys.count > 8 else {
      for (position, second) in keys.enumerated() {
        let first = keys[..<position].first { text(of: $0).elementsEqual(text(of: second)) }
        if let first { found.append((first, second)) }
      }
      return found
    }
    // Seeded hashing: keys chosen to collide cannot make this slow.
    var seen: [KeyText: Int] = Dictionary(minimumCapacity: keys.count)
    for key in keys {
      if let first = seen.updateValue(key, forKey: KeyText(bytes: text(of: key))) {
        seen[KeyText(bytes: text(of: key))] = first
        found.append((first, key))
      }
    }
    return found
  }

  /// The same beyond ASCII, where one text has several spellings (Unicode's canonical equivalence): a
  /// dictionary of ours would take `é` and `e` with an accent for one key.
  private func repeatedTexts(_ keys: [Int]) -> [(first: Int, second: Int)] {
    var found: [(Int, Int)] = []
    var seen: [String: Int] = Dictionary(minimumCapacity: keys.count)
    for key in keys {
      let name = String(decoding: text(of: key), as: UTF8.self)
      if let first = seen[name] {
        found.append((first, key))
      } else {
        seen[name] = key
      }
    }
    return found
  }

  private func text(of index: Int) -> ArraySlice<UInt8> {
    let record = records[index]
    let start = Int(record.extent)
    return (record.isInExtra ? extra : source.bytes)[start..<start + Int(record.count)]
  }

  private func span(_ index: Int) -> SourceSpan { records[index].span(in: source) }

  private func span(_ event: Event) -> SourceSpan {
    SourceSpan(
      file: source.name,
      start: source.place(at: marks.byte(event.pointee.start_mark.index)),
      end: source.place(at: marks.byte(event.pointee.end_mark.index))
    )
  }
}

/// The bytes of a key, hashed as one block.
private struct KeyText: Hashable {
  let bytes: ArraySlice<UInt8>

  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  static func == (left: KeyText, right: KeyText) -> Bool {
    left.bytes.elementsEqual(right.bytes)
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
