internal import FleetDiagnostics
internal import FleetModel
internal import FleetRender
internal import FleetYAML

/// Units, secrets, certificates, code and databases of a role.
extension RoleReader {
  private mutating func sections(_ fields: YAMLFields) -> [UnitSectionItem] {
    entries(fields, "sections").compactMap { entry in
      guard UnitFile.sectionNames.contains(entry.key) else {
        let names = UnitFile.sectionNames.sorted()
        let nearest = YAMLReader.schema.correction(of: entry.key, in: names, at: entry.keySpan)
        diagnostics.add(
          Diagnostic(
            .unknownKey,
            "`\(entry.key)` is no section of a unit.",
            at: entry.keySpan,
            path: entry.path,
            suggestions: nearest
          )
        )
        return nil
      }
      let directives = YAMLReader.schema.entries(entry.value, into: &diagnostics) ?? []
      for directive in directives where !UnitFile.isDirectiveName(directive.key) {
        diagnostics.add(
          Diagnostic(
            .unknownKey,
            "`\(directive.key)` is no name of a directive: a capital letter, then letters and digits.",
            at: directive.keySpan,
            path: directive.path
          )
        )
      }
      return UnitSectionItem(
        name: entry.key,
        span: entry.keySpan,
        directives: values(directives, as: .directive)
      )
    }
  }

  mutating func unit(_ node: YAMLNode) -> UnitItem? {
    let keys = ["name", "enable", "state", "sections", "raw", "reload_on", "restart_on"]
    guard let fields = item(node, of: "a unit", keys, required: ["name"]),
      let name = unitName(fields, "name")
    else { return nil }
    let state = word(fields, "state", else: UnitState.started)
    if fields["sections"] == nil, state != .absent {
      invalid(node, "a unit needs `sections` unless its state is `absent`.")
      return nil
    }
    return UnitItem(
      name: name,
      enable: flag(fields, "enable", else: state == .started),
      state: state,
      sections: sections(fields),
      raw: strings(fields, "raw"),
      reloadOn: texts(fields, "reload_on"),
      restartOn: texts(fields, "restart_on"),
      when: when(fields),
      span: node.span
    )
  }

  mutating func dropIn(_ node: YAMLNode) -> DropInItem? {
    let keys = ["unit", "name", "sections", "raw"]
    let required = ["unit", "name", "sections"]
    guard let fields = item(node, of: "a drop-in", keys, required: required),
      let unit = unitName(fields, "unit"), let name = dropInName(fields)
    else { return nil }
    return DropInItem(
      unit: unit,
      name: name,
      sections: sections(fields),
      raw: strings(fields, "raw"),
      when: when(fields),
      span: node.span
    )
  }

  mutating func service(_ node: YAMLNode) -> ServiceItem? {
    let keys = ["name", "enable", "state", "reload_on", "restart_on"]
    guard let fields = item(node, of: "a service", keys, required: ["name"]),
      let name = unitName(fields, "name")
    else { return nil }
    let state = word(fields, "state", else: UnitState.started)
    return ServiceItem(
      name: name,
      enable: flag(fields, "enable", else: state == .started),
      state: state,
      reloadOn: texts(fields, "reload_on"),
      restartOn: texts(fields, "restart_on"),
      when: when(fields),
      span: node.span
    )
  }

  mutating func secret(_ node: YAMLNode) -> SecretItem? {
    let keys = ["name", "file", "key", "length", "mode", "owner", "group"]
    let required = ["name", "file", "key"]
    guard let fields = item(node, of: "a secret", keys, required: required),
      let name = identifier(fields, "name"), let file = text(fields, "file"),
      let key = string(fields, "key")
    else { return nil }
    return SecretItem(
      name: name,
      file: file,
      key: key,
      length: int(fields, "length", in: 16...256, else: 48),
      mode: mode(fields, "mode", else: 0o640),
      owner: text(fields, "owner", else: "root"),
      group: text(fields, "group", else: "root"),
      when: when(fields),
      span: node.span
    )
  }

  mutating func certificate(_ node: YAMLNode) -> CertificateItem? {
    let keys = ["name", "cert", "key", "key_mode", "owner", "group", "names", "on_change"]
    let required = ["name", "cert", "key"]
    guard let fields = item(node, of: "a certificate", keys, required: required),
      let name = identifier(fields, "name"), let cert = text(fields, "cert"),
      let key = text(fields, "key")
    else { return nil }
    return CertificateItem(
      name: name,
      cert: cert,
      key: key,
      keyMode: mode(fields, "key_mode", else: 0o640),
      owner: text(fields, "owner", else: "root"),
      group: text(fields, "group", else: "root"),
      names: texts(fields, "names"),
      onChange: onChange(fields),
      when: when(fields),
      span: node.span
    )
  }

  mutating func authority(_ fields: YAMLFields) -> AuthorityItem? {
    guard let node = fields["authority"], !node.isNull,
      let inner = item(node, of: "`authority`", ["dir", "name"], required: ["dir", "name"]),
      let directory = text(inner, "dir"), let name = text(inner, "name")
    else { return nil }
    return AuthorityItem(directory: directory, name: name, when: when(inner), span: node.span)
  }

  mutating func sourceItem(_ node: YAMLNode) -> SourceItem? {
    let keys = ["source", "path", "target", "owner", "group", "excludes", "on_change"]
    guard let fields = item(node, of: "a source", keys, required: ["source", "target"]),
      let source = string(fields, "source"), let target = text(fields, "target")
    else { return nil }
    return SourceItem(
      source: source,
      path: text(fields, "path", else: ""),
      target: target,
      owner: text(fields, "owner", else: "root"),
      group: text(fields, "group", else: "root"),
      excludes: texts(fields, "excludes"),
      onChange: onChange(fields),
      when: when(fields),
      span: node.span
    )
  }

  mutating func step(_ node: YAMLNode) -> StepItem? {
    let keys = [
      "name", "creates", "user", "directory", "commands", "environment", "inputs", "phase",
      "reversible", "on_change", "timeout",
    ]
    guard let fields = item(node, of: "a step", keys, required: ["name", "commands"]),
      let name = identifier(fields, "name")
    else { return nil }
    return StepItem(
      name: name,
      creates: text(fields, "creates"),
      user: text(fields, "user", else: "root"),
      directory: text(fields, "directory"),
      commands: each(fields, "commands") { reader, node in
        guard node.isSequence else {
          reader.invalid(node, "a command is a list of words, `[npm, ci]`.")
          return nil
        }
        return reader.texts(node)
      },
      environment: environment(fields),
      inputs: inputs(fields),
      phase: word(fields, "phase", else: StepItem.Phase.build),
      reversible: flag(fields, "reversible", else: true),
      onChange: onChange(fields),
      timeout: duration(fields, "timeout", else: TimeSpan(milliseconds: 600_000)),
      when: when(fields),
      span: node.span
    )
  }

  private mutating func environment(_ fields: YAMLFields) -> [TemplateEntry] {
    entries(fields, "environment").compactMap { entry in
      text(entry.value).map {
        TemplateEntry(key: entry.key, span: entry.keySpan, value: .text($0))
      }
    }
  }

  private mutating func inputs(_ fields: YAMLFields) -> [TemplateText] {
    each(fields, "inputs") { reader, node in
      guard let text = reader.text(node) else { return nil }
      guard text.text.hasPrefix("source:") || text.text.hasPrefix("value:") else {
        reader.invalid(node, "an input is `source:PATH` or `value:TEXT`.")
        return nil
      }
      return text
    }
  }

  mutating func database(_ node: YAMLNode) -> DatabaseItem? {
    let keys = ["engine", "name", "owner", "password"]
    let required = ["engine", "name", "owner"]
    guard let fields = item(node, of: "a database", keys, required: required),
      let engine = fields.word("engine", of: ["postgresql"], into: &diagnostics),
      let name = text(fields, "name"), let owner = text(fields, "owner")
    else { return nil }
    return DatabaseItem(
      engine: engine,
      name: name,
      owner: owner,
      password: string(fields, "password"),
      when: when(fields),
      span: node.span
    )
  }

  mutating func databaseRole(_ node: YAMLNode) -> DatabaseRoleItem? {
    let keys = ["name", "password"]
    guard let fields = item(node, of: "a database role", keys, required: ["name"]),
      let name = text(fields, "name")
    else { return nil }
    return DatabaseRoleItem(
      name: name,
      password: string(fields, "password"),
      when: when(fields),
      span: node.span
    )
  }
}
