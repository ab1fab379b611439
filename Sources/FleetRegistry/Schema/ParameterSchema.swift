internal import FleetDiagnostics
internal import FleetModel
internal import FleetRender
package import FleetYAML

extension Role {
  /// The JSON Schema of this role's parameters, as they stand in `roles:` of fleet.yaml and in the
  /// mapping `{ROLE: {…}}` of a node.
  ///
  /// A parameter without a default is not `required`: either of the two places may give it. `rollout`
  /// goes with the first place alone.
  package var parametersShape: Shape {
    Shape.mapping(
      parameters.map { Field($0.name, $0.schemaDoc, $0.shape) }
        + [Field(RolloutReader.key, "", .ref("rollout"))]
    ).orNothing
      .described(summary).titled("Parameters of \(name)")
  }
}

extension Parameter {
  /// What people read about the parameter.
  fileprivate var schemaDoc: String {
    var parts = [doc]
    if let unit { parts.append("Unit: \(unit).") }
    if kind == .size || kind == .duration {
      if let minimum { parts.append("At least \(minimum.shown).") }
      if let maximum { parts.append("At most \(maximum.shown).") }
    }
    switch defaultValue {
    case nil: parts.append("There is no default: it must be given here or for the node.")
    case .text(let text) where text.literal == nil: parts.append("Default: `\(text.text)`.")
    default: break
    }
    return parts.joined(separator: " ")
  }

  /// What is accepted: the type, or a text in quotes that can be read as it.
  fileprivate var shape: Shape {
    guard let value = defaultJSON else { return bare }
    return bare.otherwise(value)
  }

  private var bare: Shape {
    switch kind {
    case .string: .text(ValuePatterns.clean)
    case .int: quotable(.number(range), "^-?(0|[1-9][0-9]*)$")
    case .port: quotable(.number(1...65_535), "^[1-9][0-9]{0,4}$")
    case .bool: .anyOf([.flag, .word(["true", "false"])])
    case .size: quotable(.number(0 ... .max), ValuePatterns.size)
    case .duration: .string(ValuePatterns.duration)
    case .path: .string("^/$|^(/(?!\\.{1,2}(/|$))[^/\\u0000-\\u001f\\u007f-\\u009f]+)+$")
    case .url: .string("^(https?://|file:///)[^\\u0000-\\u0020\\u007f-\\u009f]+$")
    case .enum: choice
    case .list: .list(values.isEmpty ? .text(ValuePatterns.clean) : .word(values))
    }
  }

  private func quotable(_ number: Shape, _ pattern: String) -> Shape {
    .anyOf([number, .string(pattern)])
  }

  /// The words, and the numbers that some of them are without quotes.
  private var choice: Shape {
    let numbers = values.compactMap { word in Int(word).flatMap { String($0) == word ? $0 : nil } }
    return Shape.word(values).with(
      "enum",
      .array(values.map { .string($0) } + numbers.map { .int($0) })
    )
  }

  private var range: ClosedRange<Int> {
    var range = Int.min...Int.max
    if case .int(let number) = minimum { range = number...range.upperBound }
    if case .int(let number) = maximum { range = range.lowerBound...number }
    return range
  }

  private var defaultJSON: JSONValue? {
    switch defaultValue?.literal {
    case .string(let text):
      switch kind {
      case .int, .port: return Int(text).map { .int($0) }
      case .bool: return .bool(text == "true")
      default: return .string(text)
      }
    case .list(let items):
      return .array(
        items.compactMap { item in
          if case .string(let text) = item { .string(text) } else { nil }
        }
      )
    default: return nil
    }
  }
}
