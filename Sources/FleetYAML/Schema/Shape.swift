package import FleetDiagnostics

/// What `YAMLReader` accepts at one place, in the words of JSON Schema (draft 2020-12).
///
/// A scalar that is read as text may be written without quotes as a number or as `true`, so text is
/// not only JSON's string.
package struct Shape: Sendable {
  private var members: [JSONMember]

  private init(_ members: [(String, JSONValue)]) {
    self.members = members.map { JSONMember($0.0, $0.1) }
  }

  /// The schema.
  package var json: JSONValue { .object(members) }

  /// Returns the shape with one keyword more.
  package func with(_ key: String, _ value: JSONValue) -> Shape {
    var copy = self
    copy.members.removeAll { $0.key == key }
    copy.members.append(JSONMember(key, value))
    return copy
  }

  /// Returns the shape with `description` (sentences) in front.
  package func described(_ text: String) -> Shape { leading("description", .string(text)) }

  /// Returns the shape with a `title` in front.
  package func titled(_ text: String) -> Shape { leading("title", .string(text)) }

  private func leading(_ key: String, _ value: JSONValue) -> Shape {
    var copy = self
    copy.members.insert(JSONMember(key, value), at: 0)
    return copy
  }

  /// Returns the shape with the value that holds where nothing is written.
  package func otherwise(_ value: JSONValue) -> Shape { with("default", value) }

  /// Returns the shape with examples.
  package func like(_ examples: JSONValue...) -> Shape { with("examples", .array(examples)) }

  /// Returns the shape that also takes a key without a value.
  package var orNothing: Shape {
    var copy = self
    for (index, member) in members.enumerated() where member.key == "type" {
      let types = member.value.array ?? [member.value]
      copy.members[index] = JSONMember("type", .array(types + ["null"]))
    }
    return copy
  }

  // MARK: Scalars

  /// Text as written; an ECMA 262 `pattern` counts where it is no number.
  package static func text(_ pattern: String? = nil) -> Shape {
    let shape = Shape([("type", ["string", "number", "boolean"])])
    return pattern.map { shape.with("pattern", .string($0)) } ?? shape
  }

  /// Text as written that begins with no `-`.
  package static func unsigned(_ pattern: String) -> Shape { text(pattern).with("minimum", 0) }

  /// Text that no number and no `true` can be.
  package static func string(_ pattern: String) -> Shape {
    Shape([("type", "string"), ("pattern", .string(pattern))])
  }

  /// One of `words`.
  package static func word(_ words: [String]) -> Shape { Shape([("enum", JSONValue(words))]) }

  /// `true` or `false`.
  package static let flag = Shape([("type", "boolean")])

  /// A whole number; `.min` and `.max` stand for no limit.
  package static func number(_ range: ClosedRange<Int> = .min ... .max) -> Shape {
    var shape = Shape([("type", "integer")])
    if range.lowerBound != .min { shape = shape.with("minimum", .int(range.lowerBound)) }
    if range.upperBound != .max { shape = shape.with("maximum", .int(range.upperBound)) }
    return shape
  }

  /// Exactly `value`.
  package static func constant(_ value: JSONValue) -> Shape { Shape([("const", value)]) }

  // MARK: Lists and mappings

  /// A list.
  package static func list(_ item: Shape) -> Shape {
    Shape([("type", "array"), ("items", item.json)])
  }

  /// A mapping with fixed keys.
  ///
  /// Others are refused.
  package static func mapping(_ fields: [Field]) -> Shape {
    var shape = Shape([("type", "object")])
    let required = fields.filter(\.isRequired).map(\.key)
    if !required.isEmpty { shape = shape.with("required", JSONValue(required)) }
    return shape.with("properties", .object(fields.map { JSONMember($0.key, $0.shape.json) }))
      .with("additionalProperties", false)
  }

  /// A mapping from names of the user's choice.
  package static func table(_ value: Shape, keys pattern: String? = nil) -> Shape {
    var shape = Shape([("type", "object")])
    if let pattern { shape = shape.with("propertyNames", ["pattern": .string(pattern)]) }
    return shape.with("additionalProperties", value.json)
  }

  /// The definition `name` of the same schema (`$defs`).
  package static func ref(_ name: String) -> Shape { Shape([("$ref", .string("#/$defs/\(name)"))]) }

  /// One or several of `shapes`.
  package static func anyOf(_ shapes: [Shape]) -> Shape {
    Shape([("anyOf", .array(shapes.map(\.json)))])
  }

  /// Anything at all.
  package static let anything = Shape([])

  /// A whole document: `shape` with `$schema`, an `$id` and the definitions it refers to.
  package static func document(
    _ shape: Shape,
    id: String?,
    definitions: [(String, Shape)]
  ) -> JSONValue {
    var members = [JSONMember("$schema", "https://json-schema.org/draft/2020-12/schema")]
    if let id { members.append(JSONMember("$id", .string(id))) }
    members += shape.members
    members.append(
      JSONMember("$defs", .object(definitions.map { JSONMember($0.0, $0.1.json) }))
    )
    return .object(members)
  }
}

/// A key of a mapping with fixed keys.
package struct Field: Sendable {
  /// The key.
  package let key: String
  /// Whether it must be there.
  package let isRequired: Bool
  /// What may stand behind it, with the description of the key.
  package let shape: Shape

  /// Makes an optional key.
  package init(_ key: String, _ doc: String, _ shape: Shape) {
    self.init(key, doc, shape, isRequired: false)
  }

  private init(_ key: String, _ doc: String, _ shape: Shape, isRequired: Bool) {
    self.key = key
    self.isRequired = isRequired
    self.shape = doc.isEmpty ? shape : shape.described(doc)
  }

  /// Makes a key that must be there.
  package static func required(_ key: String, _ doc: String, _ shape: Shape) -> Field {
    Field(key, doc, shape, isRequired: true)
  }
}
