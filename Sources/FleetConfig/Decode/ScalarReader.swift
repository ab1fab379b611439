internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

/// Takes typed values out of a YAML tree and reports what does not fit, with its place and the cure.
///
/// Every function returns nil after reporting, so that the caller goes on with the rest.
struct ScalarReader {
  var diagnostics = Diagnostics()

  mutating func report(
    _ rule: Rule,
    _ node: YAMLNode,
    _ detail: String,
    suggestions: [Suggestion] = []
  ) {
    diagnostics.add(
      Diagnostic(rule, detail, at: node.span, path: node.path, suggestions: suggestions)
    )
  }

  /// Reports a key that `what` does not have.
  mutating func unknownKey(_ entry: YAMLEntry, of what: String, known: [String]) {
    let nearest = NearestName.of(entry.key, in: known)
    let hint = nearest.map { " Did you mean `\($0)`?" } ?? ""
    diagnostics.add(
      Diagnostic(
        .unknownKey,
        "\(what) has no key `\(entry.key)`.\(hint) It knows \(Self.words(known)).",
        at: entry.keySpan,
        path: entry.path,
        suggestions: nearest.map {
          [Suggestion("Write `\($0)`.", edits: [.init(replace: entry.keySpan, with: $0)])]
        } ?? []
      )
    )
  }

  /// Reports a key of `what` that must be there.
  mutating func missingKey(_ key: String, of what: String, at span: SourceSpan, path: String) {
    diagnostics.add(
      Diagnostic(.missingKey, "\(what) has no `\(key)`; it must have one.", at: span, path: path)
    )
  }

  /// The entries of a mapping; an absent value counts as an empty one.
  mutating func mapping(_ node: YAMLNode, _ what: String) -> [YAMLEntry]? {
    if node.isMapping { return node.entries }
    if node.isNull { return [] }
    report(.wrongType, node, "\(what) must be a mapping (`key: value`), not \(node.kindName).")
    return nil
  }

  /// The items of a list; an absent value counts as an empty one.
  mutating func list(_ node: YAMLNode, _ what: String) -> [YAMLNode]? {
    if node.isSequence { return node.items }
    if node.isNull { return [] }
    let cure = node.text.map { " Write `[\($0)]`." } ?? ""
    report(.wrongType, node, "\(what) must be a list, not \(node.kindName).\(cure)")
    return nil
  }

  /// A scalar's text.
  mutating func text(_ node: YAMLNode, _ what: String) -> String? {
    guard let text = node.text, !node.isNull else {
      report(.wrongType, node, "\(what) must be a text, not \(node.kindName).")
      return nil
    }
    return text
  }

  /// A scalar that satisfies `grammar`, which `form` describes.
  mutating func text(
    _ node: YAMLNode,
    _ what: String,
    form: String,
    _ grammar: (String) -> Bool
  ) -> String? {
    guard let text = text(node, what) else { return nil }
    guard grammar(text) else {
      report(.invalidValue, node, "\(what) is `\(text)`; it must be \(form).")
      return nil
    }
    return text
  }

  /// One of `words`.
  mutating func word(_ node: YAMLNode, _ what: String, of words: [String]) -> String? {
    guard let text = text(node, what) else { return nil }
    guard words.contains(text) else {
      let nearest = NearestName.of(text, in: words)
      let hint = nearest.map { " Did you mean `\($0)`?" } ?? ""
      report(
        .invalidValue,
        node,
        "\(what) is `\(text)`; it must be one of \(Self.words(words)).\(hint)",
        suggestions: nearest.map {
          [Suggestion("Write `\($0)`.", edits: [.init(replace: node.span, with: $0)])]
        } ?? []
      )
      return nil
    }
    return text
  }

  /// `true` or `false`.
  mutating func flag(_ node: YAMLNode, _ what: String) -> Bool? {
    switch node.text {
    case "true": return true
    case "false": return false
    default:
      let given = node.isNull ? "nothing" : node.text.map { "`\($0)`" } ?? node.kindName
      report(.wrongType, node, "\(what) must be `true` or `false`, not \(given).")
      return nil
    }
  }

  /// A whole number within `range`.
  mutating func number(_ node: YAMLNode, _ what: String, in range: ClosedRange<Int>) -> Int? {
    guard let text = node.text, let number = Int(text), String(number) == text else {
      let given = node.isNull ? "nothing" : node.text.map { "`\($0)`" } ?? node.kindName
      report(.wrongType, node, "\(what) must be a whole number, not \(given).")
      return nil
    }
    guard range.contains(number) else {
      let bounds = "\(range.lowerBound) to \(range.upperBound)"
      report(.invalidValue, node, "\(what) is \(number); it must be \(bounds).")
      return nil
    }
    return number
  }

  /// A size such as `6GiB`.
  mutating func size(_ node: YAMLNode, _ what: String) -> ByteCount? {
    guard let text = text(node, what) else { return nil }
    guard let size = ByteCount(text), size.bytes > 0 else {
      report(.invalidValue, node, "\(what) is `\(text)`; it must be a size such as `6GiB`.")
      return nil
    }
    return size
  }

  /// A duration such as `30s`.
  mutating func span(_ node: YAMLNode, _ what: String) -> TimeSpan? {
    guard let text = text(node, what) else { return nil }
    guard let span = TimeSpan(text), span.milliseconds > 0 else {
      report(.invalidValue, node, "\(what) is `\(text)`; it must be a duration such as `30s`.")
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
