internal import FleetModel

/// The operators `+ - * /` on values.
///
/// Nil where the kinds do not go together or the result has no representation.
enum Arithmetic {
  static func apply(
    _ operation: ExpressionNode.Operator,
    _ left: Value,
    _ right: Value
  ) -> Value? {
    switch (left, right) {
    case (.int(let a), .int(let b)): return number(operation, a, b).map { .int($0) }
    case (.string(let a), .string(let b)): return operation == .add ? .string(a + b) : nil
    case (.list(let a), .list(let b)): return operation == .add ? .list(a + b) : nil
    case (.size(let a), .size(let b)):
      if operation == .divide { return number(.divide, a.bytes, b.bytes).map { .int($0) } }
      guard operation != .multiply, let bytes = number(operation, a.bytes, b.bytes), bytes >= 0
      else { return nil }
      return .size(ByteCount(bytes: bytes))
    case (.duration(let a), .duration(let b)):
      guard operation == .add || operation == .subtract else { return nil }
      guard let sum = number(operation, a.milliseconds, b.milliseconds), sum >= 0 else {
        return nil
      }
      return .duration(TimeSpan(milliseconds: sum))
    case (.size(let a), .int(let b)):
      return scaled(operation, a.bytes, b).map { .size(.init(bytes: $0)) }
    case (.duration(let a), .int(let b)):
      return scaled(operation, a.milliseconds, b).map { .duration(.init(milliseconds: $0)) }
    default: return nil
    }
  }

  /// Completes the message when the kinds fit and the numbers do not.
  static func reason(_ operation: ExpressionNode.Operator, _ right: Value) -> String {
    switch (operation, right) {
    case (.divide, .int(0)): " that is 0"
    case (.divide, .size(let size)) where size.bytes == 0: " that is 0"
    default: ""
    }
  }

  private static func scaled(_ operation: ExpressionNode.Operator, _ a: Int, _ b: Int) -> Int? {
    guard operation == .multiply || operation == .divide, b >= 0 else { return nil }
    return number(operation, a, b)
  }

  private static func number(_ operation: ExpressionNode.Operator, _ a: Int, _ b: Int) -> Int? {
    let (result, overflow): (Int, Bool) =
      switch operation {
      case .add: a.addingReportingOverflow(b)
      case .subtract: a.subtractingReportingOverflow(b)
      case .multiply: a.multipliedReportingOverflow(by: b)
      case .divide: a.dividedReportingOverflow(by: b)
      default: (0, true)
      }
    return overflow ? nil : result
  }
}

extension Value {
  /// `a string`, `an int`, for messages.
  var kindWithArticle: String { kind == "int" ? "an int" : "a \(kind)" }

  /// What to write instead where a condition is wanted.
  var conditionHint: String? {
    switch self {
    case .list: "Compare its length: `x|length > 0`."
    case .string: "Compare it: `x != ''`."
    case .int: "Compare it: `x != 0`."
    default: nil
    }
  }

  /// Whether both are equal; nil when they are of different kinds or must not be compared.
  func equals(_ other: Value) -> Bool? {
    switch (self, other) {
    case (.string(let a), .string(let b)): a == b
    case (.int(let a), .int(let b)): a == b
    case (.bool(let a), .bool(let b)): a == b
    case (.size(let a), .size(let b)): a == b
    case (.duration(let a), .duration(let b)): a == b
    case (.list(let a), .list(let b)): a == b
    default: nil
    }
  }

  /// Whether this is less; nil when the two have no order.
  func precedes(_ other: Value) -> Bool? {
    switch (self, other) {
    case (.string(let a), .string(let b)): a < b
    case (.int(let a), .int(let b)): a < b
    case (.size(let a), .size(let b)): a < b
    case (.duration(let a), .duration(let b)): a < b
    default: nil
    }
  }

  /// Whether it is an item of a list, a key of a map or a part of a string.
  func isMember(of container: Value) -> Bool? {
    switch (self, container) {
    case (.secret, _): nil
    case (_, .list(let items)): items.contains(self)
    case (.string(let key), .map(let entries)): entries[key] != nil
    case (.string(let part), .string(let text)): part.isEmpty || text.contains(part)
    default: nil
    }
  }
}
