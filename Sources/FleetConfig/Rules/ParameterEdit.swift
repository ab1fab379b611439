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

  /// The edit that gives a parameter another value; nil where it takes more than one replacement.
  ///
  /// A value that stands in fleet.yaml is replaced where it stands; a role that is listed by its name
  /// alone becomes a role with parameters.
  static func edit(
    _ name: String,
    _ value: String,
    of instance: RoleInstance,
    in resolved: ResolvedFleet
  ) -> Suggestion.Edit? {
    if let span = span(name, of: instance, in: resolved) {
      return Suggestion.Edit(replace: span, with: value)
    }
    guard let span = instance.span, instance.profile.parameterSpans.isEmpty else { return nil }
    let role = instance.profile.role.name
    return Suggestion.Edit(replace: span, with: "{\(role): {\(name): \(value)}}")
  }

  /// The suggestion that sets one parameter, with its edit where there is one.
  static func suggestion(
    _ name: String,
    _ value: String,
    of instance: RoleInstance,
    in resolved: ResolvedFleet
  ) -> Suggestion {
    let edit = edit(name, value, of: instance, in: resolved)
    let role = instance.profile.role.name
    return Suggestion("set `\(name)` of `\(role)` to `\(value)`", edits: edit.map { [$0] } ?? [])
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
