internal import FleetDiagnostics
internal import FleetRender
internal import FleetYAML

/// What a role puts on its node: packages, accounts, files.
extension RoleReader {
  mutating func content(_ fields: YAMLFields) -> RoleContent {
    RoleContent(
      aptSources: each(fields, "apt_sources") { $0.aptSource($1) },
      packages: each(fields, "packages") { $0.packageItem($1) },
      archives: each(fields, "archives") { $0.archive($1) },
      groups: each(fields, "groups") { $0.group($1) },
      users: each(fields, "users") { $0.user($1) },
      directories: each(fields, "directories") { $0.directory($1) },
      files: each(fields, "files") { $0.file($1) },
      links: each(fields, "links") { $0.link($1) },
      units: each(fields, "units") { $0.unit($1) },
      dropIns: each(fields, "drop_ins") { $0.dropIn($1) },
      services: each(fields, "services") { $0.service($1) },
      sysctl: each(fields, "sysctl") { $0.sysctl($1) },
      secrets: each(fields, "secrets") { $0.secret($1) },
      certificates: each(fields, "certificates") { $0.certificate($1) },
      authority: authority(fields),
      sources: each(fields, "sources") { $0.sourceItem($1) },
      steps: each(fields, "steps") { $0.step($1) },
      databases: each(fields, "databases") { $0.database($1) },
      databaseRoles: each(fields, "roles_in_database") { $0.databaseRole($1) },
      firewall: each(fields, "firewall") { $0.firewall($1) },
      backups: each(fields, "backups") { $0.backup($1) }
    )
  }

  private mutating func aptSource(_ node: YAMLNode) -> AptSource? {
    let keys = ["name", "uris", "suites", "components", "key", "pin"]
    let required = ["name", "uris", "suites"]
    guard let fields = item(node, of: "a package source", keys, required: required),
      let name = identifier(fields, "name")
    else { return nil }
    return AptSource(
      name: name,
      uris: texts(fields, "uris"),
      suites: texts(fields, "suites"),
      components: texts(fields, "components"),
      key: text(fields, "key"),
      pin: pin(fields),
      when: when(fields),
      span: node.span
    )
  }

  private mutating func pin(_ fields: YAMLFields) -> AptSource.Pin? {
    let keys = ["packages", "priority"]
    guard let inner = mapping(fields, "pin", of: "`pin`", keys, required: keys),
      let packages = text(inner, "packages")
    else { return nil }
    let priority = int(inner, "priority", in: -1...32_767, else: 500)
    return AptSource.Pin(packages: packages, priority: priority)
  }

  private mutating func packageItem(_ node: YAMLNode) -> PackageItem? {
    guard node.isMapping else {
      return text(node, as: .texts).map {
        PackageItem(name: $0, version: nil, when: nil, span: node.span)
      }
    }
    guard let fields = item(node, of: "a package", ["name", "version"], required: ["name"]),
      let name = text(fields, "name")
    else { return nil }
    return PackageItem(
      name: name,
      version: text(fields, "version"),
      when: when(fields),
      span: node.span
    )
  }

  private mutating func archive(_ node: YAMLNode) -> ArchiveItem? {
    let keys = ["name", "url", "sha256", "target", "strip", "owner", "group", "on_change"]
    let required = ["name", "url", "sha256", "target"]
    guard let fields = item(node, of: "an archive", keys, required: required),
      let name = identifier(fields, "name"), let url = text(fields, "url"),
      let sha256 = text(fields, "sha256"), let target = text(fields, "target")
    else { return nil }
    return ArchiveItem(
      name: name,
      url: url,
      sha256: sha256,
      target: target,
      strip: int(fields, "strip", in: 0...16, else: 0),
      owner: text(fields, "owner", else: "root"),
      group: text(fields, "group", else: "root"),
      onChange: onChange(fields),
      when: when(fields),
      span: node.span
    )
  }

  private mutating func group(_ node: YAMLNode) -> GroupItem? {
    guard let fields = item(node, of: "a group", ["name", "system"], required: ["name"]),
      let name = text(fields, "name")
    else { return nil }
    return GroupItem(
      name: name,
      system: flag(fields, "system", else: true),
      when: when(fields),
      span: node.span
    )
  }

  private mutating func user(_ node: YAMLNode) -> UserItem? {
    let keys = ["name", "system", "group", "groups", "home", "shell", "create_home", "manage"]
    guard let fields = item(node, of: "a user", keys, required: ["name"]),
      let name = text(fields, "name")
    else { return nil }
    return UserItem(
      name: name,
      system: flag(fields, "system", else: true),
      group: text(fields, "group"),
      groups: texts(fields, "groups"),
      home: text(fields, "home"),
      shell: text(fields, "shell"),
      createHome: flag(fields, "create_home", else: false),
      manage: flag(fields, "manage", else: true),
      when: when(fields),
      span: node.span
    )
  }

  private mutating func directory(_ node: YAMLNode) -> DirectoryItem? {
    let keys = ["path", "owner", "group", "mode", "data", "shared"]
    guard let fields = item(node, of: "a directory", keys, required: ["path"]),
      let path = text(fields, "path")
    else { return nil }
    return DirectoryItem(
      path: path,
      owner: text(fields, "owner", else: "root"),
      group: text(fields, "group", else: "root"),
      mode: mode(fields, "mode", else: 0o755),
      data: flag(fields, "data", else: false),
      shared: flag(fields, "shared", else: false),
      when: when(fields),
      span: node.span
    )
  }

  private mutating func file(_ node: YAMLNode) -> FileItem? {
    let keys = [
      "path", "template", "content", "owner", "group", "mode", "on_change", "check", "merge",
      "shared", "replaces_package_file",
    ]
    guard let fields = item(node, of: "a file", keys, required: ["path"]),
      let path = text(fields, "path")
    else { return nil }
    guard (fields["template"] != nil) != (fields["content"] != nil) else {
      invalid(node, "a file has `template` or `content`, one of the two.")
      return nil
    }
    let template = string(fields, "template").map { FileItem.Body.template($0) }
    guard let body = template ?? text(fields, "content", as: .content).map({ .content($0) }) else {
      return nil
    }
    return FileItem(
      path: path,
      body: body,
      owner: text(fields, "owner", else: "root"),
      group: text(fields, "group", else: "root"),
      mode: mode(fields, "mode", else: 0o644),
      onChange: onChange(fields),
      check: texts(fields, "check"),
      merge: fields["merge"] == nil ? nil : word(fields, "merge", else: FileItem.Merge.env),
      shared: flag(fields, "shared", else: false),
      replacesPackageFile: flag(fields, "replaces_package_file", else: false),
      when: when(fields),
      span: node.span
    )
  }

  private mutating func link(_ node: YAMLNode) -> LinkItem? {
    let keys = ["path", "target", "on_change"]
    guard let fields = item(node, of: "a link", keys, required: ["path", "target"]),
      let path = text(fields, "path"), let target = text(fields, "target")
    else { return nil }
    return LinkItem(
      path: path,
      target: target,
      onChange: onChange(fields),
      when: when(fields),
      span: node.span
    )
  }

  private mutating func sysctl(_ node: YAMLNode) -> SysctlItem? {
    let keys = ["key", "value"]
    guard let fields = item(node, of: "a kernel setting", keys, required: keys),
      let key = string(fields, "key"), let value = text(fields, "value")
    else { return nil }
    return SysctlItem(key: key, value: value, when: when(fields), span: node.span)
  }

  private mutating func firewall(_ node: YAMLNode) -> FirewallItem? {
    let keys = ["port", "protocol", "from"]
    guard let fields = item(node, of: "a firewall rule", keys, required: ["port"]),
      let port = text(fields, "port", as: .int)
    else { return nil }
    return FirewallItem(
      port: port,
      transport: word(fields, "protocol", else: Port.Transport.tcp),
      from: texts(fields, "from"),
      when: when(fields),
      span: node.span
    )
  }

  private mutating func backup(_ node: YAMLNode) -> BackupItem? {
    guard
      let fields = item(
        node,
        of: "a backup",
        ["name", "unit", "covers", "doc"],
        required: ["name"]
      ),
      let name = identifier(fields, "name")
    else { return nil }
    return BackupItem(
      name: name,
      unit: text(fields, "unit"),
      covers: texts(fields, "covers"),
      doc: string(fields, "doc"),
      when: when(fields),
      span: node.span
    )
  }
}
