/// A JSON value whose objects keep the order of their members: equal values give equal bytes.
///
/// Numbers are integers; nothing of ours has fractions.
package indirect enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])

  /// Makes an object of pairs in their order; keys must differ.
  package static func object(_ pairs: [(String, JSONValue)]) -> JSONValue {
    .object(pairs.map { JSONMember($0.0, $0.1) })
  }

  /// The value under `key` of an object, if there is one.
  package subscript(_ key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The text of a string.
  package var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The number of an integer.
  package var int: Int? {
    if case .int(let number) = self { number } else { nil }
  }

  /// The truth value of a boolean.
  package var bool: Bool? {
    if case .bool(let flag) = self { flag } else { nil }
  }

  /// The elements of an array.
  package var array: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The members of an object in order.
  package var members: [JSONMember]? {
    if case .object(let members) = self { members } else { nil }
  }
}

/// One member of a JSON object.
package struct JSONMember: Hashable, Sendable {
  /// The name.
  package let key: String
  /// The value.
  package let value: JSONValue

  /// Makes a member.
  package init(_ key: String, _ value: JSONValue) {
    self.key = key
    self.value = value
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  /// Makes a string.
  package init(stringLiteral value: String) { self = .string(value) }
  /// Makes an integer.
  package init(integerLiteral value: Int) { self = .int(value) }
  /// Makes a boolean.
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  /// Makes null.
  package init(nilLiteral: ()) { self = .null }
  /// Makes an array.
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// Makes an object of the members in the order of the literal.
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements)
  }

  /// Makes a string, or null of nothing.
  package init(_ text: String?) { self = text.map { .string($0) } ?? .null }
  /// Makes an integer, or null of nothing.
  package init(_ number: Int?) { self = number.map { .int($0) } ?? .null }
  /// Makes an array of strings.
  package init(_ texts: [String]) { self = .array(texts.map { .string($0) }) }
}
