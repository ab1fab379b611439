internal import FleetModel
internal import FleetResources

/// What resources of one node need of each other beyond what they say: owners, folders above, the
/// database server, what a unit is made of, the steps before a step.
struct ImpliedNeeds {
  private var users: [String: ResourceAddress] = [:]
  private var groups: [String: ResourceAddress] = [:]
  private var folders: [String: ResourceAddress] = [:]
  private var parts: [String: [ResourceAddress]] = [:]
  private var servers: [ResourceAddress] = []
  private var databaseRoles: [String: ResourceAddress] = [:]
  private var databases: [String: [ResourceAddress]] = [:]
  private var sources: [String: [ResourceAddress]] = [:]
  private var steps: [String: [(place: Origin, address: ResourceAddress)]] = [:]
  private var secrets: [SecretID: ResourceAddress] = [:]
  private var files: [(path: String, address: ResourceAddress)] = []
  /// What a role's programs work with.
  private var material: [String: [ResourceAddress]] = [:]

  init(_ resources: [Resource]) {
    for resource in resources {
      let address = resource.address
      switch resource.spec {
      case .user(let spec): users[spec.name] = address
      case .group(let spec): groups[spec.name] = address
      case .secret(let spec): secrets[spec.id] = address
      case .directory(let spec): folders[spec.path] = address
      case .unit(let spec) where spec.name.hasPrefix("postgresql"): servers.append(address)
      case .databaseRole(let spec):
        databaseRoles[spec.name] = address
        databases[resource.role, default: []].append(address)
      case .database: databases[resource.role, default: []].append(address)
      case .source: sources[resource.role, default: []].append(address)
      case .step: steps[resource.role, default: []].append((Origin(resource.origin), address))
      case .file(let spec):
        files.append((spec.path, address))
        // Its definition, also of a unit that nobody starts.
        if spec.isUnitDefinition, let unit = Self.unit(definedBy: spec.path) {
          parts[unit, default: []].append(address)
        }
      default: break
      }
      if Self.isMaterial(resource.spec) { material[resource.role, default: []].append(address) }
      let effect = resource.spec.effect
      for unit in Set(effect.restart + effect.reload) { parts[unit, default: []].append(address) }
    }
  }

  private static func isMaterial(_ spec: ResourceSpec) -> Bool {
    switch spec {
    // The role's other units may need what is not there yet.
    case .file(let file): !file.isUnitDefinition
    case .directory, .user, .group, .secret, .package: true
    default: false
    }
  }

  /// `x.service` of `/etc/systemd/system/x.service` and of a drop-in in `x.service.d`.
  private static func unit(definedBy path: String) -> String? {
    let parts = path.split(separator: "/")
    guard let last = parts.last else { return nil }
    let folder = parts.dropLast().last ?? ""
    return folder.hasSuffix(".d") ? String(folder.dropLast(2)) : String(last)
  }

  /// Returns all needs of a resource, its own and the implied ones.
  func needs(of resource: Resource) -> [ResourceAddress] {
    var found = Set(resource.requires)
    if let ownership = resource.spec.ownership {
      if let user = users[ownership.owner] { found.insert(user) }
      if let group = groups[ownership.group] { found.insert(group) }
    }
    if let path = resource.spec.placedPath, let folder = folder(above: path) {
      found.insert(folder)
    }
    switch resource.spec {
    case .user(let spec):
      for name in spec.groups + [spec.group] {
        if let group = groups[name] { found.insert(group) }
      }
    case .unit(let spec):
      found.formUnion(parts[spec.name] ?? [])
      // A copy is made with the role's own scripts, folders and secrets.
      if !spec.backups.isEmpty { found.formUnion(material[resource.role] ?? []) }
    case .file(let spec): found.formUnion(spec.content.secrets.compactMap { secrets[$0] })
    case .databaseRole: found.formUnion(servers)
    case .database(let spec):
      found.formUnion(servers)
      if let owner = databaseRoles[spec.owner] { found.insert(owner) }
    case .step(let spec): found.formUnion(needs(of: spec, resource))
    default: break
    }
    found.remove(resource.address)
    return found.sorted()
  }

  private func folder(above path: String) -> ResourceAddress? {
    var path = path[...]
    while let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      path = path[..<slash]
      if let folder = folders[String(path)] { return folder }
    }
    return nil
  }

  private func needs(of step: StepSpec, _ resource: Resource) -> [ResourceAddress] {
    var found = sources[resource.role] ?? []
    if let user = users[step.user] { found.append(user) }
    if let folder = folders[step.directory] ?? folder(above: step.directory) {
      found.append(folder)
    }
    if step.phase == .migrate { found += databases[resource.role] ?? [] }
    // A role's steps run in the order in which it lists them.
    let place = Origin(resource.origin)
    found += (steps[resource.role] ?? []).filter { $0.place < place }.map(\.address)
    let words = Set(step.commands.joined())
    for file in files where file.path.hasPrefix(step.directory + "/") || words.contains(file.path) {
      found.append(file.address)
    }
    return found
  }

  /// The place `roles/x/role.yaml:12:3` of an origin, comparable within one file.
  private struct Origin: Comparable {
    let file: String
    let line: Int

    init(_ text: String) {
      let parts = text.split(separator: ":")
      file = String(parts.first ?? "")
      line = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    }

    static func < (left: Self, right: Self) -> Bool {
      left.file == right.file && left.line < right.line
    }
  }
}

extension ResourceSpec {
  /// Owner and group, where there are any.
  fileprivate var ownership: Ownership? {
    switch self {
    case .directory(let spec): spec.ownership
    case .file(let spec): spec.ownership
    case .archive(let spec): spec.ownership
    case .source(let spec): spec.ownership
    case .secret(let spec): spec.ownership
    case .certificate(let spec): spec.keyOwnership
    default: nil
    }
  }

  /// The path that it puts something at.
  var placedPath: String? {
    switch self {
    case .directory(let spec): spec.path
    case .file(let spec): spec.path
    case .link(let spec): spec.path
    case .archive(let spec): spec.target
    case .source(let spec): spec.target
    case .secret(let spec): spec.file
    case .certificate(let spec): spec.certPath
    default: nil
    }
  }
}
