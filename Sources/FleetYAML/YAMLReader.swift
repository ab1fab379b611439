package import FleetDiagnostics

/// Turns nodes into the types that a schema asks for; what does not fit is reported and left out.
///
/// Every function returns nothing exactly when it has reported an error. Messages name the key that
/// holds the value, so callers need to say nothing.
package struct YAMLReader: Sendable {
  /// Rule for another kind of value than wanted.
  package let wrongType: Rule
  /// Rule for a value of the right kind that is not allowed.
  package let invalidValue: Rule
  /// Rule for a key that the schema does not know.
  package let unknownKey: Rule
  /// Rule for a key that must be there.
  package let missingKey: Rule

  /// A reader that reports under the rules of FLT2xxx, or under others: role parameters are all
  /// `parameter-invalid`.
  package init(
    wrongType: Rule = .wrongType,
    invalidValue: Rule = .invalidValue,
    unknownKey: Rule = .unknownKey,
    missingKey: Rule = .missingKey
  ) {
    self.wrongType = wrongType
    self.invalidValue = invalidValue
    self.unknownKey = unknownKey
    self.missingKey = missingKey
  }

  /// The reader of files of ours.
  package static let schema = YAMLReader()

  /// The reader of role parameters: everything is `parameter-invalid`.
  package static let parameters = YAMLReader(
    wrongType: .parameterInvalid,
    invalidValue: .parameterInvalid,
    unknownKey: .parameterInvalid,
    missingKey: .parameterInvalid
  )

  // MARK: Scalars

  /// Returns the text of a scalar as written; an empty one only if it is in quotes.
  ///
  /// Text that other tools take for a number, a date or a truth value is reported as
  /// `yaml-ambiguous-scalar`, a warning.
  package func string(_ node: YAMLNode, into diagnostics: inout Diagnostics) -> String? {
    guard let text = anyText(node, into: &diagnostics) else { return nil }
    warnIfAmbiguous(node, text, into: &diagnostics)
    return text
  }

  /// Returns the text of a scalar as written, for whoever decides later what it is.
  package func anyText(_ node: YAMLNode, into diagnostics: inout Diagnostics) -> String? {
    guard !node.isNull, let text = node.text else {
      reportKind(node, wanted: "text", into: &diagnostics)
      return nil
    }
    return text
  }

  /// Returns an integer in decimal digits without quotes, within `range`.
  ///
  /// A leading zero is refused, because other YAML tools read it as octal.
  package func int(
    _ node: YAMLNode,
    in range: ClosedRange<Int> = .min ... .max,
    into diagnostics: inout Diagnostics
  ) -> Int? {
    guard let text = node.text, !node.isNull, node.style == .plain, isDecimal(text) else {
      reportKind(
        node,
        wanted: "a whole number",
        suggestions: decimal(node),
        into: &diagnostics
      )
      return nil
    }
    let digits = text.drop { $0 == "-" }
    guard digits.count == 1 || digits.first != "0", let number = Int(text) else {
      let why = digits.first == "0" ? "has a leading zero" : "is too large"
      invalid(node, "\(quoted(text)) \(why).", suggestions: decimal(node), into: &diagnostics)
      return nil
    }
    guard range.contains(number) else {
      invalid(node, "\(quoted(text)) is not \(words(for: range)).", into: &diagnostics)
      return nil
    }
    return number
  }

  /// Returns `true` or `false`, written so and without quotes; `yes`, `on` and the like are refused.
  package func bool(_ node: YAMLNode, into diagnostics: inout Diagnostics) -> Bool? {
    guard node.style == .plain, let text = node.text else {
      reportKind(node, wanted: "`true` or `false`", into: &diagnostics)
      return nil
    }
    switch text {
    case "true": return true
    case "false": return false
    default:
      let meant: String? =
        switch text.lowercased() {
        case "yes", "on", "true", "y", "1": "true"
        case "no", "off", "false", "n", "0": "false"
        default: nil
        }
      guard let meant else {
        reportKind(node, wanted: "`true` or `false`", into: &diagnostics)
        return nil
      }
      invalid(
        node,
        "\(quoted(text)) is not `true` or `false`.",
        suggestions: [
          Suggestion("write `\(meant)`", edits: [.init(replace: node.span, with: meant)])
        ],
        into: &diagnostics
      )
      return nil
    }
  }

  /// Returns a word out of `words`, which stand in the order in which messages name them.
  package func word(
    _ node: YAMLNode,
    of words: [String],
    into diagnostics: inout Diagnostics
  ) -> String? {
    guard let text = anyText(node, into: &diagnostics) else { return nil }
    if words.contains(text) {
      warnIfAmbiguous(node, text, into: &diagnostics)
      return text
    }
    let list = words.map { "`\($0)`" }.joined(separator: ", ")
    invalid(
      node,
      "\(quoted(text)) is none of \(list).",
      suggestions: correction(of: text, in: words, at: node.span),
      into: &diagnostics
    )
    return nil
  }

  // MARK: Lists and mappings

  /// Returns the items of a list; nothing at all (`key:`) is refused, `[]` is an empty list.
  package func list(_ node: YAMLNode, into diagnostics: inout Diagnostics) -> [YAMLNode]? {
    guard node.isSequence else {
      reportKind(node, wanted: "a list", into: &diagnostics)
      return nil
    }
    return node.items
  }

  /// Returns the texts of a list; items that are no text are reported and left out.
  package func stringList(_ node: YAMLNode, into diagnostics: inout Diagnostics) -> [String]? {
    guard let items = list(node, into: &diagnostics) else { return nil }
    return items.compactMap { string($0, into: &diagnostics) }
  }

  /// Returns the entries of a mapping with names of the user's own; nothing at all is refused.
  package func entries(_ node: YAMLNode, into diagnostics: inout Diagnostics) -> [YAMLEntry]? {
    guard node.isMapping else {
      reportKind(node, wanted: "a mapping", into: &diagnostics)
      return nil
    }
    return node.entries
  }

  /// Returns the fields of a mapping with fixed keys.
  ///
  /// `what` names it for messages: "a node". Unknown keys are reported with the nearest known one,
  /// missing keys of `required` one by one; the fields come back all the same.
  package func requireMapping(
    _ node: YAMLNode,
    of what: String,
    allowedKeys: [String],
    required: [String] = [],
    into diagnostics: inout Diagnostics
  ) -> YAMLFields? {
    guard let entries = entries(node, into: &diagnostics) else { return nil }
    var known: [String: YAMLEntry] = [:]
    for entry in entries {
      let key = entry.key
      if allowedKeys.contains(key) {
        known[key] = entry
      } else {
        reportUnknown(entry, of: what, allowedKeys, into: &diagnostics)
      }
    }
    for key in required where known[key] == nil {
      diagnostics.add(
        Diagnostic(
          missingKey,
          "`\(key)` is missing in \(what).",
          at: node.headSpan,
          path: node.path
        )
      )
    }
    return YAMLFields(node: node, reader: self, known: known)
  }

  // MARK: Reports

  /// Reports that `node` is not `wanted` ("text", "a list of roles").
  package func reportKind(
    _ node: YAMLNode,
    wanted: String,
    suggestions: [Suggestion] = [],
    into diagnostics: inout Diagnostics
  ) {
    guard !diagnostics.isFull else { return diagnostics.drop() }
    var found = node.kindName
    if let text = node.text, !node.isNull {
      found = node.style == .plain ? quoted(text) : "text in quotes"
    }
    diagnostics.add(
      Diagnostic(
        wrongType,
        "\(node.subject.startingSentence) must be \(wanted), but \(found) stands here.",
        at: node.isNull ? node.headSpan : node.span,
        path: node.path,
        suggestions: suggestions + quotedNull(node, wanted)
      )
    )
  }

  /// Reports that the value of `node` is not allowed; `why` is a sentence.
  package func invalid(
    _ node: YAMLNode,
    _ why: String,
    suggestions: [Suggestion] = [],
    into diagnostics: inout Diagnostics
  ) {
    guard !diagnostics.isFull else { return diagnostics.drop() }
    diagnostics.add(
      Diagnostic(
        invalidValue,
        "\(node.subject.startingSentence): \(why)",
        at: node.span,
        path: node.path,
        suggestions: suggestions
      )
    )
  }

  /// Returns the suggestion to write the nearest of `names` at `span`, or none.
  package func correction(
    of word: String,
    in names: [String],
    at span: SourceSpan
  ) -> [Suggestion] {
    guard let name = NearestName.of(word, in: names) else { return [] }
    return [Suggestion("did you mean `\(name)`?", edits: [.init(replace: span, with: name)])]
  }

  private func reportUnknown(
    _ entry: YAMLEntry,
    of what: String,
    _ allowed: [String],
    into diagnostics: inout Diagnostics
  ) {
    guard !diagnostics.isFull else { return diagnostics.drop() }
    let suggestions = correction(of: entry.key, in: allowed, at: entry.keySpan)
    let known = allowed.sorted().map { "`\($0)`" }.joined(separator: ", ")
    diagnostics.add(
      Diagnostic(
        unknownKey,
        "\(quoted(entry.key)) is not a key of \(what). Known are \(known).",
        at: entry.keySpan,
        path: entry.path,
        suggestions: suggestions
      )
    )
  }

  private func isDecimal(_ text: String) -> Bool {
    let digits = text.utf8.first == 0x2D ? text.utf8.dropFirst() : text.utf8[...]
    return !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
  }

  private func words(for range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (let lower, .max): "at least \(lower)"
    case (.min, let upper): "at most \(upper)"
    case (let lower, let upper): "between \(lower) and \(upper)"
    }
  }
}

extension YAMLNode {
  /// Where to point when the node as a whole is meant: its key, or its beginning.
  package var headSpan: SourceSpan {
    if let keySpan { return keySpan }
    let span = span
    guard span.end.line > span.start.line else { return span }
    let line = source.lineBytes(span.start.line)
    return SourceSpan(file: span.file, start: span.start, end: source.place(at: line.upperBound))
  }

  /// Where the key of the node stands, absent for items of a list and the root.
  package var keySpan: SourceSpan? {
    let up = Int(document.records[index].up)
    guard up > 0, document.records[index - up].shape == .mapping else { return nil }
    return document.span(index - 1)
  }

  /// The node as the subject of a sentence: "`port`", "an item of `roles`", "the file".
  package var subject: String {
    let up = Int(document.records[index].up)
    guard up > 0 else { return "the file" }
    if document.records[index - up].shape == .mapping { return quoted(document.text(index - 1)) }
    return "an item of \(YAMLNode(document: document, index: index - up).subject)"
  }
}

extension String {
  /// The text with a capital letter in front, ASCII only.
  fileprivate var startingSentence: String {
    guard let first, first.isASCII else { return self }
    return first.uppercased() + dropFirst()
  }
}
