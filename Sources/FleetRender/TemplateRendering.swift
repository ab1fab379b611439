package import FleetDiagnostics

extension Expression {
  /// Parses `text`, the whole content of a YAML scalar that stands at `span` of `source`.
  ///
  /// Returns nil after reporting `template-error` at the line and column of the mistake.
  package static func parse(
    _ text: String,
    span: SourceSpan,
    in source: SourceText,
    into diagnostics: inout Diagnostics
  ) -> Expression? {
    let origin = TextOrigin(scalar: text, span: span, in: source)
    return reporting(into: &diagnostics) { () throws(TemplateFailure) in
      var parser = try ExpressionParser(bytes: Array(text.utf8), origin: origin, offset: 0)
      let expression = try parser.expression()
      guard parser.token.kind == .end("") else { throw parser.unexpected() }
      return expression
    }
  }

  /// Returns the value in `scope`, or nil after reporting `template-error`.
  package func evaluate(_ scope: Scope, into diagnostics: inout Diagnostics) -> Value? {
    reporting(into: &diagnostics) { () throws(TemplateFailure) in
      try Evaluator(scope: scope).evaluate(root)
    }
  }

  /// Returns whether the condition holds, or nil after reporting `template-error`; also when the
  /// value is neither true nor false.
  package func isTrue(_ scope: Scope, into diagnostics: inout Diagnostics) -> Bool? {
    reporting(into: &diagnostics) { () throws(TemplateFailure) in
      try Evaluator(scope: scope).condition(root)
    }
  }
}

extension Optional<Expression> {
  /// Returns whether a `when:` holds; one that is not written always does.
  ///
  /// Nil after an error.
  package func holds(_ scope: Scope, into diagnostics: inout Diagnostics) -> Bool? {
    guard let self else { return true }
    return self.isTrue(scope, into: &diagnostics)
  }
}

extension Template {
  /// Parses the whole of a file.
  ///
  /// Returns nil after reporting `template-error`.
  package static func parse(
    _ source: SourceText,
    into diagnostics: inout Diagnostics
  ) -> Template? {
    let origin = TextOrigin(whole: source)
    return reporting(into: &diagnostics) { () throws(TemplateFailure) in
      guard let text = String(validating: source.bytes, as: UTF8.self) else {
        throw TemplateFailure("A template is UTF-8 text; this file is not.", at: origin.span(0..<0))
      }
      return try TemplateParser.parse(text, origin: origin)
    }
  }

  /// Renders with the names of `scope`.
  ///
  /// Every mistake is reported as `template-error` at its line and column; then the result is nil.
  ///
  /// What is printed into a file (`guarded`) must be a plain word or pass a filter that makes it safe
  /// in the file's syntax, so that no value can become another setting or a command.
  package func render(
    _ scope: Scope,
    guarded: Bool = true,
    into diagnostics: inout Diagnostics
  ) -> RenderedText? {
    var renderer = Renderer(guardsPrinting: guarded)
    renderer.render(parts, scope)
    for failure in renderer.failures { diagnostics.add(failure.diagnostic) }
    return renderer.failures.isEmpty ? renderer.output : nil
  }
}

/// Renders parts, going on after a failure so that one run finds them all.
private struct Renderer {
  let guardsPrinting: Bool
  var output = RenderedText()
  var failures: [TemplateFailure] = []

  mutating func render(_ parts: [TemplatePart], _ scope: Scope) {
    for part in parts {
      do throws(TemplateFailure) {
        try render(part, scope)
      } catch {
        failures.append(error)
      }
    }
  }

  private mutating func render(_ part: TemplatePart, _ scope: Scope) throws(TemplateFailure) {
    let evaluator = Evaluator(scope: scope)
    switch part {
    case .text(let text): output.append(text)
    case .value(let expression):
      let value = try evaluator.evaluate(expression.root)
      if case .secret(let secret, let encoding) = value {
        output.append(secret, as: encoding)
      } else {
        let text = try value.printed(at: expression.span)
        if guardsPrinting {
          try PrintGuard(evaluator: evaluator).check(text, of: expression.root)
        }
        output.append(text)
      }
    case .condition(let branches):
      for branch in branches {
        if let condition = branch.condition, try !evaluator.condition(condition.root) { continue }
        render(branch.body, scope)
        return
      }
    case .loop(let variable, let list, let body):
      let value = try evaluator.evaluate(list.root)
      guard case .list(let items) = value else {
        throw TemplateFailure(
          "`for` goes over a list; this is \(value.kindWithArticle).",
          at: list.span
        )
      }
      guard scope[variable] == nil else {
        throw TemplateFailure("`\(variable)` is already the name of something else.", at: list.span)
      }
      let before = failures.count
      // The items resemble each other: after one that fails the others would repeat its failure.
      for item in items where failures.count == before {
        render(body, scope.merging([variable: item]) { _, new in new })
      }
    }
  }
}
