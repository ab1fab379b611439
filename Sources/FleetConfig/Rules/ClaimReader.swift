internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Reads the claims of one role or component in one scope.
///
/// What cannot be evaluated claims nothing here: the compiler reports it.
struct ClaimReader {
  let scope: Scope
  /// Conditions that look at the node count as fulfilled.
  let isWidest: Bool
  let component: String?

  func claims(of definition: Role) -> [RoleClaim] {
    let content = definition.content
    return units(of: content) + orphans(of: definition) + directories(of: content)
      + files(of: content) + targets(of: content) + things(of: content)
  }

  func holds(_ condition: Expression?) -> Bool {
    guard let condition else { return true }
    if isWidest, condition.text.looksAtNode { return true }
    var ignored = Diagnostics()
    return condition.isTrue(scope, into: &ignored) ?? false
  }

  private func text(_ text: TemplateText) -> String? {
    if let literal = text.literal { return literal }
    var ignored = Diagnostics()
    return text.string(scope, into: &ignored)
  }

  private func texts(_ list: [TemplateText]) -> String {
    list.map { item in
      if let literal = item.literal { return literal }
      var ignored = Diagnostics()
      return item.evaluate(scope, into: &ignored).map { "\($0)" } ?? "?"
    }.joined(separator: " ")
  }

  private func claim(
    _ kind: RoleClaim.Kind,
    _ name: TemplateText,
    _ what: String,
    _ sharing: RoleClaim.Sharing = .never,
    when: Expression?,
    at span: SourceSpan
  ) -> RoleClaim? {
    guard holds(when), let value = text(name) else { return nil }
    // In a component the name of a parameter would be one of `with`.
    let parameter = component == nil ? name.parameterName : nil
    return claim(kind, value, what, sharing, parameter: parameter, at: span)
  }

  private func claim(
    _ kind: RoleClaim.Kind,
    _ name: String,
    _ what: String,
    _ sharing: RoleClaim.Sharing,
    parameter: String? = nil,
    at span: SourceSpan
  ) -> RoleClaim {
    RoleClaim(
      kind,
      name,
      what,
      sharing,
      parameter: parameter,
      component: component,
      at: span
    )
  }

  // MARK: Units

  private func units(of content: RoleContent) -> [RoleClaim] {
    content.units.compactMap { item in
      let sharing: RoleClaim.Sharing = item.state == .absent ? .gone : .never
      return claim(.unit, item.name, "the unit", sharing, when: item.when, at: item.span)
    }
      + content.services.compactMap { item in
        let sharing: RoleClaim.Sharing = item.state == .absent ? .gone : .never
        return claim(.unit, item.name, "the service", sharing, when: item.when, at: item.span)
      }
  }

  private func orphans(of definition: Role) -> [RoleClaim] {
    definition.orphans.units.compactMap {
      claim(.unit, $0, "the unit", .gone, when: nil, at: definition.span)
    }
      // Old names of its units still reach them: a second unit of that name would be another.
      + definition.aliases.map {
        claim(.unit, $0, "the unit", .alike("alias"), at: definition.span)
      }
      + definition.orphans.paths.compactMap {
        claim(.path, $0, "the path", .gone, when: nil, at: definition.span)
      }
  }

  // MARK: Paths

  private func form(_ owner: TemplateText, _ group: TemplateText, _ mode: Int) -> String {
    "\(text(owner) ?? "?"):\(text(group) ?? "?") \(String(mode, radix: 8))"
  }

  private func directories(of content: RoleContent) -> [RoleClaim] {
    content.directories.compactMap { item in
      let form = form(item.owner, item.group, item.mode)
      return claim(
        .path,
        item.path,
        "the directory",
        item.shared ? .alike(form) : .never,
        when: item.when,
        at: item.span
      )
    }
  }

  private func files(of content: RoleContent) -> [RoleClaim] {
    let files = content.files.compactMap { item -> RoleClaim? in
      let isShared = item.shared || item.merge != nil
      let form = form(item.owner, item.group, item.mode)
      return claim(
        .path,
        item.path,
        "the file",
        isShared ? .alike(form) : .never,
        when: item.when,
        at: item.span
      )
    }
    // An env file of secrets keeps the keys of others, as a merged file does.
    let secrets = content.secrets.compactMap { item -> RoleClaim? in
      let form = form(item.owner, item.group, item.mode)
      return claim(
        .path,
        item.file,
        "the file of secrets",
        .alike(form),
        when: item.when,
        at: item.span
      )
    }
    let links = content.links.compactMap {
      claim(.path, $0.path, "the link", when: $0.when, at: $0.span)
    }
    let dropIns = content.dropIns.compactMap { item -> RoleClaim? in
      guard holds(item.when), let unit = text(item.unit) else { return nil }
      let path = "/etc/systemd/system/\(unit).d/\(item.name)"
      return claim(.path, path, "the drop-in", .never, at: item.span)
    }
    return files + secrets + links + dropIns
  }

  private func targets(of content: RoleContent) -> [RoleClaim] {
    content.certificates.flatMap { item in
      [
        claim(.path, item.cert, "the certificate", when: item.when, at: item.span),
        claim(.path, item.key, "the key", when: item.when, at: item.span),
      ].compactMap { $0 }
    }
      + content.archives.compactMap {
        claim(.thing, $0.target, "the archive in", when: $0.when, at: $0.span)
      }
      + content.sources.compactMap {
        claim(.thing, $0.target, "the source in", when: $0.when, at: $0.span)
      }
  }

  // MARK: Names with one meaning

  private func things(of content: RoleContent) -> [RoleClaim] {
    accounts(of: content) + keys(of: content)
      + content.sysctl.compactMap { item in
        guard holds(item.when) else { return nil }
        let form = text(item.value) ?? "?"
        return claim(.thing, item.key, "the kernel setting", .alike(form), at: item.span)
      }
      + content.aptSources.compactMap { item in
        guard holds(item.when) else { return nil }
        let form = texts(item.uris + item.suites + item.components + [item.key].compactMap { $0 })
        return claim(.thing, item.name, "the package source", .alike(form), at: item.span)
      }
      + content.databases.compactMap { item in
        let form = "owner \(text(item.owner) ?? "?")"
        return claim(
          .thing,
          item.name,
          "the database",
          .alike(form),
          when: item.when,
          at: item.span
        )
      }
  }

  private func accounts(of content: RoleContent) -> [RoleClaim] {
    content.groups.compactMap { item in
      let form = item.system ? "system" : "not system"
      return claim(.thing, item.name, "the group", .alike(form), when: item.when, at: item.span)
    }
      + content.users.compactMap { item in
        let form = [
          item.system ? "system" : "not system", "group \(item.group.flatMap(text) ?? "-")",
          "groups \(texts(item.groups))", "home \(item.home.flatMap(text) ?? "-")",
          "shell \(item.shell.flatMap(text) ?? "-")",
          item.createHome ? "with home" : "without home", item.manage ? "managed" : "not managed",
        ].joined(separator: ", ")
        return claim(.thing, item.name, "the user", .alike(form), when: item.when, at: item.span)
      }
  }

  /// A secret's key in its file: two roles that generate it would each believe in their own.
  private func keys(of content: RoleContent) -> [RoleClaim] {
    content.secrets.compactMap { item in
      guard holds(item.when), let file = text(item.file) else { return nil }
      return claim(.thing, "\(item.key) in \(file)", "the secret", .never, at: item.span)
    }
  }
}
