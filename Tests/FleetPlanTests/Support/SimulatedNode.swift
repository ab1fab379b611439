import FleetDigest
import FleetModel
import FleetResources

/// A node in memory that does what the runtime does, as far as observations show it.
struct SimulatedNode {
  /// An operation that a real node would refuse.
  struct Refusal: Error, CustomStringConvertible {
    var description: String
  }

  fileprivate(set) var seen = ObservedNode()
  private var owners: [SecretID: (file: String, key: String)] = [:]
  private var serial = 0
  /// Units that come with a package.
  var packageUnits: [String: [String]] = [:]
  /// Configuration files that come with a package.
  var packageFiles: [String: [String]] = [:]
  /// Digests of what was kept of somebody else's before it was changed, by path.
  private(set) var copies: [String: String] = [:]
  /// Steps that were run, in order.
  private(set) var log: [String] = []

  init() {
    seen.system.clockMicroseconds = 1_000_000_000
    seen.system.unitsLoaded = 1
    seen.manifest = .absent
    seen.listeners = .value([])
    seen.authority = .absent
    seen.postgres = .absent
    seen.firewall = .value(ObservedFirewall(active: false, rules: []))
  }

  var clock: Int { seen.system.clockMicroseconds }

  mutating func tick() { seen.system.clockMicroseconds += 1_000_000 }

  /// Answers a request: what it does not know is not there.
  mutating func look(_ request: ProbeRequest) {
    for path in request.paths where seen.paths[path.path] == nil { seen.paths[path.path] = .absent }
    for unit in request.units where seen.units[unit] == nil {
      seen.units[unit] = .value(ObservedUnit())
    }
    for name in request.packages where seen.packages[name] == nil { seen.packages[name] = .absent }
    for name in request.users where seen.users[name] == nil { seen.users[name] = .absent }
    for name in request.groups where seen.groups[name] == nil { seen.groups[name] = .absent }
    for key in request.sysctls where seen.sysctls[key] == nil { seen.sysctls[key] = .value("0") }
    for certificate in request.certificates where seen.certificates[certificate.certPath] == nil {
      seen.certificates[certificate.certPath] = .absent
    }
    for secret in request.secrets { owners[secret.id] = (secret.file, secret.key) }
  }

  mutating func setManifest(_ manifest: Manifest) { seen.manifest = .value(manifest) }

  // MARK: edits by hand

  mutating func edit(_ path: String, _ text: String) {
    tick()
    let rights = seen.paths[path]?.known?.ownership
    put(path, Array(text.utf8), rights ?? Ownership(owner: "root", group: "root", mode: 0o644))
  }

  mutating func delete(_ path: String) {
    tick()
    seen.paths[path] = .absent
  }

  mutating func chmod(_ path: String, _ mode: Int) {
    tick()
    guard case .value(var file) = seen.paths[path] else { return }
    file.ownership.mode = mode
    file.changedMicroseconds = clock
    seen.paths[path] = .value(file)
  }

  mutating func systemctl(_ verb: String, _ unit: String) {
    tick()
    guard case .value(var state) = seen.units[unit] else { return }
    switch verb {
    case "start", "restart":
      serial += 1
      state.activeState = "active"
      state.subState = "running"
      state.invocation = "invocation-\(serial)"
      state.processStarted = clock
      state.activeEntered = clock
      state.stateChanged = clock
      if unit.hasPrefix("postgresql"), case .value = seen.postgres {
      } else if unit.hasPrefix("postgresql") {
        seen.postgres = .value(ObservedPostgres(roles: [], databases: [:]))
      }
    case "reload": state.stateChanged = clock
    case "stop":
      state.activeState = "inactive"
      state.subState = "dead"
      state.stateChanged = clock
    case "enable": state.unitFileState = "enabled"
    case "disable": state.unitFileState = "disabled"
    default: break
    }
    seen.units[unit] = .value(state)
  }

  mutating func reboot() {
    tick()
    for (name, fact) in seen.units {
      guard case .value(let unit) = fact else { continue }
      systemctl("stop", name)
      if unit.unitFileState == "enabled" { systemctl("start", name) }
    }
    seen.system.unitsLoaded = clock
  }

  mutating func daemonReload() {
    tick()
    seen.system.unitsLoaded = clock
    for (name, fact) in seen.units {
      guard case .value(var unit) = fact, unit.loadState == "not-found" else { continue }
      guard seen.paths["/etc/systemd/system/" + name]?.known != nil else { continue }
      unit.loadState = "loaded"
      unit.unitFileState = "disabled"
      seen.units[name] = .value(unit)
    }
  }

  // MARK: operations

  mutating func run(_ operations: [NodeOperation]) throws(Refusal) {
    for operation in operations { try run(operation) }
  }

  private mutating func run(_ operation: NodeOperation) throws(Refusal) {
    tick()
    let words = operation.arguments
    log.append(([operation.verb.rawValue] + words.prefix(3)).joined(separator: " "))
    let blob = operation.blob?.reveal { $0 } ?? []
    switch operation.verb {
    case .makeDirectory:
      var folder = ObservedPath(kind: .directory, ownership: rights(words[1...]))
      folder.changedMicroseconds = clock
      seen.paths[words[0]] = .value(folder)
    case .writeFile: try write(words, blob)
    case .setOwnership:
      guard case .value(var file) = seen.paths[words[0]] else {
        throw Refusal(description: words[0])
      }
      file.ownership = rights(words[1...])
      file.changedMicroseconds = clock
      seen.paths[words[0]] = .value(file)
    case .makeLink:
      if seen.paths[words[0]]?.known?.kind == .file {
        throw Refusal(description: "a file is there")
      }
      var link = ObservedPath(
        kind: .link,
        ownership: Ownership(owner: "root", group: "root", mode: 0o777)
      )
      link.target = words[1]
      link.changedMicroseconds = clock
      seen.paths[words[0]] = .value(link)
    case .purge: seen.paths[words[0]] = .absent
    case .keep: copies[words[0]] = seen.paths[words[0]]?.known?.sha256 ?? ""
    case .remove: seen.paths[words[0]] = .absent
    case .fetch:
      put(words[1], Array("key".utf8), Ownership(owner: "root", group: "root", mode: 0o644))
    case .aptInstall: install(words)
    case .addGroup: seen.groups[words[0]] = .value(true)
    case .addUser: seen.users[words[0]] = .value(words[5].split(separator: ",").map(String.init))
    case .addUserGroups:
      let known = seen.users[words[0]]?.known ?? []
      seen.users[words[0]] = .value(known + words[1].split(separator: ",").map(String.init))
    case .unpackArchive:
      let root = Ownership(owner: words[4], group: words[5], mode: 0o755)
      seen.paths[words[2]] = .value(ObservedPath(kind: .directory, ownership: root))
      put(words[2] + "/.fleetctl-archive", Array((words[6] + "\n").utf8), root)
    case .generateSecret: generate(words, given: operation.blob)
    case .createAuthority: seen.authority = .value("PEM of \(words[1])\n")
    case .runStep: put(words[4], Array((words[5] + "\n").utf8), rights(["0600", "root", "root"]))
    case .setSysctl: seen.sysctls[words[0]] = .value(words[1])
    case .daemonReload: daemonReload()
    case .unit: try unit(words)
    case .postgresRole, .postgresDatabase: try database(operation.verb, words)
    case .firewall: firewall(words)
    case .removeDirectory:
      let isUsed = seen.paths.contains { $0.key.hasPrefix(words[0] + "/") && $0.value.known != nil }
      if !isUsed { seen.paths[words[0]] = .absent }
    case .syncSource: put(words[3], [], rights(["0600", "root", "root"]))
    case .aptUpdate, .requestCertificate, .signCertificate,
      .waitUnit,
      .checkCommand,
      .checkFile:
      break
    }
  }

  private func rights(_ words: ArraySlice<String>) -> Ownership {
    let words = Array(words)
    return Ownership(owner: words[1], group: words[2], mode: Int(words[0], radix: 8) ?? 0)
  }

  mutating func put(_ path: String, _ bytes: [UInt8], _ rights: Ownership) {
    var file = ObservedPath(kind: .file, ownership: rights)
    file.sha256 = SHA256.hex(bytes)
    file.size = bytes.count
    file.content = Secret(bytes)
    file.changedMicroseconds = clock
    seen.paths[path] = .value(file)
  }

  private mutating func write(_ words: [String], _ blob: [UInt8]) throws(Refusal) {
    let before = seen.paths[words[0]]?.known?.sha256 ?? "absent"
    guard words[5] == "any" || words[5] == before else {
      throw Refusal(description: "\(words[0]) is not what was seen")
    }
    guard SHA256.hex(blob) == words[4] else { throw Refusal(description: "wrong content") }
    put(words[0], blob, rights(words[1...3]))
  }

  private mutating func install(_ names: [String]) {
    for name in names {
      let parts = name.split(separator: "=").map(String.init)
      seen.packages[parts[0]] = .value(parts.count > 1 ? parts[1] : "1.0")
      for path in packageFiles[parts[0]] ?? [] where seen.paths[path]?.known == nil {
        put(path, Array("# default\n".utf8), rights(["0644", "root", "root"]))
      }
      for unit in packageUnits[parts[0]] ?? [] where seen.units[unit]?.known?.loadState != "loaded"
      {
        var state = ObservedUnit()
        state.loadState = "loaded"
        state.unitFileState = "disabled"
        seen.units[unit] = .value(state)
      }
    }
  }

  private mutating func generate(_ words: [String], given: Secret?) {
    let id = owners.keys.sorted().first {
      owners[$0]?.file == words[0] && owners[$0]?.key == words[1]
    }
    guard let id, seen.secrets[id] == nil else { return }
    serial += 1
    let fresh = "generated-\(serial)-\(String(repeating: "x", count: Int(words[2]) ?? 0))"
    let value = given?.reveal { String(decoding: $0, as: UTF8.self) } ?? fresh
    seen.secrets[id] = Secret(Array(value.utf8))
    let old = seen.paths[words[0]]?.known?.content?.reveal { $0 } ?? []
    put(words[0], old + Array("\(words[1])=\(value)\n".utf8), rights(words[3...]))
  }

  private mutating func unit(_ words: [String]) throws(Refusal) {
    guard case .value(let state) = seen.units[words[1]],
      state.loadState == "loaded" || words[0] != "start"
    else { throw Refusal(description: "\(words[1]) is not there") }
    systemctl(words[0], words[1])
  }

  private mutating func database(_ verb: NodeOperation.Verb, _ words: [String]) throws(Refusal) {
    guard case .value(var state) = seen.postgres else { throw Refusal(description: "no server") }
    if verb == .postgresRole {
      state.roles = Set(state.roles + [words[0]]).sorted()
    } else {
      state.databases[words[0]] = words[1]
    }
    seen.postgres = .value(state)
  }

  private mutating func firewall(_ words: [String]) {
    guard case .value(var state) = seen.firewall else { return }
    if words == ["--force", "enable"] { state.active = true }
    if words.first == "allow" { state.rules.append(normal(words)) }
    if words.first == "delete" {
      let rule = normal(Array(words.dropFirst()))
      state.rules.removeAll { $0.hasPrefix(rule.split(separator: "#")[0]) }
    }
    state.rules.sort()
    seen.firewall = .value(state)
  }

  private func normal(_ words: [String]) -> String {
    let comment = words.firstIndex(of: "comment").map { words[$0 + 1] } ?? ""
    if words[1] == "in" { return "allow in on \(words[3]) # \(comment)" }
    return "allow \(words[2]) \(words[6])/\(words[8]) # \(comment)"
  }

  // MARK: what apply does with several hands

  mutating func placeCertificate(_ spec: CertificateSpec, authority: String) {
    tick()
    seen.certificates[spec.certPath] = .value(
      ObservedCertificate(
        notAfter: clock / 1_000_000 + CertificateSpec.days * 86_400,
        names: spec.names,
        issuer: "CA",
        keyMatches: true,
        authoritySHA256: SHA256.hex(Array(authority.utf8))
      )
    )
    put(spec.certPath, Array("certificate \(clock)".utf8), rights(["0644", "root", "root"]))
    put(spec.keyPath, Array("key".utf8), spec.keyOwnership)
  }

  mutating func sync(_ spec: SourceSpec) {
    tick()
    seen.paths[spec.target] = .value(ObservedPath(kind: .directory, ownership: spec.ownership))
    put(spec.manifestPath, Array(spec.list.utf8), rights(["0600", "root", "root"]))
  }

  mutating func finish(_ spec: StepSpec) {
    guard !spec.creates.isEmpty else { return }
    put(spec.creates, [], rights(["0755", "root", "root"]))
  }
}

extension SimulatedNode {
  /// A folder from before our time.
  mutating func putFolder(_ path: String, _ rights: Ownership) {
    seen.paths[path] = .value(ObservedPath(kind: .directory, ownership: rights))
  }

  /// A service from before our time, running.
  mutating func addService(_ name: String) {
    var unit = ObservedUnit()
    unit.loadState = "loaded"
    unit.unitFileState = "enabled"
    seen.units[name] = .value(unit)
    seen.system.unitsLoaded = clock
    systemctl("start", name)
  }

  /// Somebody masks a unit.
  mutating func mask(_ name: String) {
    guard case .value(var unit) = seen.units[name] else { return }
    unit.loadState = "masked"
    unit.unitFileState = "masked"
    seen.units[name] = .value(unit)
  }

  /// A database server from before our time.
  mutating func setSecret(_ id: SecretID, _ value: String?) {
    seen.secrets[id] = value.map { Secret(Array($0.utf8)) }
  }

  mutating func setPostgres(_ postgres: ObservedPostgres) { seen.postgres = .value(postgres) }

  /// What a look at the folders above and at the journals of earlier runs brings.
  mutating func remember(
    packageFiles: Set<String> = [],
    ownPaths: Set<String> = [],
    ownersAbove: [String: FolderOwner] = [:],
    unsafeParents: [String: String] = [:]
  ) {
    seen.packageFiles = packageFiles
    seen.ownPaths = ownPaths
    seen.ownersAbove = ownersAbove
    seen.unsafeParents = unsafeParents
  }

  /// An account from before our time.
  mutating func addUser(_ name: String) { seen.users[name] = .value([name]) }
}
