internal import FleetDiagnostics
internal import FleetRender

/// Collects the files of roles into a registry.
struct RegistryLoader {
  private(set) var diagnostics = Diagnostics()
  private var roles: [String: Role]
  private var components: [String: Role]
  private var templates: [String: SourceText]
  private var parsed: [String: Template]
  private let inherited: Set<String>
  /// Folders seen in this load, with the file that defines each.
  private var definitions: [String: String] = [:]
  private var replaced: Set<String> = []
  private var added: [RoleDecoder.Decoded] = []

  init(over registry: Registry) {
    roles = registry.roles
    components = registry.components
    templates = registry.templates
    parsed = registry.parsedTemplates
    inherited = Set(registry.templates.keys)
  }

  /// What a file is to its role.
  private enum Part: Equatable {
    case definition
    case template(String)
  }

  private func part(_ name: String) -> (folder: String, part: Part)? {
    let components = name.split(separator: "/").map(String.init)
    if components.last == "role.yaml", components.count >= 2 {
      return (components[components.count - 2], .definition)
    }
    guard let files = components.lastIndex(of: "files"), files >= 1, files + 1 < components.count
    else { return nil }
    let path = components[(files + 1)...].joined(separator: "/")
    return (components[files - 1], .template(path))
  }

  mutating func add(_ file: SourceText) {
    switch part(file.name) {
    case nil: break
    case (let folder, .definition)?: addDefinition(file, folder)
    case (let folder, .template(let path))?:
      forgetInherited(folder)
      templates["\(folder)/\(path)"] = file
      parsed["\(folder)/\(path)"] = Template.parse(file, into: &diagnostics)
    }
  }

  /// Drops the templates of `over` for a role that this load replaces, before its first own file.
  private mutating func forgetInherited(_ folder: String) {
    guard replaced.insert(folder).inserted else { return }
    for key in inherited where key.hasPrefix("\(folder)/") {
      templates[key] = nil
      parsed[key] = nil
    }
  }

  private mutating func addDefinition(_ file: SourceText, _ folder: String) {
    forgetInherited(folder)
    if let first = definitions[folder] {
      let why = "A role called `\(folder)` is defined in `\(first)` already."
      let start = file.place(at: 0)
      let span = SourceSpan(file: file.name, start: start, end: start)
      diagnostics.add(Diagnostic(.invalidValue, why, at: span))
      return
    }
    definitions[folder] = file.name
    roles[folder] = nil
    components[folder] = nil
    guard let decoded = RoleDecoder.decode(file, into: &diagnostics) else { return }
    let role = decoded.role
    guard role.name == folder else {
      let why =
        "A role has the name of its folder; this one is called `\(role.name)` in `\(folder)`."
      diagnostics.add(Diagnostic(.invalidValue, why, at: role.span))
      return
    }
    added.append(decoded)
    switch role.kind {
    case .role: roles[folder] = role
    case .component: components[folder] = role
    }
  }

  mutating func finish(checked: Bool) -> Registry {
    let registry = Registry(
      roles: roles,
      components: components,
      templates: templates,
      parsedTemplates: parsed
    )
    for decoded in added where !checked {
      let role = decoded.role
      RegistryChecks(registry: registry, role: role, defined: definitions).run(into: &diagnostics)
      ExpressionChecks(registry: registry, role: role, expressions: decoded.expressions)
        .run(into: &diagnostics)
    }
    return registry
  }
}
