internal import FleetDiagnostics
internal import FleetModel

/// Evaluates a parsed expression.
///
/// Strict: an unknown name, a missing value, a wrong type is a failure.
struct Evaluator {
  let scope: Scope

  func evaluate(_ node: ExpressionNode) throws(TemplateFailure) -> Value {
    let value = try unchecked(node)
    if case .absent(let why) = value {
      throw TemplateFailure("There is no value here: \(why).", at: node.span)
    }
    return value
  }

  func condition(_ node: ExpressionNode) throws(TemplateFailure) -> Bool {
    let value = try evaluate(node)
    guard case .bool(let result) = value else {
      throw TemplateFailure(
        "A condition is true or false; this is \(value.kindWithArticle).",
        at: node.span,
        suggestion: value.conditionHint
      )
    }
    return result
  }

  private func unchecked(_ node: ExpressionNode) throws(TemplateFailure) -> Value {
    switch node.kind {
    case .literal(let value): return value
    case .list(let nodes):
      var values: [Value] = []
      for item in nodes { values.append(try evaluate(item)) }
      return .list(values)
    case .name(let name):
      if let value = scope[name] { return value }
      throw unknown(name, in: "Nothing here is called `\(name)`.", among: scope.keys, at: node.span)
    case .member(let base, let name):
      return try member(name, of: evaluate(base), named: base, at: node.span)
    case .index(let base, let key): return try index(base, key, at: node.span)
    case .not(let operand): return .bool(try !condition(operand))
    case .negate(let operand):
      guard case .int(let number) = try evaluate(operand) else {
        throw TemplateFailure("Only an int has a negative.", at: node.span)
      }
      return .int(-number)
    case .binary(let operation, let left, let right):
      return try binary(operation, left, right, at: node.span)
    case .filter(let base, let name, let arguments):
      var values: [Value] = []
      for argument in arguments { values.append(try evaluate(argument)) }
      return try Filter.apply(name, to: evaluate(base), values, at: node.span)
    }
  }

  private func unknown(
    _ name: String,
    in message: String,
    among names: some Collection<String>,
    at span: SourceSpan
  ) -> TemplateFailure {
    if let question = NearestName.question(name, in: names.sorted()) {
      return TemplateFailure(message, at: span, suggestion: question)
    }
    guard !names.isEmpty, names.count <= 12 else { return TemplateFailure(message, at: span) }
    let list = names.sorted().map { "`\($0)`" }.joined(separator: ", ")
    return TemplateFailure(message, at: span, suggestion: "There are: \(list).")
  }

  private func member(
    _ name: String,
    of base: Value,
    named node: ExpressionNode,
    at span: SourceSpan
  ) throws(TemplateFailure) -> Value {
    guard case .map(let entries) = base else {
      throw TemplateFailure(
        "This is \(base.kindWithArticle) and has no `\(name)`; only a map has names in it.",
        at: span
      )
    }
    if let value = entries[name] { return value }
    let owner = node.path.map { "`\($0)`" } ?? "This map"
    throw unknown(name, in: "\(owner) has no `\(name)`.", among: entries.keys, at: span)
  }

  private func index(
    _ base: ExpressionNode,
    _ key: ExpressionNode,
    at span: SourceSpan
  ) throws(TemplateFailure) -> Value {
    let container = try evaluate(base)
    switch (container, try evaluate(key)) {
    case (.list(let items), .int(let position)):
      guard items.indices.contains(position) else {
        throw TemplateFailure(
          "The list has \(items.count) items; there is no item \(position).",
          at: span
        )
      }
      return items[position]
    case (_, .string(let name)): return try member(name, of: container, named: base, at: span)
    case (_, let other):
      throw TemplateFailure(
        "\(other.kindWithArticle.capitalizedFirst) is no key of \(container.kindWithArticle).",
        at: span
      )
    }
  }

  private func binary(
    _ operation: ExpressionNode.Operator,
    _ left: ExpressionNode,
    _ right: ExpressionNode,
    at span: SourceSpan
  ) throws(TemplateFailure) -> Value {
    switch operation {
    case .or: return .bool(try condition(left) ? true : condition(right))
    case .and: return .bool(try condition(left) ? condition(right) : false)
    default: break
    }
    let pair = (try evaluate(left), try evaluate(right))
    if let result = operation.result(pair.0, pair.1) { return result }
    throw TemplateFailure(
      "`\(operation.rawValue)` has no result for \(pair.0.kindWithArticle) and "
        + "\(pair.1.kindWithArticle)\(Arithmetic.reason(operation, pair.1)).",
      at: span
    )
  }
}

extension ExpressionNode.Operator {
  /// The result for two values, save for `or` and `and`, which look at their right side late.
  ///
  /// Nil when there is none.
  func result(_ left: Value, _ right: Value) -> Value? {
    switch self {
    case .equal: left.equals(right).map { .bool($0) }
    case .notEqual: left.equals(right).map { .bool(!$0) }
    case .less: left.precedes(right).map { .bool($0) }
    case .greater: right.precedes(left).map { .bool($0) }
    case .lessOrEqual: right.precedes(left).map { .bool(!$0) }
    case .greaterOrEqual: left.precedes(right).map { .bool(!$0) }
    case .isIn: left.isMember(of: right).map { .bool($0) }
    case .notIn: left.isMember(of: right).map { .bool(!$0) }
    default: Arithmetic.apply(self, left, right)
    }
  }
}

extension ExpressionNode {
  /// `endpoints.redis` for messages; nil when it is more than a path.
  var path: String? {
    switch kind {
    case .name(let name): name
    case .member(let base, let name): base.path.map { "\($0).\(name)" }
    default: nil
    }
  }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
