import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetRender
import FleetResources

/// Turns the content of one role (or component) on one node into resources.
struct ContentCompiler {
  /// Role or component whose `files/` hold the templates.
  let definition: Role
  /// For whom.
  let owner: Owner
  /// Role that owns the secrets and ports: the role itself, also for its components.
  let instanceRole: String
  let registry: Registry
  let sources: any SourceTrees
  /// The node that signs certificates, and its folder.
  let authority: (node: NodeID, directory: String)?
  /// Names that every certificate of this node carries, sorted.
  let certificateNames: [String]
  var evaluator: Evaluator
  var builder: NodeBuilder
  /// Steps that come before the next one.
  private(set) var earlierSteps: [ResourceAddress]

  init(
    definition: Role,
    owner: Owner,
    instanceRole: String,
    registry: Registry,
    sources: any SourceTrees,
    authority: (node: NodeID, directory: String)?,
    certificateNames: [String],
    evaluator: Evaluator,
    earlierSteps: [ResourceAddress],
    builder: NodeBuilder
  ) {
    self.definition = definition
    self.owner = owner
    self.instanceRole = instanceRole
    self.registry = registry
    self.sources = sources
    self.authority = authority
    self.certificateNames = certificateNames
    self.evaluator = evaluator
    self.earlierSteps = earlierSteps
    self.builder = builder
  }

  /// Compiles everything the definition declares.
  mutating func compile() {
    let content = definition.content
    for item in content.aptSources where evaluator.applies(item.when) { aptSource(item) }
    for item in content.packages where evaluator.applies(item.when) { package(item) }
    for item in content.archives where evaluator.applies(item.when) { archive(item) }
    for item in content.groups where evaluator.applies(item.when) { group(item) }
    for item in content.users where evaluator.applies(item.when) { user(item) }
    for item in content.directories where evaluator.applies(item.when) { directory(item) }
    for item in content.secrets where evaluator.applies(item.when) { secret(item) }
    if let item = content.authority, evaluator.applies(item.when) { authority(item) }
    for item in content.certificates where evaluator.applies(item.when) { certificate(item) }
    for item in content.sources where evaluator.applies(item.when) { source(item) }
    for item in content.files where evaluator.applies(item.when) { file(item) }
    for item in content.links where evaluator.applies(item.when) { link(item) }
    for item in content.units where evaluator.applies(item.when) { unit(item) }
    for item in content.dropIns where evaluator.applies(item.when) { dropIn(item) }
    for item in content.services where evaluator.applies(item.when) { service(item) }
    for item in content.steps where evaluator.applies(item.when) { step(item) }
    for item in content.databaseRoles where evaluator.applies(item.when) { databaseRole(item) }
    for item in content.databases where evaluator.applies(item.when) { database(item) }
    for item in content.backups where evaluator.applies(item.when) { backup(item) }
    sysctls(content.sysctl)
    orphans()
  }

  mutating func add(
    _ kind: ResourceKind,
    _ name: String,
    _ spec: ResourceSpec,
    requires: [ResourceAddress] = [],
    at span: SourceSpan
  ) {
    builder.add(
      kind,
      name,
      spec,
      by: owner,
      requires: requires,
      at: span,
      into: &evaluator.diagnostics
    )
  }

  // MARK: Packages

  private mutating func aptSource(_ item: AptSource) {
    let keyURL = evaluator.optional(item.key) ?? ""
    let suffix = keyURL.hasSuffix(".asc") ? "asc" : "gpg"
    let keyPath = keyURL.hasPrefix("/") ? keyURL : "/etc/apt/keyrings/\(item.name).\(suffix)"
    let content = AptSourceText.render(
      uris: evaluator.strings(item.uris),
      suites: evaluator.strings(item.suites),
      components: evaluator.strings(item.components),
      signedBy: keyURL.isEmpty ? nil : keyPath,
      at: item.span,
      into: &evaluator.diagnostics
    )
    guard let content else { return }
    var preferences: String?
    if let pin = item.pin, let packages = evaluator.string(pin.packages) {
      preferences = "Package: \(packages)\nPin: release *\nPin-Priority: \(pin.priority)\n"
    }
    let spec = AptSourceSpec(
      path: "/etc/apt/sources.list.d/\(item.name).sources",
      content: content,
      keyPath: keyPath,
      keyURL: keyURL.hasPrefix("/") ? "" : keyURL,
      preferences: preferences
    )
    add(.aptSource, item.name, .aptSource(spec), at: item.span)
  }

  private mutating func package(_ item: PackageItem) {
    for name in evaluator.items(item.name) {
      let spec = PackageSpec(name: name, version: evaluator.optional(item.version))
      add(.package, name, .package(spec), at: item.span)
    }
  }

  private mutating func archive(_ item: ArchiveItem) {
    guard let url = evaluator.string(item.url), let target = evaluator.path(item.target),
      let owner = evaluator.string(item.owner), let group = evaluator.string(item.group)
    else { return }
    let spec = ArchiveSpec(
      url: url,
      sha256: evaluator.optional(item.sha256) ?? "",
      target: target,
      strip: item.strip,
      ownership: Ownership(owner: owner, group: group, mode: 0o755)
    )
    add(.archive, target, .archive(spec), at: item.span)
    let effect = evaluator.effect(item.onChange)
    for unit in effect.restart {
      builder.unit(unit, by: self.owner, at: item.span) {
        $0.consumes.append(UnitSpec.Consumed(path: spec.stampPath, reload: false))
      }
    }
  }

  // MARK: Users and folders

  private mutating func group(_ item: GroupItem) {
    guard let name = evaluator.string(item.name) else { return }
    add(.group, name, .group(GroupSpec(name: name, system: item.system)), at: item.span)
  }

  private mutating func user(_ item: UserItem) {
    guard let name = evaluator.string(item.name) else { return }
    let spec = UserSpec(
      name: name,
      system: item.system,
      group: evaluator.optional(item.group) ?? "",
      groups: evaluator.strings(item.groups).sorted(),
      home: evaluator.optional(item.home) ?? "/nonexistent",
      shell: evaluator.optional(item.shell) ?? "/usr/sbin/nologin",
      createHome: item.createHome,
      manage: item.manage
    )
    add(.user, name, .user(spec), at: item.span)
  }

  private mutating func directory(_ item: DirectoryItem) {
    guard let path = evaluator.path(item.path),
      let ownership = ownership(item.owner, item.group, item.mode)
    else { return }
    let spec = DirectorySpec(path: path, ownership: ownership, data: item.data)
    add(.dir, path, .directory(spec), at: item.span)
  }

  mutating func ownership(_ owner: TemplateText, _ group: TemplateText, _ mode: Int) -> Ownership? {
    guard let owner = evaluator.string(owner), let group = evaluator.string(group) else {
      return nil
    }
    return Ownership(owner: owner, group: group, mode: mode)
  }

  // MARK: Secrets and certificates

  private mutating func secret(_ item: SecretItem) {
    guard let file = evaluator.path(item.file),
      let ownership = ownership(item.owner, item.group, item.mode)
    else { return }
    let id = SecretID(role: instanceRole, name: item.name)
    let spec = SecretSpec(
      id: id,
      file: file,
      key: item.key,
      length: item.length,
      ownership: ownership
    )
    // No `#`: a shell would take the rest of the address for a comment when it stands alone.
    add(.secret, id.description, .secret(spec), at: item.span)
  }

  private mutating func authority(_ item: AuthorityItem) {
    guard let directory = evaluator.path(item.directory), let name = evaluator.string(item.name)
    else { return }
    let spec = AuthoritySpec(directory: directory, commonName: name)
    add(.certificate, "authority", .authority(spec), at: item.span)
  }

  private mutating func certificate(_ item: CertificateItem) {
    guard let cert = evaluator.path(item.cert), let key = evaluator.path(item.key),
      let ownership = ownership(item.owner, item.group, item.keyMode)
    else { return }
    guard let authority else {
      evaluator.diagnostics.add(
        Diagnostic(
          .dependencyMissing,
          "`\(owner.role)` on `\(builder.node)` needs a certificate, but no role of the fleet holds a "
            + "certificate authority. Assign `slm-backend` (or a role with `authority:`) to a node.",
          at: item.span
        )
      )
      return
    }
    let further = evaluator.strings(item.names).map { "DNS:\($0)" }
    let spec = CertificateSpec(
      certPath: cert,
      keyPath: key,
      keyOwnership: ownership,
      commonName: builder.node.name,
      names: Array(Set(certificateNames + further)).sorted(),
      authority: authority.node,
      authorityDirectory: authority.directory,
      effect: evaluator.effect(item.onChange)
    )
    add(.certificate, cert, .certificate(spec), at: item.span)
  }

  // MARK: Files

  private mutating func file(_ item: FileItem) {
    guard let path = evaluator.path(item.path),
      let ownership = ownership(item.owner, item.group, item.mode),
      let content = evaluator.content(rendered(item))
    else { return }
    let spec = FileSpec(
      path: path,
      content: content,
      ownership: ownership,
      mergesKeys: item.merge == .env,
      effect: evaluator.effect(item.onChange),
      check: evaluator.strings(item.check),
      replacesPackageFile: item.replacesPackageFile
    )
    add(.file, path, .file(spec), at: item.span)
  }

  private mutating func rendered(_ item: FileItem) -> RenderedText? {
    switch item.body {
    case .content(let text):
      return text.render(evaluator.scope, into: &evaluator.diagnostics)
    case .template(let name):
      guard let template = registry.template(definition.name, name) else {
        evaluator.diagnostics.add(
          Diagnostic(
            .templateError,
            "There is no template `files/\(name)` in the role `\(definition.name)`.",
            at: item.span
          )
        )
        return nil
      }
      return template.render(evaluator.scope, into: &evaluator.diagnostics)
    }
  }

  private mutating func link(_ item: LinkItem) {
    guard let path = evaluator.path(item.path), let target = evaluator.string(item.target) else {
      return
    }
    let spec = LinkSpec(path: path, target: target, effect: evaluator.effect(item.onChange))
    add(.link, path, .link(spec), at: item.span)
  }

  private mutating func sysctls(_ items: [SysctlItem]) {
    var lines: [String] = []
    for item in items where evaluator.applies(item.when) {
      guard let value = evaluator.string(item.value) else { continue }
      lines.append("\(item.key) = \(value)\n")
      add(.sysctl, item.key, .sysctl(SysctlSpec(key: item.key, value: value)), at: item.span)
    }
    guard let first = items.first, !lines.isEmpty else { return }
    let path = "/etc/sysctl.d/60-fleetctl-\(definition.name).conf"
    let spec = FileSpec(
      path: path,
      content: FileContent(text: FleetPaths.header + lines.joined()),
      ownership: Ownership(owner: "root", group: "root", mode: 0o644)
    )
    add(.file, path, .file(spec), at: first.span)
  }

  // MARK: Databases

  private mutating func databaseRole(_ item: DatabaseRoleItem) {
    guard let name = evaluator.string(item.name), let password = item.password else { return }
    databaseRole(name, password: password, at: item.span)
  }

  private mutating func databaseRole(_ name: String, password: String, at span: SourceSpan) {
    let spec = DatabaseRoleSpec(name: name, password: SecretID(role: instanceRole, name: password))
    add(.database, "role/\(name)", .databaseRole(spec), at: span)
  }

  private mutating func database(_ item: DatabaseItem) {
    guard let name = evaluator.string(item.name), let owner = evaluator.string(item.owner) else {
      return
    }
    if let password = item.password { databaseRole(owner, password: password, at: item.span) }
    add(.database, name, .database(DatabaseSpec(name: name, owner: owner)), at: item.span)
  }

  // MARK: Sources and steps

  private mutating func source(_ item: SourceItem) {
    guard let path = evaluator.string(item.path), let target = evaluator.path(item.target),
      let ownership = ownership(item.owner, item.group, 0o755)
    else { return }
    let excludes = evaluator.strings(item.excludes)
    let effect = evaluator.effect(item.onChange)
    let spec: SourceSpec
    switch sources.files(of: item.source, path: path, excludes: excludes) {
    case .found(let localPath, let files):
      builder.sources[target] = files
      spec = SourceSpec(
        localPath: localPath,
        target: target,
        ownership: ownership,
        files: files,
        effect: effect
      )
    case .missing(let localPath, let why):
      spec = SourceSpec(
        localPath: localPath,
        target: target,
        ownership: ownership,
        files: nil,
        missing: why,
        effect: effect
      )
    }
    add(.source, target, .source(spec), at: item.span)
  }

  private mutating func step(_ item: StepItem) {
    guard let user = evaluator.string(item.user) else { return }
    let commands = item.commands.map { words in evaluator.strings(words) }
    let environment = item.environment.compactMap { entry -> String? in
      guard let value = text(of: entry.value) else { return nil }
      return "\(entry.key)=\(value)"
    }
    let directory = evaluator.optional(item.directory) ?? "/"
    let inputs = evaluator.strings(item.inputs).map { input -> String in
      guard input.hasPrefix("source:") else { return input }
      return input + "=" + sourceDigest(String(input.dropFirst(7)), in: directory)
    }
    let name = "\(definition.name).\(item.name)"
    let stamp = StepStamp.digest(
      commands: commands,
      environment: environment.sorted(),
      user: user,
      directory: directory,
      inputs: inputs
    )
    let spec = StepSpec(
      name: name,
      creates: evaluator.optional(item.creates) ?? "",
      user: user,
      directory: directory,
      commands: commands,
      environment: environment.sorted(),
      stamp: stamp,
      phase: item.phase == .build ? .build : .migrate,
      reversible: item.reversible,
      effect: evaluator.effect(item.onChange),
      timeoutSeconds: item.timeout.seconds
    )
    // Steps run in the order of the role, after those of the components that it builds on.
    add(.step, name, .step(spec), requires: earlierSteps, at: item.span)
    earlierSteps.append(ResourceAddress(builder.node, .step, name))
  }

  /// Digests of a file, or of a folder with all below it, of the source synced to `directory`.
  private func sourceDigest(_ path: String, in directory: String) -> String {
    let target = builder.sources.keys.filter { directory == $0 || directory.hasPrefix($0 + "/") }
      .max { $0.utf8.count < $1.utf8.count }
    guard let target, let files = builder.sources[target] else { return "no source" }
    let below = String(directory.dropFirst(target.utf8.count + 1))
    let parts = (below.isEmpty ? [] : [below]) + (path == "." ? [] : [path])
    let wanted = parts.joined(separator: "/")
    let found = files.filter {
      wanted.isEmpty || $0.path == wanted || $0.path.hasPrefix(wanted + "/")
    }
    return found.map { "\($0.path) \($0.sha256)" }.joined(separator: "\n")
  }

  mutating func text(of value: TemplateValue) -> String? {
    guard case .text(let template) = value else { return nil }
    return evaluator.string(template)
  }

  private mutating func orphans() {
    for unit in evaluator.strings(definition.orphans.units) {
      builder.unit(unit, by: owner, at: definition.span) {
        $0.state = .stopped
        $0.enabled = false
      }
    }
    for template in definition.orphans.paths {
      guard let path = evaluator.path(template) else { continue }
      add(.file, path, .absentPath(AbsentPathSpec(path: path)), at: template.span)
    }
  }
}
