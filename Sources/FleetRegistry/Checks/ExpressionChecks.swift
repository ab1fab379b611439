internal import FleetDiagnostics
internal import FleetRender

/// An expression of role.yaml with what its place takes.
enum RoleExpression: Sendable {
  case condition(Expression)
  case text(TemplateText, WantedType)
}

/// Checks the names and types in a role's expressions and templates once, for every fleet there is:
/// also in branches that no node takes yet.
struct ExpressionChecks {
  let registry: Registry
  let role: Role
  /// Every expression of role.yaml.
  let expressions: [RoleExpression]

  func run(into diagnostics: inout Diagnostics) {
    let types = registry.scopeTypes(of: role)
    for expression in expressions {
      switch expression {
      case .condition(let condition): condition.checkCondition(types, into: &diagnostics)
      case .text(let text, let wanted): text.check(types, as: wanted, into: &diagnostics)
      }
    }
    let prefix = "\(role.name)/"
    for (key, template) in registry.parsedTemplates.sorted(by: { $0.key < $1.key })
    where key.hasPrefix(prefix) {
      template.check(types, into: &diagnostics)
    }
    for parameter in role.parameters { checkDefault(parameter, types, &diagnostics) }
  }

  /// A default that is an expression must be of the parameter's type; one that is none was read when
  /// the role was.
  private func checkDefault(
    _ parameter: Parameter,
    _ types: ScopeTypes,
    _ diagnostics: inout Diagnostics
  ) {
    guard case .text(let text)? = parameter.defaultValue, text.literal == nil else { return }
    let found = text.type(types)
    guard !parameter.accepts(found) else { return }
    diagnostics.add(
      Diagnostic(
        .templateError,
        "The default of `\(parameter.name)` must be \(parameter.wanted); this is "
          + "\(found.description).",
        at: text.span
      )
    )
  }
}

extension Parameter {
  /// Whether a value of `type` can be read as this parameter; a text is read when its value is known.
  fileprivate func accepts(_ type: ValueType) -> Bool {
    switch (kind, type) {
    case (_, .any): true
    case (.list, .list(let item)): item == .any || item == .string || item == .int
    case (.list, _): false
    case (_, .string): true
    case (.string, .int), (.enum, .int): true
    default: kind.type == type
    }
  }
}
