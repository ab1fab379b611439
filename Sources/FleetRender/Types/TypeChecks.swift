package import FleetDiagnostics

/// What a place in a role takes from its expression.
package enum WantedType: Sendable {
  /// A text: whatever prints.
  case text
  /// One text or a list of texts.
  case texts
  /// A whole number, or a text of digits.
  case int
  /// A size, or a text such as `6GiB`.
  case size
  /// A duration, or a text such as `30s`.
  case duration
  /// A directive of a unit: anything but a secret or a map.
  case directive
  /// The content of a file: texts and secrets.
  case content
  /// Whatever it is.
  case any
}

/// The names an expression may use and their types, `params`, `node`, `ports`….
package typealias ScopeTypes = [String: ValueType]

extension Expression {
  /// Reports what no node could make right, as `template-error` at its line and column; a condition
  /// must be true or false.
  package func checkCondition(_ types: ScopeTypes, into diagnostics: inout Diagnostics) {
    var checker = TypeChecker(types)
    checker.condition(root)
    diagnostics.add(contentsOf: checker)
  }
}

extension TemplateText {
  /// Reports what no node could make right, as `template-error` at its line and column.
  package func check(
    _ types: ScopeTypes,
    as wanted: WantedType,
    into diagnostics: inout Diagnostics
  ) {
    var checker = TypeChecker(types)
    if template.parts.count == 1, case .value(let expression) = template.parts[0] {
      let found = checker.type(expression.root)
      checker.require(found, as: wanted, at: expression.span)
    } else {
      checker.check(template.parts, secrets: wanted == .content)
    }
    diagnostics.add(contentsOf: checker)
  }

  /// The type of the value, and nothing reported.
  package func type(_ types: ScopeTypes) -> ValueType {
    guard template.parts.count == 1, case .value(let expression) = template.parts[0] else {
      return .string
    }
    var checker = TypeChecker(types)
    return checker.type(expression.root)
  }
}

extension Template {
  /// Reports what no node could make right, as `template-error` at its line and column.
  ///
  /// Every branch and the body of every loop is checked, also those that no node takes.
  package func check(_ types: ScopeTypes, into diagnostics: inout Diagnostics) {
    var checker = TypeChecker(types)
    checker.check(parts, secrets: true)
    diagnostics.add(contentsOf: checker)
  }
}

extension Diagnostics {
  fileprivate mutating func add(contentsOf checker: TypeChecker) {
    for failure in checker.failures { add(failure.diagnostic) }
  }
}

extension TypeChecker {
  mutating func check(_ parts: [TemplatePart], secrets: Bool) {
    for part in parts {
      switch part {
      case .text: break
      case .value(let expression):
        let found = type(expression.root)
        require(found, as: secrets ? .content : .text, at: expression.span)
      case .condition(let branches):
        for branch in branches {
          if let condition = branch.condition { self.condition(condition.root) }
          check(branch.body, secrets: secrets)
        }
      case .loop(let variable, let list, let body): loop(variable, list, body, secrets: secrets)
      }
    }
  }

  private mutating func loop(
    _ variable: String,
    _ list: Expression,
    _ body: [TemplatePart],
    secrets: Bool
  ) {
    let item: ValueType
    switch type(list.root) {
    case .list(let found): item = found
    case .any: item = .any
    case let other:
      fail("`for` goes over a list; this is \(other.kindWithArticle).", at: list.span)
      item = .any
    }
    if types[variable] != nil {
      fail("`\(variable)` is already the name of something else.", at: list.span)
    }
    var inner = TypeChecker(types.merging([variable: item]) { _, new in new })
    inner.check(body, secrets: secrets)
    take(inner)
  }

  mutating func require(_ found: ValueType, as wanted: WantedType, at span: SourceSpan) {
    guard found != .any else { return }
    switch wanted {
    case .any: break
    case .text: requirePrintable(found, at: span)
    case .content: if found != .secret { requirePrintable(found, at: span) }
    case .texts:
      if case .list(let item) = found {
        if item != .any { requirePrintable(item, at: span) }
      } else {
        requirePrintable(found, at: span)
      }
    case .int:
      guard found != .int, found != .string else { return }
      fail("A whole number is wanted; this is \(found.kindWithArticle).", at: span)
    case .size:
      guard found != .size, found != .string else { return }
      fail("A size such as `6GiB` is wanted; this is \(found.kindWithArticle).", at: span)
    case .duration:
      guard found != .duration, found != .string else { return }
      fail("A duration such as `30s` or `6m` is wanted.", at: span)
    case .directive:
      switch found {
      case .secret: requirePrintable(found, at: span)
      case .record, .map: requirePrintable(found, at: span)
      default: break
      }
    }
  }

  private mutating func requirePrintable(_ found: ValueType, at span: SourceSpan) {
    do throws(TemplateFailure) {
      _ = try found.sample.printed(at: span)
    } catch {
      fail(error.detail, at: error.span, suggestion: error.suggestion)
    }
  }
}
