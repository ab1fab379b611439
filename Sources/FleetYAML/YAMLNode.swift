package import FleetDiagnostics

/// How a scalar was written.
package enum YAMLScalarStyle: UInt32, Hashable, Sendable {
  case plain, singleQuoted, doubleQuoted, literal, folded
}

/// A value of a YAML file with its place: a handle into the document, cheap to copy.
///
/// Scalars are text and nothing else: `no`, `0644`, `1.10` and `12:30:45` stay what was written until
/// a schema asks for a type (`YAMLReader`).
package struct YAMLNode: Sendable {
  let document: YAMLDocument
  let index: Int

  /// What a node is.
  package enum Kind: Sendable {
    /// Text after unquoting, unfolding and unescaping.
    case scalar(String, style: YAMLScalarStyle)
    /// The items in order.
    case sequence([YAMLNode])
    /// The entries in order; a repeated key (an error already) is left out.
    case mapping([YAMLEntry])
  }

  /// What the node is; builds an array for lists and mappings, so ask once.
  package var kind: Kind {
    switch record.shape {
    case .scalar: .scalar(document.text(index), style: style)
    case .sequence: .sequence(items)
    case .mapping: .mapping(entries)
    }
  }

  /// Where the value stands, up to its last character that is no white space or comment.
  ///
  /// Quotes and brackets belong to it. The value of an alias stands at the alias, what is in it at
  /// the anchor.
  package var span: SourceSpan { document.span(index) }

  /// The way to the node as a JSON pointer (RFC 6901): `/nodes/web-1/roles/0`; empty for the root.
  package var path: String { document.path(index) }

  /// The text the node comes from.
  package var source: SourceText { document.source }

  /// The text of a scalar, absent for lists and mappings.
  package var text: String? { record.shape == .scalar ? document.text(index) : nil }

  /// How a scalar was written; `plain` for lists and mappings.
  package var style: YAMLScalarStyle { YAMLScalarStyle(rawValue: record.style) ?? .plain }

  /// Whether nothing is there: an empty plain scalar, `~` or `null`.
  package var isNull: Bool {
    guard record.shape == .scalar, style == .plain, record.count <= 4 else { return false }
    if record.count == 0 { return true }
    let text = document.text(index)
    return text == "~" || text == "null" || text == "Null" || text == "NULL"
  }

  /// Whether `*name` stands there: what would be changed there is another node's text.
  var isAlias: Bool {
    let start = Int(record.start.byte)
    return start < source.bytes.count && source.bytes[start] == 0x2A
  }

  /// Whether the node is a mapping.
  package var isMapping: Bool { record.shape == .mapping }

  /// Whether the node is a list.
  package var isSequence: Bool { record.shape == .sequence }

  /// What the node is, for messages: "a mapping", "a list", "text", "nothing".
  package var kindName: String {
    switch record.shape {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .scalar: isNull ? "nothing" : "text"
    }
  }

  /// The items of a list in order; empty for everything else.
  package var items: [YAMLNode] {
    guard record.shape == .sequence else { return [] }
    var items: [YAMLNode] = []
    items.reserveCapacity(Int(record.count))
    var child = index + 1
    for _ in 0..<record.count {
      items.append(YAMLNode(document: document, index: child))
      child += document.records[child].size
    }
    return items
  }

  /// The entries of a mapping in order, without repeated keys; empty for everything else.
  package var entries: [YAMLEntry] {
    guard record.shape == .mapping else { return [] }
    var entries: [YAMLEntry] = []
    entries.reserveCapacity(Int(record.count))
    forEachKey { key in
      entries.append(YAMLEntry(document: document, keyIndex: key))
      return true
    }
    return entries
  }

  /// Returns the entry of a mapping with `key`; walks the mapping, so for a table that is looked
  /// up often build a dictionary of `entries`.
  package func entry(_ key: String) -> YAMLEntry? {
    guard record.shape == .mapping else { return nil }
    var found: YAMLEntry?
    var key = key
    key.withUTF8 { wanted in
      forEachKey { candidate in
        guard Int(document.records[candidate].count) == wanted.count,
          document.withText(candidate, { $0.elementsEqual(wanted) })
        else { return true }
        found = YAMLEntry(document: document, keyIndex: candidate)
        return false
      }
    }
    return found
  }

  /// Returns the value of a mapping under `key`.
  package subscript(_ key: String) -> YAMLNode? { entry(key)?.value }

  private var record: YAMLDocument.Record { document.records[index] }

  private func forEachKey(_ body: (Int) -> Bool) {
    var child = index + 1
    for _ in 0..<record.count {
      let isRepeated = document.records[child].isRepeated
      if !isRepeated, !body(child) { return }
      child += 1 + document.records[child + 1].size
    }
  }
}

/// One entry of a mapping.
package struct YAMLEntry: Sendable {
  let document: YAMLDocument
  let keyIndex: Int

  /// The key's text, unquoted.
  package var key: String { document.text(keyIndex) }

  /// Where the key stands, quotes included.
  package var keySpan: SourceSpan { document.span(keyIndex) }

  /// How the key was written.
  package var keyStyle: YAMLScalarStyle { YAMLNode(document: document, index: keyIndex).style }

  /// The value.
  package var value: YAMLNode { YAMLNode(document: document, index: keyIndex + 1) }

  /// The way to the value as a JSON pointer.
  package var path: String { document.path(keyIndex) }
}
