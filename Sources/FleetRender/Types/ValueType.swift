internal import FleetModel

/// The type of an expression before any fleet is known.
///
/// `Value` is what an expression is on one node; this is what it can be on all of them, so that a
/// template is checked once for a role and not once for each node.
package indirect enum ValueType: Hashable, Sendable {
  case string, int, bool, size, duration, secret
  /// Items of one type.
  case list(ValueType)
  /// A map whose names are fixed: another name is an error.
  case record([String: ValueType])
  /// A map with any names, such as the labels of a node.
  case map(ValueType)
  /// Not known before the fleet is; nothing is wrong with it.
  case any
}

extension ValueType {
  /// Whether some part of the type is not known before the fleet is.
  var isOpen: Bool {
    switch self {
    case .any: true
    case .list(let item), .map(let item): item.isOpen
    case .record(let fields): fields.values.contains { $0.isOpen }
    case .string, .int, .bool, .size, .duration, .secret: false
    }
  }

  /// A value of this type: what the evaluator makes of it, it makes of every other.
  ///
  /// Operators and filters look at kinds alone, save for numbers that overflow or a division by 0, so
  /// that the checker asks the evaluator itself what `size / size` is. Lists have two items, since
  /// the order of a single one is never asked. An open part stands as a text.
  var sample: Value {
    switch self {
    case .string, .any: .string("x")
    case .int: .int(1)
    case .bool: .bool(true)
    case .size: .size(ByteCount(bytes: 1 << 20))
    case .duration: .duration(TimeSpan(milliseconds: 1000))
    case .secret: .secret(SecretRef(role: "role", name: "name"), as: .plain)
    case .list(let item): .list([item.sample, item.sample])
    case .record(let fields): .map(fields.mapValues(\.sample))
    case .map(let item): .map(["x": item.sample])
    }
  }

  /// `a string`, `an int`, for messages.
  package var description: String { kindWithArticle }

  /// `a string`, `an int`, for messages.
  var kindWithArticle: String { self == .any ? "a value" : sample.kindWithArticle }

  /// The type that a value has.
  init(of value: Value) {
    switch value {
    case .string: self = .string
    case .int: self = .int
    case .bool: self = .bool
    case .size: self = .size
    case .duration: self = .duration
    case .secret: self = .secret
    case .list(let items): self = .list(Self.common(items.map { ValueType(of: $0) }))
    case .map(let entries): self = .record(entries.mapValues { ValueType(of: $0) })
    case .absent: self = .any
    }
  }

  /// The one type of all `types`; `any` when there is none.
  static func common(_ types: [ValueType]) -> ValueType {
    guard let first = types.first, types.allSatisfy({ $0 == first }) else { return .any }
    return first
  }
}

extension Value {
  /// Whether the value is one of `type`; a value that is missing is of every type.
  package func conforms(to type: ValueType) -> Bool {
    switch (self, type) {
    case (.absent, _), (_, .any), (.string, .string), (.int, .int), (.bool, .bool), (.size, .size),
      (.duration, .duration), (.secret, .secret):
      true
    case (.list(let items), .list(let item)): items.allSatisfy { $0.conforms(to: item) }
    case (.map(let entries), .map(let item)): entries.values.allSatisfy { $0.conforms(to: item) }
    case (.map(let entries), .record(let fields)):
      entries.allSatisfy { name, value in fields[name].map { value.conforms(to: $0) } ?? false }
    default: false
    }
  }
}
