internal import FleetDiagnostics
internal import FleetRender

/// Checks that the names a role uses exist: its own ports, secrets and templates, other roles.
struct RegistryChecks {
  let registry: Registry
  let role: Role
  /// Folders of this load; a role that failed to load is reported once, not by whoever needs it.
  let defined: [String: String]

  func run(into diagnostics: inout Diagnostics) {
    checkOthers(&diagnostics)
    checkPorts(&diagnostics)
    checkSecrets(&diagnostics)
    checkTemplates(&diagnostics)
    checkNames(&diagnostics)
  }

  private func unknown(
    _ name: String,
    _ what: String,
    among names: some Sequence<String>,
    at span: SourceSpan,
    _ diagnostics: inout Diagnostics
  ) {
    let question = NearestName.question(name, in: names.sorted())
    diagnostics.add(
      Diagnostic(
        .invalidValue,
        "`\(name)` is no \(what).",
        at: span,
        suggestions: question.map { [Suggestion($0)] } ?? []
      )
    )
  }

  private func checkOthers(_ diagnostics: inout Diagnostics) {
    for use in role.uses
    where registry.components[use.component] == nil && defined[use.component] == nil {
      unknown(
        use.component,
        "component",
        among: registry.components.keys,
        at: use.span,
        &diagnostics
      )
    }
    for need in role.needs {
      for name in need.roles {
        guard let provider = registry.roles[name] else {
          guard defined[name] == nil else { continue }
          unknown(name, "role", among: registry.roles.keys, at: need.span, &diagnostics)
          continue
        }
        guard let endpoint = need.endpoint, provider.port(endpoint) == nil else { continue }
        let ports = provider.ports.map(\.name)
        unknown(endpoint, "port of `\(name)`", among: ports, at: need.span, &diagnostics)
      }
    }
    for other in role.placement.apartFrom
    where registry.roles[other.role] == nil && defined[other.role] == nil {
      unknown(other.role, "role", among: registry.roles.keys, at: other.span, &diagnostics)
    }
  }

  private func checkPorts(_ diagnostics: inout Diagnostics) {
    let names = role.ports.map(\.name)
    for port in role.ports {
      guard let inner = port.proxyOf, role.port(inner) == nil else { continue }
      unknown(inner, "port of this role", among: names, at: port.span, &diagnostics)
    }
    for check in role.health {
      guard let port = check.port, role.port(port) == nil else { continue }
      unknown(port, "port of this role", among: names, at: check.span, &diagnostics)
    }
  }

  private func checkSecrets(_ diagnostics: inout Diagnostics) {
    let names = role.content.secrets.map(\.name)
    let uses =
      role.content.databases.map { ($0.password, $0.span) }
      + role.content.databaseRoles.map { ($0.password, $0.span) }
    for case (let name?, let span) in uses where role.secret(name) == nil {
      unknown(name, "secret of this role", among: names, at: span, &diagnostics)
    }
  }

  private func checkTemplates(_ diagnostics: inout Diagnostics) {
    let prefix = "\(role.name)/"
    let names = registry.templates.keys.filter { $0.hasPrefix(prefix) }
      .map { String($0.dropFirst(prefix.count)) }
    for file in role.content.files {
      guard case .template(let name) = file.body, !names.contains(name) else { continue }
      unknown(name, "file under `files/` of this role", among: names, at: file.span, &diagnostics)
    }
  }

  /// A name may be repeated only by entries that exclude each other, which needs a `when`.
  private func checkNames(_ diagnostics: inout Diagnostics) {
    let lists: [(String, [(String, SourceSpan, Bool)])] = [
      ("port", role.ports.map { ($0.name, $0.span, $0.when != nil) }),
      ("secret", role.content.secrets.map { ($0.name, $0.span, $0.when != nil) }),
      ("certificate", role.content.certificates.map { ($0.name, $0.span, $0.when != nil) }),
      ("step", role.content.steps.map { ($0.name, $0.span, $0.when != nil) }),
    ]
    for (what, items) in lists {
      var first: [String: (span: SourceSpan, conditional: Bool)] = [:]
      for (name, span, conditional) in items {
        guard let before = first[name] else {
          first[name] = (span, conditional)
          continue
        }
        guard !(before.conditional && conditional) else { continue }
        diagnostics.add(
          Diagnostic(
            .invalidValue,
            "Two of this role's \(what)s are called `\(name)`, and nothing says that only one counts.",
            at: span,
            related: [RelatedSpan("the other one", at: before.span)]
          )
        )
      }
    }
  }
}
