internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

/// Takes typed values out of a YAML tree and reports what does not fit, with its place and the cure.
///
/// Every function returns nil after reporting, so that the caller goes on with the rest.
struct ScalarReader {
  var diagnostics = Diagnostics(limit: YAMLLimits.findings)

  /// What was found, with a last finding at `root` where the rest was only counted.
  func findings(about root: YAMLNode) -> Diagnostics {
    var result = Diagnostics()
    result.add(contentsOf: diagnostics)
    guard diagnostics.dropped > 0 else { return result }
    result.add(
      Diagnostic(
        .yamlLimit,
        "More than \(YAMLLimits.findings) mistakes stand in this file. The first are listed; mend "
          + "them and run again.",
        at: SourceSpan(file: root.span.file, start: root.span.start, end: root.span.start)
      )
    )
    return result
  }

  mutating func report(
    _ rule: Rule,
    _ node: YAMLNode,
    _ detail: String,
    suggestions: [Suggestion] = []
  ) {
    guard !diagnostics.isFull else { return diagnostics.drop() }
    diagnostics.add(
      Diagnostic(rule, detail, at: node.span, path: node.path, suggestions: suggestions)
    )
  }

  /// Reports a key that `what` does not have; returns the one that was probably meant, so that its
  /// absence is not reported as well.
  @discardableResult
  mutating func unknownKey(_ entry: YAMLEntry, of what: String, known: [String]) -> String? {
    guard !diagnostics.isFull else {
      diagnostics.drop()
      return NearestName.of(entry.key, in: known)
    }
    diagnostics.add(
      Diagnostic(
        .unknownKey,
        "\(what) has no key \(quoted(entry.key)). It knows \(Self.words(known)).",
        at: entry.keySpan,
        path: entry.path,
        suggestions: YAMLReader.schema.correction(of: entry.key, in: known, at: entry.keySpan)
      )
    )
    return NearestName.of(entry.key, in: known)
  }

  /// Reports a key of `what` that must be there; `example` is a line that would do.
  mutating func missingKey(
    _ key: String,
    of what: String,
    at span: SourceSpan,
    path: String,
    example: String? = nil,
    edits: [Suggestion.Edit] = []
  ) {
    guard !diagnostics.isFull else { return diagnostics.drop() }
    let line = example ?? Self.examples[key]
    diagnostics.add(
      Diagnostic(
        .missingKey,
        "\(what) has no `\(key)`; it must have one.",
        at: span,
        path: path,
        suggestions: line.map { [Suggestion("add `\($0)`", edits: edits)] } ?? []
      )
    )
  }

  /// Lines that would do for keys that must be there.
  private static let examples = [
    "address": "address: 10.0.0.1", "path": "path: ../checkout", "id": "id: gpu0",
    "vendor": "vendor: nvidia", "rule": "rule: unpinned-version",
    "because": "because: \"the reason, for whoever reads this in a year\"",
  ]

  /// The entries of a mapping; an absent value counts as an empty one.
  mutating func mapping(_ node: YAMLNode, _ what: String) -> [YAMLEntry]? {
    if node.isMapping {
      let entries = node.entries
      for entry in entries { YAMLReader.schema.warnIfAmbiguous(key: entry, into: &diagnostics) }
      return entries
    }
    if node.isNull { return [] }
    report(.wrongType, node, "\(what) must be a mapping (`key: value`), not \(node.kindName).")
    return nil
  }

  /// The items of a list; an absent value counts as an empty one.
  mutating func list(_ node: YAMLNode, _ what: String) -> [YAMLNode]? {
    if node.isSequence { return node.items }
    if node.isNull { return [] }
    let cure = node.text.flatMap { text -> Suggestion? in
      guard text.utf8.count <= 80 else { return nil }
      return Suggestion("write `[\(text)]`", edits: node.inBrackets.map { [$0] } ?? [])
    }
    report(
      .wrongType,
      node,
      "\(what) must be a list, not \(node.kindName).",
      suggestions: cure.map { [$0] } ?? []
    )
    return nil
  }

  /// A scalar's text.
  mutating func text(_ node: YAMLNode) -> String? {
    YAMLReader.schema.string(node, into: &diagnostics)
  }

  /// A scalar that satisfies `grammar`, which `form` describes.
  mutating func text(
    _ node: YAMLNode,
    _ what: String,
    form: String,
    _ grammar: (String) -> Bool
  ) -> String? {
    guard let text = YAMLReader.schema.anyText(node, into: &diagnostics) else { return nil }
    guard grammar(text) else {
      report(.invalidValue, node, "\(what) is \(quoted(text)); it must be \(form).")
      return nil
    }
    YAMLReader.schema.warnIfAmbiguous(node, text, into: &diagnostics)
    return text
  }

  /// One of `words`.
  mutating func word(_ node: YAMLNode, of words: [String]) -> String? {
    YAMLReader.schema.word(node, of: words, into: &diagnostics)
  }

  /// `true` or `false`.
  mutating func flag(_ node: YAMLNode) -> Bool? {
    YAMLReader.schema.bool(node, into: &diagnostics)
  }

  /// A whole number within `range`.
  mutating func number(_ node: YAMLNode, in range: ClosedRange<Int>) -> Int? {
    YAMLReader.schema.int(node, in: range, into: &diagnostics)
  }

  /// A size such as `6GiB`.
  mutating func size(_ node: YAMLNode, _ what: String) -> ByteCount? {
    guard let text = YAMLReader.schema.anyText(node, into: &diagnostics) else { return nil }
    guard let size = ByteCount(text), size.bytes > 0 else {
      report(.invalidValue, node, "\(what) is \(quoted(text)); it must be a size such as `6GiB`.")
      return nil
    }
    return size
  }

  /// A duration such as `30s`.
  mutating func span(_ node: YAMLNode, _ what: String) -> TimeSpan? {
    guard let text = YAMLReader.schema.anyText(node, into: &diagnostics) else { return nil }
    guard let span = TimeSpan(text), span.milliseconds > 0 else {
      report(
        .invalidValue,
        node,
        "\(what) is \(quoted(text)); it must be a duration such as `30s`."
      )
      return nil
    }
    return span
  }

  /// `a`, `b` and `c`, each in backticks.
  static func words(_ names: [String]) -> String {
    let quoted = names.map { "`\($0)`" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "nothing" }
    return quoted.dropLast().joined(separator: ", ") + " and " + last
  }
}

extension YAMLNode {
  /// The edit that makes a list of one item out of text on one line; nil for other text, and where a
  /// plain text would be read differently between brackets.
  fileprivate var inBrackets: Suggestion.Edit? {
    let span = span
    guard span.start.line == span.end.line, let text else { return nil }
    if style == .plain, text.utf8.contains(where: { ",[]{}#".utf8.contains($0) }) { return nil }
    let written = source.bytes[span.start.byte..<span.end.byte]
    return .init(replace: span, with: "[" + String(decoding: written, as: UTF8.self) + "]")
  }
}
