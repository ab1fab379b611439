package import FleetDiagnostics
package import FleetRender

/// The roles in use: the built-in ones, a user's own, or both.
package struct Registry: Sendable {
  /// Roles that are assigned to nodes, by name.
  package let roles: [String: Role]
  /// Components that roles pull in, by name.
  package let components: [String: Role]
  /// The files under the roles' `files/`, keyed `redis/redis.conf`.
  package let templates: [String: SourceText]
  /// The same, parsed.
  ///
  /// A file with an error in it is missing here and reported by `load`.
  package let parsedTemplates: [String: Template]

  /// Returns the role called `name`; components are no roles.
  package func role(_ name: String) -> Role? { roles[name] }

  /// Returns the component called `name`.
  package func component(_ name: String) -> Role? { components[name] }

  /// Returns the parsed template `file` of `role`, a file under its `files/`.
  package func template(_ role: String, _ file: String) -> Template? {
    parsedTemplates["\(role)/\(file)"]
  }

  /// The roles by name in the order of their UTF-8 bytes.
  package var sortedRoles: [Role] { roles.values.sorted { $0.name < $1.name } }

  /// The components by name in the order of their UTF-8 bytes.
  package var sortedComponents: [Role] { components.values.sorted { $0.name < $1.name } }

  /// A registry without roles (`registry: none`).
  package static let empty = Registry(
    roles: [:],
    components: [:],
    templates: [:],
    parsedTemplates: [:]
  )

  /// Returns the roles compiled into the binary, named `roles/NAME/…`.
  ///
  /// The findings are empty unless the program itself is broken.
  package static func builtIn() -> (Registry, Diagnostics) { embedded }

  // Read once a run, and only by commands that need roles. Their names and types were checked by the
  // tests of the build that compiled them in, so that no run pays for it again.
  private static let embedded = load(files: EmbeddedRoles.sources, over: nil, checked: true)

  /// Reads roles from files named `…/NAME/role.yaml` and `…/NAME/files/FILE`.
  ///
  /// A role of `over` with the same name is replaced, with its templates. A role with an error in it
  /// is left out, so that later checks do not report consequences. Other names are ignored. Roles
  /// that are `checked` are only read: the names and types in their expressions are known to be right.
  package static func load(
    files: [SourceText],
    over: Registry?,
    checked: Bool = false
  ) -> (Registry, Diagnostics) {
    var loader = RegistryLoader(over: over ?? empty)
    for file in files.sorted(by: { $0.name < $1.name }) { loader.add(file) }
    let registry = loader.finish(checked: checked)
    return (registry, loader.diagnostics)
  }
}
