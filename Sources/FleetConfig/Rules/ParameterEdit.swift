internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Edits of fleet.yaml that set a role's parameter, where that is mechanical.
enum ParameterEdit {
  /// Where fleet.yaml sets a parameter of an instance: at the node, else for the whole fleet.
  static func span(
    _ name: String,
    of instance: RoleInstance,
    in resolved: ResolvedFleet
  ) -> SourceSpan? {
    instance.profile.parameterSpans[name]
      ?? resolved.fleet.roleParameters[instance.profile.role.name]?[name]?.span
  }

  /// The edits that set parameters of an instance; nil where it takes more than replacements.
  ///
  /// A value that stands in fleet.yaml is replaced where it stands; a role that is listed by its name
  /// alone becomes a role with parameters.
  static func edits(
    _ values: [(name: String, value: String)],
    of instance: RoleInstance,
    in resolved: ResolvedFleet
  ) -> [Suggestion.Edit]? {
    var edits: [Suggestion.Edit] = []
    var added: [String] = []
    for (name, value) in values {
      if let span = span(name, of: instance, in: resolved) {
        edits.append(Suggestion.Edit(replace: span, with: value))
      } else {
        added.append("\(name): \(value)")
      }
    }
    guard !added.isEmpty else { return edits }
    guard let span = instance.span, instance.profile.parameterSpans.isEmpty else { return nil }
    let role = instance.profile.role.name
    let text = "{\(role): {\(added.joined(separator: ", "))}}"
    return edits + [Suggestion.Edit(replace: span, with: text)]
  }

  /// The suggestion that sets one parameter, with its edit where there is one.
  static func suggestion(
    _ name: String,
    _ value: String,
    of instance: RoleInstance,
    in resolved: ResolvedFleet
  ) -> Suggestion {
    let role = instance.profile.role.name
    return Suggestion(
      "set `\(name)` of `\(role)` to `\(value)`",
      edits: edits([(name, value)], of: instance, in: resolved) ?? []
    )
  }
}

extension TemplateText {
  /// The parameter that the text is: the name in `{{ params.NAME }}`, where it is exactly that.
  var soleParameter: String? {
    guard text.hasPrefix("{{"), text.hasSuffix("}}") else { return nil }
    let inner = text.dropFirst(2).dropLast(2).filter { $0 != " " }
    guard inner.hasPrefix("params."), RoleID(String(inner.dropFirst(7))) != nil else { return nil }
    return String(inner.dropFirst(7))
  }
}
