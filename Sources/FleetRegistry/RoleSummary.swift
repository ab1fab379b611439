internal import FleetDiagnostics
package import FleetModel
package import FleetRender

/// What is shown of a role, evaluated with default parameters.
package struct RoleSummary {
  let registry: Registry
  /// The role.
  package let role: Role
  private let scope: Scope

  /// Prepares the role's default scope in `registry`.
  package init(registry: Registry, role: Role) {
    self.registry = registry
    self.role = role
    scope = registry.defaultScope(for: role)
  }

  // MARK: evaluation; what depends on a real fleet shows as it is written

  /// Returns the text, nil only for no text.
  package func text(_ text: TemplateText?) -> String? {
    var ignored = Diagnostics()
    return text.map { $0.string(scope, into: &ignored) ?? $0.text }
  }

  /// Returns the texts; a list-valued expression gives several.
  package func texts(_ items: [TemplateText]) -> [String] { texts(items, scope) }

  private func texts(_ items: [TemplateText], _ scope: Scope) -> [String] {
    var ignored = Diagnostics()
    return items.flatMap { $0.strings(scope, into: &ignored) ?? [$0.text] }
  }

  /// Whether it is there by default; what cannot be said counts as there.
  private func holds(_ when: Expression?, _ scope: Scope) -> Bool {
    var ignored = Diagnostics()
    return when.holds(scope, into: &ignored) ?? true
  }

  /// Returns the port's number; nil where it depends on a real fleet.
  package func number(_ port: Port) -> Int? {
    var ignored = Diagnostics()
    return port.number.int(scope, into: &ignored)
  }

  /// Returns the duration; nil where it depends on a real fleet.
  package func duration(_ text: TemplateText) -> TimeSpan? {
    var ignored = Diagnostics()
    return text.duration(scope, into: &ignored)
  }

  // MARK: lists over the role and its components

  /// The role and, where they are used by default, its components, each with its scope.
  private var parts: [(role: Role, scope: Scope)] {
    var result = [(role: role, scope: scope)]
    for use in role.uses where holds(use.when, scope) {
      guard let component = registry.component(use.component) else { continue }
      result.append((component, registry.defaultScope(for: component, usedBy: role, use)))
    }
    return result
  }

  /// Packages of the role and its components, in order, each once.
  package var packages: [String] {
    parts.flatMap { part in
      part.role.content.packages.filter { holds($0.when, part.scope) }
        .flatMap { texts([$0.name], part.scope) }
    }.unique
  }

  /// Units that run: the role's own first, then those of packages and components.
  package var services: [String] {
    parts.flatMap { part in
      let own = part.role.content.units.filter {
        $0.state == .started && holds($0.when, part.scope)
      }
      .flatMap { texts([$0.name], part.scope) }
      let others = part.role.content.services
        .filter { $0.state == .started && holds($0.when, part.scope) }
        .flatMap { texts([$0.name], part.scope) }
      return (own + others).filter { $0.hasSuffix(".service") }
    }.unique
  }

  /// Databases that the role makes.
  package var databases: [String] { texts(role.content.databases.map(\.name)).unique }

  /// Returns the number of the port a need connects to, with the provider's default parameters.
  package func port(of need: Need) -> Int? {
    guard let endpoint = need.endpoint, let name = need.roles.first,
      let provider = registry.role(name), let port = provider.port(endpoint)
    else { return nil }
    return RoleSummary(registry: registry, role: provider).number(port)
  }

  /// Returns a parameter's default as it is written; nil without one.
  package func defaultText(_ parameter: Parameter) -> String? {
    parameter.defaultValue.map { $0.written }
  }
}

extension TemplateValue {
  /// The value as text for people: expressions as they are written.
  fileprivate var written: String {
    switch self {
    case .text(let text): text.text
    case .list(let items): "[" + items.map(\.written).joined(separator: ", ") + "]"
    case .map: "{…}"
    }
  }
}

extension [String] {
  /// Each text once, in the order of its first appearance.
  fileprivate var unique: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
