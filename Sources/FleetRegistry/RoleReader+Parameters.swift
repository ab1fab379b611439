internal import FleetDiagnostics
internal import FleetModel
internal import FleetRender
internal import FleetYAML

/// `params:` of a role.
extension RoleReader {
  mutating func parameter(_ entry: YAMLEntry) -> Parameter? {
    let keys = ["type", "default", "doc", "unit", "min", "max", "values"]
    let node = entry.value
    guard
      let fields = YAMLReader.schema.requireMapping(
        node,
        of: "a parameter",
        allowedKeys: keys,
        required: ["type", "doc"],
        into: &diagnostics
      ), fields["type"] != nil
    else { return nil }
    guard isName(entry.key) else {
      invalid(
        node,
        "a parameter's name is letters, digits and `_`, so that `params.NAME` reads it."
      )
      return nil
    }
    guard entry.key != RolloutReader.key else {
      invalid(
        node,
        "`rollout` cannot name a parameter: in `roles:` of fleet.yaml it is a key of its own."
      )
      return nil
    }
    let kind = word(fields, "type", else: Parameter.Kind.string)
    let values = strings(fields, "values")
    if kind == .enum, values.isEmpty {
      invalid(node, "an enum needs `values`.")
    }
    return Parameter(
      name: entry.key,
      kind: kind,
      defaultValue: defaultValue(fields, kind),
      doc: string(fields, "doc") ?? "",
      unit: string(fields, "unit"),
      minimum: limit(fields, "min", kind),
      maximum: limit(fields, "max", kind),
      values: values,
      span: entry.keySpan
    )
  }

  /// The defaults that are no expressions, typed; what does not fit its own type is reported here.
  mutating func literalDefaults(_ parameters: [Parameter]) -> [String: Value] {
    var result: [String: Value] = [:]
    for parameter in parameters {
      guard let raw = parameter.defaultValue?.literal else { continue }
      do throws(ParameterMismatch) {
        result[parameter.name] = try parameter.typed(raw)
      } catch {
        diagnostics.add(
          Diagnostic(
            .invalidValue,
            "The default of `\(parameter.name)` \(error.why)",
            at: parameter.defaultSpan,
            suggestions: error.suggestion.map { [Suggestion($0)] } ?? []
          )
        )
      }
    }
    return result
  }

  private func isName(_ text: String) -> Bool {
    text.utf8.first.map { !(0x30...0x39).contains($0) } == true
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || $0 == 0x5F
      }
  }

  private mutating func defaultValue(
    _ fields: YAMLFields,
    _ kind: Parameter.Kind
  ) -> TemplateValue? {
    guard let node = fields["default"] else { return nil }
    guard !node.isMapping, kind == .list || !node.isSequence else {
      YAMLReader.schema.reportKind(node, wanted: "a \(kind.rawValue)", into: &diagnostics)
      return nil
    }
    if kind == .string || kind == .enum || kind == .list {
      for item in node.isSequence ? node.items : [node] {
        guard let text = item.text else { continue }
        YAMLReader.schema.warnIfAmbiguous(item, text, into: &diagnostics)
      }
    }
    return value(node)
  }

  private mutating func limit(
    _ fields: YAMLFields,
    _ key: String,
    _ kind: Parameter.Kind
  ) -> Value? {
    guard let node = fields[key], let text = string(node) else { return nil }
    let value: Value? =
      switch kind {
      case .int, .port: Int(text).map { .int($0) }
      case .size: ByteCount(text).map { .size($0) }
      case .duration: TimeSpan(text).map { .duration($0) }
      default: nil
      }
    if value == nil { invalid(node, "`\(text)` is no limit for a \(kind.rawValue).") }
    return value
  }
}
