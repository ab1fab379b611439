internal import FleetDiagnostics
internal import FleetModel
internal import FleetRender
internal import FleetYAML

/// Reads typed values of role.yaml; what does not fit is reported at its place and left out.
struct RoleReader {
  var diagnostics = Diagnostics()
  /// Every expression read so far with what its place takes, for `ExpressionChecks`.
  private(set) var expressions: [RoleExpression] = []
  private let reader = YAMLReader.schema

  // MARK: mappings and lists

  /// The fields of one item; `when` is a key of every item.
  mutating func item(
    _ node: YAMLNode,
    of what: String,
    _ keys: [String],
    required: [String] = []
  ) -> YAMLFields? {
    fields(node, of: what, keys + (keys.contains("when") ? [] : ["when"]), required: required)
  }

  /// The fields of a mapping that is no item of a list and has no `when`.
  mutating func mapping(
    _ fields: YAMLFields,
    _ key: String,
    of what: String,
    _ keys: [String],
    required: [String] = []
  ) -> YAMLFields? {
    guard let node = fields[key], !node.isNull else { return nil }
    return self.fields(node, of: what, keys, required: required)
  }

  mutating func root(_ node: YAMLNode, _ keys: [String], required: [String]) -> YAMLFields? {
    fields(node, of: "a role", keys, required: required)
  }

  /// The fields of a mapping; a required key that stands there without a value is missing too.
  private mutating func fields(
    _ node: YAMLNode,
    of what: String,
    _ keys: [String],
    required: [String]
  ) -> YAMLFields? {
    let fields = reader.requireMapping(
      node,
      of: what,
      allowedKeys: keys,
      required: required,
      into: &diagnostics
    )
    for key in required {
      guard let value = fields?[key], value.isNull else { continue }
      diagnostics.add(
        Diagnostic(
          .missingKey,
          "`\(key)` has no value in \(what).",
          at: value.headSpan,
          path: value.path
        )
      )
    }
    return fields
  }

  /// The items of the list under `key`, each read by `body`; nothing under `key` is an empty list.
  mutating func each<Item>(
    _ fields: YAMLFields,
    _ key: String,
    _ body: (inout RoleReader, YAMLNode) -> Item?
  ) -> [Item] {
    guard let node = fields[key], !node.isNull else { return [] }
    return (reader.list(node, into: &diagnostics) ?? []).compactMap { body(&self, $0) }
  }

  /// The entries of the mapping under `key`, in the order written.
  mutating func entries(_ fields: YAMLFields, _ key: String) -> [YAMLEntry] {
    guard let node = fields[key], !node.isNull else { return [] }
    return reader.entries(node, into: &diagnostics) ?? []
  }

  // MARK: plain values

  mutating func string(_ fields: YAMLFields, _ key: String) -> String? {
    guard let node = fields[key], !node.isNull else { return nil }
    return reader.string(node, into: &diagnostics)
  }

  mutating func string(_ node: YAMLNode) -> String? { reader.string(node, into: &diagnostics) }

  mutating func strings(_ fields: YAMLFields, _ key: String) -> [String] {
    each(fields, key) { $0.string($1) }
  }

  mutating func flag(_ fields: YAMLFields, _ key: String, else value: Bool) -> Bool {
    fields.bool(key, into: &diagnostics) ?? value
  }

  mutating func int(
    _ fields: YAMLFields,
    _ key: String,
    in range: ClosedRange<Int>,
    else value: Int
  ) -> Int {
    fields.int(key, in: range, into: &diagnostics) ?? value
  }

  /// The whole numbers of a list, or one that stands alone.
  mutating func ints(
    _ fields: YAMLFields,
    _ key: String,
    in range: ClosedRange<Int>,
    else value: [Int]
  ) -> [Int] {
    guard let node = fields[key] else { return value }
    let items = node.isSequence ? node.items : [node]
    return items.compactMap { reader.int($0, in: range, into: &diagnostics) }
  }

  mutating func word<Word: RawRepresentable & CaseIterable>(
    _ fields: YAMLFields,
    _ key: String,
    else value: Word
  ) -> Word where Word.RawValue == String {
    let words = Word.allCases.map(\.rawValue)
    guard fields[key] != nil else { return value }
    return fields.word(key, of: words, into: &diagnostics).flatMap { Word(rawValue: $0) } ?? value
  }

  /// Permission bits in octal digits, `0640`.
  mutating func mode(_ fields: YAMLFields, _ key: String, else value: Int) -> Int {
    guard let node = fields[key], let text = reader.string(node, into: &diagnostics) else {
      return value
    }
    guard (3...4).contains(text.utf8.count), let mode = Int(text, radix: 8), mode >= 0,
      text.utf8.allSatisfy({ (0x30...0x37).contains($0) })
    else {
      invalid(node, "`\(text)` is no mode of three or four octal digits such as `\"0640\"`.")
      return value
    }
    return mode
  }

  mutating func duration(_ fields: YAMLFields, _ key: String, else value: TimeSpan) -> TimeSpan {
    guard let node = fields[key], let text = reader.string(node, into: &diagnostics) else {
      return value
    }
    guard let span = TimeSpan(text) else {
      invalid(node, "`\(text)` is no duration such as `30s` or `20m`.")
      return value
    }
    return span
  }

  mutating func invalid(_ node: YAMLNode, _ why: String, suggestions: [Suggestion] = []) {
    reader.invalid(node, why, suggestions: suggestions, into: &diagnostics)
  }

  // MARK: templates

  mutating func when(_ fields: YAMLFields) -> Expression? {
    guard let node = fields["when"], let text = reader.anyText(node, into: &diagnostics) else {
      return nil
    }
    let when = Expression.parse(text, span: node.span, in: node.source, into: &diagnostics)
    if let when { expressions.append(.condition(when)) }
    return when
  }

  mutating func text(_ node: YAMLNode, as wanted: WantedType = .text) -> TemplateText? {
    // Directives, words and values of whatever type: `true` and `0` are as good as text there.
    guard let text = reader.anyText(node, into: &diagnostics) else { return nil }
    let parsed = TemplateText.parse(text, span: node.span, in: node.source, into: &diagnostics)
    if let parsed, parsed.literal == nil { expressions.append(.text(parsed, wanted)) }
    return parsed
  }

  mutating func text(
    _ fields: YAMLFields,
    _ key: String,
    as wanted: WantedType = .text
  ) -> TemplateText? {
    guard let node = fields[key], !node.isNull else { return nil }
    return text(node, as: wanted)
  }

  mutating func text(_ fields: YAMLFields, _ key: String, else value: String) -> TemplateText {
    text(fields, key) ?? TemplateText(literal: value, span: fields.node.span)
  }

  /// The texts of a list, or one that stands alone (a list-valued expression mostly).
  mutating func texts(_ fields: YAMLFields, _ key: String) -> [TemplateText] {
    guard let node = fields[key], !node.isNull else { return [] }
    return texts(node)
  }

  mutating func texts(_ node: YAMLNode) -> [TemplateText] {
    (node.isSequence ? node.items : [node]).compactMap { text($0, as: .texts) }
  }

  mutating func value(_ node: YAMLNode, as wanted: WantedType = .any) -> TemplateValue? {
    switch node.kind {
    case .sequence(let items): return .list(items.compactMap { value($0, as: wanted) })
    case .mapping(let entries): return .map(values(entries, as: wanted))
    case .scalar: return text(node, as: wanted).map { .text($0) }
    }
  }

  mutating func values(_ entries: [YAMLEntry], as wanted: WantedType = .any) -> [TemplateEntry] {
    entries.compactMap { entry in
      value(entry.value, as: wanted).map {
        TemplateEntry(key: entry.key, span: entry.keySpan, value: $0)
      }
    }
  }

  // MARK: parts that several items have

  mutating func onChange(_ fields: YAMLFields) -> OnChange {
    let keys = ["restart", "reload"]
    guard let inner = mapping(fields, "on_change", of: "`on_change`", keys) else { return .nothing }
    return OnChange(restart: texts(inner, "restart"), reload: texts(inner, "reload"))
  }
}
