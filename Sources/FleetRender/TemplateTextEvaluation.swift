package import FleetDiagnostics
package import FleetModel

extension TemplateText {
  /// Parses the content of a YAML scalar that stands at `span` of `source`.
  ///
  /// Returns nil after reporting `template-error`.
  package static func parse(
    _ text: String,
    span: SourceSpan,
    in source: SourceText,
    into diagnostics: inout Diagnostics
  ) -> TemplateText? {
    guard text.utf8.contains(0x7B) else { return TemplateText(literal: text, span: span) }
    let origin = TextOrigin(scalar: text, span: span, in: source)
    let template = FleetRender.reporting(into: &diagnostics) { () throws(TemplateFailure) in
      try TemplateParser.parse(text, origin: origin)
    }
    return template.map { TemplateText(text: text, span: span, template: $0) }
  }

  /// The text when it holds no expression, else nil.
  package var literal: String? {
    switch template.parts.count {
    case 0: return ""
    case 1:
      guard case .text(let text) = template.parts[0] else { return nil }
      return text
    default: return nil
    }
  }

  /// Returns the value in `scope`, or nil after reporting `template-error`.
  ///
  /// It is of the expression's own kind when the whole text is one `{{ expression }}`, else a string.
  package func evaluate(_ scope: Scope, into diagnostics: inout Diagnostics) -> Value? {
    if template.parts.count == 1, case .value(let expression) = template.parts[0] {
      return expression.evaluate(scope, into: &diagnostics)
    }
    // A name, a path, a word of a command: whoever writes it into a file quotes the whole.
    guard let text = template.render(scope, guarded: false, into: &diagnostics) else { return nil }
    guard let plain = text.plain else {
      diagnostics.add(secretFailure.diagnostic)
      return nil
    }
    return .string(plain)
  }

  /// Renders the text, secrets included; for the content of files.
  package func render(_ scope: Scope, into diagnostics: inout Diagnostics) -> RenderedText? {
    template.render(scope, into: &diagnostics)
  }

  private var secretFailure: TemplateFailure {
    TemplateFailure("A secret may stand only in the content of `files:`.", at: span)
  }

  /// Returns the text in `scope`, for names, paths and values: no secret, no control character.
  package func string(_ scope: Scope, into diagnostics: inout Diagnostics) -> String? {
    reporting(evaluate(scope, into: &diagnostics), into: &diagnostics) {
      (value) throws(TemplateFailure) in
      try self.checked(value.printed(at: self.span))
    }
  }

  private func checked(_ text: String) throws(TemplateFailure) -> String {
    let isClean = text.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
    }
    guard isClean else {
      throw TemplateFailure("This value holds a control character.", at: span)
    }
    return text
  }

  private func reporting<Result>(
    _ value: Value?,
    into diagnostics: inout Diagnostics,
    _ body: (Value) throws(TemplateFailure) -> Result
  ) -> Result? {
    guard let value else { return nil }
    return FleetRender.reporting(into: &diagnostics) { () throws(TemplateFailure) in
      try body(value)
    }
  }

  /// Returns an absolute path without empty, `.` or `..` components and without a slash at the end.
  package func path(_ scope: Scope, into diagnostics: inout Diagnostics) -> String? {
    guard let path = string(scope, into: &diagnostics) else { return nil }
    guard AbsolutePath.isClean(path) else {
      let failure = TemplateFailure(
        "`\(path)` is no absolute path, or has an empty, `.` or `..` part.",
        at: span
      )
      diagnostics.add(failure.diagnostic)
      return nil
    }
    return path
  }

  /// Returns the full name of a unit, which becomes the name of its file.
  package func unitName(_ scope: Scope, into diagnostics: inout Diagnostics) -> String? {
    guard let name = string(scope, into: &diagnostics) else { return nil }
    guard UnitFile.isName(name) else {
      diagnostics.add(TemplateFailure(UnitFile.notAName(name), at: span).diagnostic)
      return nil
    }
    return name
  }

  /// Returns a whole number; text of digits counts, since YAML scalars are text here.
  package func int(_ scope: Scope, into diagnostics: inout Diagnostics) -> Int? {
    reporting(evaluate(scope, into: &diagnostics), into: &diagnostics) {
      (value) throws(TemplateFailure) in
      switch value {
      case .int(let number): return number
      case .string(let text):
        if let number = Int(text) { return number }
        throw TemplateFailure("`\(text)` is no whole number.", at: self.span)
      default:
        throw TemplateFailure(
          "A whole number is wanted; this is \(value.kindWithArticle).",
          at: self.span
        )
      }
    }
  }

  /// Returns a duration; text such as `30s` counts.
  package func duration(_ scope: Scope, into diagnostics: inout Diagnostics) -> TimeSpan? {
    reporting(evaluate(scope, into: &diagnostics), into: &diagnostics) {
      (value) throws(TemplateFailure) in
      if case .duration(let span) = value { return span }
      if case .string(let text) = value, let span = TimeSpan(text) { return span }
      throw TemplateFailure("A duration such as `30s` or `6m` is wanted.", at: self.span)
    }
  }

  /// Returns the texts of a list-valued expression, or the one text of any other value.
  package func strings(_ scope: Scope, into diagnostics: inout Diagnostics) -> [String]? {
    reporting(evaluate(scope, into: &diagnostics), into: &diagnostics) {
      (value) throws(TemplateFailure) in
      guard case .list(let items) = value else {
        return [try self.checked(value.printed(at: self.span))]
      }
      var texts: [String] = []
      for item in items { texts.append(try self.checked(item.printed(at: self.span))) }
      return texts
    }
  }
}

extension [TemplateText] {
  /// Returns all texts; an item that is a list-valued expression gives all of its items.
  ///
  /// Nil when any item failed; each failure is reported.
  package func strings(_ scope: Scope, into diagnostics: inout Diagnostics) -> [String]? {
    var result: [String] = []
    var failed = false
    for item in self {
      guard let texts = item.strings(scope, into: &diagnostics) else {
        failed = true
        continue
      }
      result += texts
    }
    return failed ? nil : result
  }
}

extension TemplateValue {
  /// Returns the value in `scope`, or nil after reporting `template-error`.
  ///
  /// Texts keep the kind of their expression.
  package func evaluate(_ scope: Scope, into diagnostics: inout Diagnostics) -> Value? {
    switch self {
    case .text(let text): return text.evaluate(scope, into: &diagnostics)
    case .list(let items):
      let values = items.map { $0.evaluate(scope, into: &diagnostics) }
      let known = values.compactMap { $0 }
      return known.count == values.count ? .list(known) : nil
    case .map(let entries):
      var result: [String: Value] = [:]
      for entry in entries {
        guard let value = entry.value.evaluate(scope, into: &diagnostics) else { continue }
        result[entry.key] = value
      }
      return result.count == entries.count ? .map(result) : nil
    }
  }
}
