internal import FleetDiagnostics

/// Finds what no value could make right: unknown names and operations on the wrong types.
///
/// It walks every branch, also those that no node takes. What has a mistake in it becomes `any`, so
/// that one mistake is reported once.
struct TypeChecker {
  let types: [String: ValueType]
  private(set) var failures: [TemplateFailure] = []

  init(_ types: [String: ValueType]) { self.types = types }

  mutating func fail(_ detail: String, at span: SourceSpan, suggestion: String? = nil) {
    failures.append(TemplateFailure(detail, at: span, suggestion: suggestion))
  }

  /// Takes what `inner` found, which checked a part with further names.
  mutating func take(_ inner: TypeChecker) { failures += inner.failures }

  mutating func type(_ node: ExpressionNode) -> ValueType {
    switch node.kind {
    case .literal(let value): return ValueType(of: value)
    case .list(let items):
      var found: [ValueType] = []
      for item in items { found.append(type(item)) }
      return .list(.common(found))
    case .name(let name):
      if let type = types[name] { return type }
      return unknown(name, "Nothing here is called `\(name)`.", among: types.keys, at: node.span)
    case .member(let base, let name): return member(name, of: type(base), base, at: node.span)
    case .index(let base, let key): return index(base, key, at: node.span)
    case .not(let operand):
      condition(operand)
      return .bool
    case .negate(let operand):
      let operand = type(operand)
      if operand != .int, operand != .any { fail("Only an int has a negative.", at: node.span) }
      return .int
    case .binary(let operation, let left, let right):
      return binary(operation, left, right, at: node.span)
    case .filter(let base, let name, let arguments):
      return filter(name, base, arguments, at: node.span)
    }
  }

  mutating func condition(_ node: ExpressionNode) {
    let found = type(node)
    guard found != .bool, found != .any else { return }
    fail(
      "A condition is true or false; this is \(found.kindWithArticle).",
      at: node.span,
      suggestion: found.sample.conditionHint
    )
  }

  private mutating func unknown(
    _ name: String,
    _ message: String,
    among names: some Collection<String>,
    at span: SourceSpan
  ) -> ValueType {
    var suggestion = NearestName.question(name, in: names.sorted())
    if suggestion == nil, !names.isEmpty, names.count <= 16 {
      let list = names.sorted().map { "`\($0)`" }.joined(separator: ", ")
      suggestion = "There are: \(list)."
    }
    fail(message, at: span, suggestion: suggestion)
    return .any
  }

  private mutating func member(
    _ name: String,
    of base: ValueType,
    _ node: ExpressionNode,
    at span: SourceSpan
  ) -> ValueType {
    switch base {
    case .any: return .any
    case .map(let item): return item
    case .record(let fields):
      if let type = fields[name] { return type }
      let owner = node.path.map { "`\($0)`" } ?? "This map"
      return unknown(name, "\(owner) has no `\(name)`.", among: fields.keys, at: span)
    default:
      fail(
        "This is \(base.kindWithArticle) and has no `\(name)`; only a map has names in it.",
        at: span
      )
      return .any
    }
  }

  private mutating func index(
    _ base: ExpressionNode,
    _ key: ExpressionNode,
    at span: SourceSpan
  ) -> ValueType {
    let container = type(base)
    let found = type(key)
    switch (container, found) {
    case (.any, _), (_, .any): return .any
    case (.list(let item), .int): return item
    case (.record, .string), (.map, .string):
      guard case .literal(.string(let name)) = key.kind else { return .any }
      return member(name, of: container, base, at: key.span)
    default:
      let text = found.kindWithArticle.capitalizedFirst
      fail("\(text) is no key of \(container.kindWithArticle).", at: span)
      return .any
    }
  }

  private mutating func binary(
    _ operation: ExpressionNode.Operator,
    _ left: ExpressionNode,
    _ right: ExpressionNode,
    at span: SourceSpan
  ) -> ValueType {
    if operation == .or || operation == .and {
      condition(left)
      condition(right)
      return .bool
    }
    let pair = (type(left), type(right))
    guard !pair.0.isOpen, !pair.1.isOpen else { return operation.isArithmetic ? .any : .bool }
    if operation == .isIn || operation == .notIn, case .list(let item) = pair.1, item != pair.0 {
      let what = "\(pair.0.kindWithArticle.capitalizedFirst) is never in a list whose items are "
      fail("\(what)\(item.sample.kind)s.", at: span)
      return .bool
    }
    if let result = operation.result(pair.0.sample, pair.1.sample) { return ValueType(of: result) }
    fail(
      "`\(operation.rawValue)` has no result for \(pair.0.kindWithArticle) and "
        + "\(pair.1.kindWithArticle).",
      at: span
    )
    return operation.isArithmetic ? .any : .bool
  }

  private mutating func filter(
    _ name: String,
    _ base: ExpressionNode,
    _ arguments: [ExpressionNode],
    at span: SourceSpan
  ) -> ValueType {
    let input = type(base)
    var given: [ValueType] = []
    for argument in arguments { given.append(type(argument)) }
    guard !input.isOpen, !given.contains(where: \.isOpen) else {
      return Filter.result(name, of: input)
    }
    do throws(TemplateFailure) {
      let value = try Filter.apply(name, to: input.sample, given.map(\.sample), at: span)
      // A list keeps the type of its items, which one sample of two items cannot tell when it is a map.
      if case .list = input, case .list = value { return input }
      return ValueType(of: value)
    } catch {
      failures.append(error)
      return .any
    }
  }
}

extension ExpressionNode.Operator {
  /// Whether the result is of the operands' kind and not true or false.
  var isArithmetic: Bool {
    switch self {
    case .add, .subtract, .multiply, .divide: true
    default: false
    }
  }
}
