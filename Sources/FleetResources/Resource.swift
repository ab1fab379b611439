package import FleetModel

/// One thing on one node that is observed, compared and converged.
package struct Resource: Sendable, Hashable {
  /// Where it is and of which kind.
  package let address: ResourceAddress
  /// The role (or component) that wants it.
  package let role: String
  /// What it should be.
  package let spec: ResourceSpec
  /// What must be converged before it, on this node or another.
  package let requires: [ResourceAddress]
  /// Activation wave across the fleet, 0 first. Providers come before their consumers.
  package let wave: Int
  /// Who asked for it, for people: `fleet.yaml:41:7` or `roles/redis/role.yaml:12:3`.
  package let origin: String

  /// Makes a resource.
  package init(
    _ address: ResourceAddress,
    role: String,
    spec: ResourceSpec,
    requires: [ResourceAddress] = [],
    wave: Int = 0,
    origin: String
  ) {
    self.address = address
    self.role = role
    self.spec = spec
    self.requires = requires
    self.wave = wave
    self.origin = origin
  }
}

/// What a resource should be, by kind.
package enum ResourceSpec: Sendable, Hashable {
  case aptSource(AptSourceSpec)
  case package(PackageSpec)
  case archive(ArchiveSpec)
  case group(GroupSpec)
  case user(UserSpec)
  case directory(DirectorySpec)
  /// Files and drop-ins.
  case file(FileSpec)
  case link(LinkSpec)
  /// Path that must not exist (orphans, a package's default site).
  case absentPath(AbsentPathSpec)
  case sysctl(SysctlSpec)
  case secret(SecretSpec)
  case certificate(CertificateSpec)
  case authority(AuthoritySpec)
  case source(SourceSpec)
  case step(StepSpec)
  case databaseRole(DatabaseRoleSpec)
  case database(DatabaseSpec)
  case unit(UnitSpec)
  case firewall(FirewallSpec)
}

/// Owner, group and permission bits of a path.
package struct Ownership: Sendable, Hashable {
  /// User name.
  package var owner: String
  /// Group name.
  package var group: String
  /// Permission bits, `0o640`.
  package var mode: Int

  /// Makes an ownership.
  package init(owner: String, group: String, mode: Int) {
    self.owner = owner
    self.group = group
    self.mode = mode
  }

  /// `0640 root:redis`.
  package var display: String {
    let octal = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - octal.count)) + octal + " \(owner):\(group)"
  }
}

/// What must happen to units when something they consume changes.
package struct ChangeEffect: Sendable, Hashable {
  /// Units to restart.
  package var restart: [String]
  /// Units to reload.
  package var reload: [String]

  /// Makes an effect; nothing by default.
  package init(restart: [String] = [], reload: [String] = []) {
    self.restart = restart
    self.reload = reload
  }
}

/// A secret of a role: role and name, as in `secrets['redis.redis_password']`.
package struct SecretID: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Role that owns it.
  package let role: String
  /// Name within the role.
  package let name: String

  /// Makes an id.
  package init(role: String, name: String) {
    self.role = role
    self.name = name
  }

  /// `redis.redis_password`.
  package var description: String { "\(role).\(name)" }
  /// Orders by role, then name.
  package static func < (left: Self, right: Self) -> Bool {
    (left.role, left.name) < (right.role, right.name)
  }
}

/// Content of a file: text with holes where secrets go.
package struct FileContent: Sendable, Hashable {
  /// A stretch of content.
  package enum Piece: Sendable, Hashable {
    case text(String)
    case secret(SecretID)
  }

  /// The stretches in order.
  package var pieces: [Piece]

  /// Makes content.
  package init(_ pieces: [Piece]) {
    self.pieces = pieces
  }

  /// Makes content without secrets.
  package init(text: String) {
    pieces = [.text(text)]
  }

  /// The secrets it holds, sorted, each once.
  package var secrets: [SecretID] {
    let found = pieces.compactMap { piece -> SecretID? in
      if case .secret(let id) = piece { id } else { nil }
    }
    return Array(Set(found)).sorted()
  }

  /// The text, or nil if it holds secrets.
  package var plainText: String? {
    var text = ""
    for piece in pieces {
      guard case .text(let part) = piece else { return nil }
      text += part
    }
    return text
  }

  /// The bytes with every hole filled, or nil while a secret is not known yet.
  package func bytes(_ values: [SecretID: Secret]) -> [UInt8]? {
    var bytes: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .text(let part): bytes.append(contentsOf: part.utf8)
      case .secret(let id):
        guard let value = values[id] else { return nil }
        value.reveal { bytes.append(contentsOf: $0) }
      }
    }
    return bytes
  }
}

/// `apt-source:`: a deb822 file and its key.
package struct AptSourceSpec: Sendable, Hashable {
  /// `/etc/apt/sources.list.d/NAME.sources`.
  package var path: String
  /// Its content.
  package var content: String
  /// `/etc/apt/keyrings/NAME.asc` or `.gpg`.
  package var keyPath: String
  /// Where the node gets the key: `https://…`, `http://…` or `file:/…`; empty when there is none.
  package var keyURL: String
  /// `/etc/apt/preferences.d/NAME` and its content, if pinned.
  package var preferences: String?

  /// Makes a source.
  package init(
    path: String,
    content: String,
    keyPath: String,
    keyURL: String,
    preferences: String? = nil
  ) {
    self.path = path
    self.content = content
    self.keyPath = keyPath
    self.keyURL = keyURL
    self.preferences = preferences
  }

  /// Path of the preferences file that belongs to it.
  package var preferencesPath: String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return "/etc/apt/preferences.d/" + name.replacingSuffix(".sources", with: "")
  }
}

/// `package:`.
package struct PackageSpec: Sendable, Hashable {
  /// Name of the Debian package.
  package var name: String
  /// Exact version wanted, or nil for any.
  package var version: String?

  /// Makes a package.
  package init(name: String, version: String? = nil) {
    self.name = name
    self.version = version
  }
}

/// `archive:`: a tarball unpacked into a folder, with a stamp file `TARGET/.fleetctl-archive`.
package struct ArchiveSpec: Sendable, Hashable {
  /// Where the node gets it: `https://…` or `file:/…`.
  package var url: String
  /// SHA-256 in hex; empty when it is not pinned.
  package var sha256: String
  /// Folder to unpack into.
  package var target: String
  /// Leading path components to drop, as tar's `--strip-components`.
  package var strip: Int
  /// Owner and group of what is unpacked; the mode is of the target folder.
  package var ownership: Ownership

  /// Makes an archive.
  package init(url: String, sha256: String, target: String, strip: Int, ownership: Ownership) {
    self.url = url
    self.sha256 = sha256
    self.target = target
    self.strip = strip
    self.ownership = ownership
  }

  /// Content of the stamp file: what was unpacked.
  package var stamp: String { "\(url) \(sha256.isEmpty ? "unpinned" : sha256) \(strip)\n" }
  /// Path of the stamp file.
  package var stampPath: String { target + "/.fleetctl-archive" }
}

/// `group:`.
package struct GroupSpec: Sendable, Hashable {
  /// Name.
  package var name: String
  /// Whether it is a system group.
  package var system: Bool

  /// Makes a group.
  package init(name: String, system: Bool = true) {
    self.name = name
    self.system = system
  }
}

/// `user:`.
package struct UserSpec: Sendable, Hashable {
  /// Name.
  package var name: String
  /// Whether it is a system user.
  package var system: Bool
  /// Primary group; empty for one of the same name.
  package var group: String
  /// Supplementary groups it must be in; others are left alone.
  package var groups: [String]
  /// Home folder.
  package var home: String
  /// Login shell.
  package var shell: String
  /// Whether to create the home folder.
  package var createHome: Bool
  /// False: must exist already and is never created.
  package var manage: Bool

  /// Makes a user.
  package init(
    name: String,
    system: Bool = true,
    group: String = "",
    groups: [String] = [],
    home: String = "/nonexistent",
    shell: String = "/usr/sbin/nologin",
    createHome: Bool = false,
    manage: Bool = true
  ) {
    self.name = name
    self.system = system
    self.group = group
    self.groups = groups
    self.home = home
    self.shell = shell
    self.createHome = createHome
    self.manage = manage
  }
}

/// `dir:`.
package struct DirectorySpec: Sendable, Hashable {
  /// Absolute path.
  package var path: String
  /// Owner, group, mode.
  package var ownership: Ownership
  /// Data: kept when the role goes.
  package var data: Bool

  /// Makes a directory.
  package init(path: String, ownership: Ownership, data: Bool) {
    self.path = path
    self.ownership = ownership
    self.data = data
  }
}

/// `file:` and `drop-in:`.
package struct FileSpec: Sendable, Hashable {
  /// Absolute path.
  package var path: String
  /// Content, or the keys to set when `mergesKeys`.
  package var content: FileContent
  /// Owner, group, mode.
  package var ownership: Ownership
  /// `KEY=VALUE` file shared with others: only our keys are set, every other line stays.
  package var mergesKeys: Bool
  /// What a change means for units.
  package var effect: ChangeEffect
  /// A unit file or drop-in: a change needs a daemon-reload.
  package var isUnitDefinition: Bool
  /// Program and arguments that check the content, informational.
  package var check: [String]

  /// Makes a file.
  package init(
    path: String,
    content: FileContent,
    ownership: Ownership,
    mergesKeys: Bool = false,
    effect: ChangeEffect = ChangeEffect(),
    isUnitDefinition: Bool = false,
    check: [String] = []
  ) {
    self.path = path
    self.content = content
    self.ownership = ownership
    self.mergesKeys = mergesKeys
    self.effect = effect
    self.isUnitDefinition = isUnitDefinition
    self.check = check
  }
}

/// `link:`.
package struct LinkSpec: Sendable, Hashable {
  /// Path of the link.
  package var path: String
  /// What it points to, as written.
  package var target: String
  /// What a change means for units.
  package var effect: ChangeEffect

  /// Makes a link.
  package init(path: String, target: String, effect: ChangeEffect = ChangeEffect()) {
    self.path = path
    self.target = target
    self.effect = effect
  }
}

/// A path that must not exist.
package struct AbsentPathSpec: Sendable, Hashable {
  /// Path.
  package var path: String
  /// What its removal means for units.
  package var effect: ChangeEffect

  /// Makes one.
  package init(path: String, effect: ChangeEffect = ChangeEffect()) {
    self.path = path
    self.effect = effect
  }
}

/// `sysctl:`; the lasting form is a `file:` of the role, this is the running value.
package struct SysctlSpec: Sendable, Hashable {
  /// Dotted key.
  package var key: String
  /// Value as the kernel prints it.
  package var value: String

  /// Makes a setting.
  package init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// `secret:`: made once on its owner node, kept in an env file under a key.
package struct SecretSpec: Sendable, Hashable {
  /// Identity.
  package var id: SecretID
  /// File that keeps it.
  package var file: String
  /// Key in that file.
  package var key: String
  /// Length in characters of `A-Za-z0-9`.
  package var length: Int
  /// Owner, group, mode of the file when it is made here.
  package var ownership: Ownership

  /// Makes a secret.
  package init(id: SecretID, file: String, key: String, length: Int, ownership: Ownership) {
    self.id = id
    self.file = file
    self.key = key
    self.length = length
    self.ownership = ownership
  }
}

/// The fleet's CA, on one node. Address `certificate:authority`.
package struct AuthoritySpec: Sendable, Hashable {
  /// Folder, 0700 root, with `ca-key.pem` and `ca-cert.pem`.
  package var directory: String
  /// Common name.
  package var commonName: String

  /// Makes an authority.
  package init(directory: String, commonName: String) {
    self.directory = directory
    self.commonName = commonName
  }

  /// Path of the certificate.
  package var certificatePath: String { directory + "/ca-cert.pem" }
}

/// `certificate:`: key made on the node, certificate signed by the fleet's CA.
package struct CertificateSpec: Sendable, Hashable {
  /// Certificate, 0644 root.
  package var certPath: String
  /// Private key.
  package var keyPath: String
  /// Owner, group and mode of the key.
  package var keyOwnership: Ownership
  /// Common name.
  package var commonName: String
  /// Subject alternative names, `IP:172.16.168.20` or `DNS:01-Backend`, sorted.
  package var names: [String]
  /// Node that signs.
  package var authority: NodeID
  /// Folder of the authority there.
  package var authorityDirectory: String
  /// What a change means for units.
  package var effect: ChangeEffect

  /// Makes a certificate.
  package init(
    certPath: String,
    keyPath: String,
    keyOwnership: Ownership,
    commonName: String,
    names: [String],
    authority: NodeID,
    authorityDirectory: String,
    effect: ChangeEffect = ChangeEffect()
  ) {
    self.certPath = certPath
    self.keyPath = keyPath
    self.keyOwnership = keyOwnership
    self.commonName = commonName
    self.names = names
    self.authority = authority
    self.authorityDirectory = authorityDirectory
    self.effect = effect
  }
}

/// One file of a source tree.
package struct SourceFile: Sendable, Hashable {
  /// Path relative to the target, `/`-separated, no `..`.
  package var path: String
  /// SHA-256 of the content in hex.
  package var sha256: String
  /// Whether it is executable.
  package var executable: Bool

  /// Makes an entry.
  package init(path: String, sha256: String, executable: Bool) {
    self.path = path
    self.sha256 = sha256
    self.executable = executable
  }
}

/// `source:`: a tree of the operator's machine, copied file by file; only what we put there is deleted.
package struct SourceSpec: Sendable, Hashable {
  /// Folder on the operator's machine.
  package var localPath: String
  /// Folder on the node.
  package var target: String
  /// Owner and group of the files.
  package var ownership: Ownership
  /// Its files, sorted by path; nil when the tree is not at hand (the plan says `blocked`).
  package var files: [SourceFile]?
  /// Why `files` is nil.
  package var missing: String?
  /// What a change means for units.
  package var effect: ChangeEffect

  /// Makes a source.
  package init(
    localPath: String,
    target: String,
    ownership: Ownership,
    files: [SourceFile]?,
    missing: String? = nil,
    effect: ChangeEffect = ChangeEffect()
  ) {
    self.localPath = localPath
    self.target = target
    self.ownership = ownership
    self.files = files
    self.missing = missing
    self.effect = effect
  }

  /// Where the node keeps the list of what we put there (`sha256 flag path` a line).
  package var manifestPath: String {
    "/var/lib/fleetctl/sources/" + target.dropFirst().map { $0 == "/" ? "_" : String($0) }.joined()
  }
}

/// `step:`: commands with a probe.
package struct StepSpec: Sendable, Hashable {
  /// When it runs.
  package enum Phase: String, Sendable, Hashable {
    case build, migrate
  }

  /// Name, unique on the node: `backend.venv`.
  package var name: String
  /// Path that must exist for the step to count as done; empty for none.
  package var creates: String
  /// User to run as.
  package var user: String
  /// Working directory.
  package var directory: String
  /// Argument vectors, run in order.
  package var commands: [[String]]
  /// Environment, `KEY=VALUE`, sorted.
  package var environment: [String]
  /// Digest over everything that decides the result; equal to the stamp when nothing is to do.
  package var stamp: String
  /// Phase.
  package var phase: Phase
  /// Whether its effect can be undone by rollback.
  package var reversible: Bool
  /// What a run means for units.
  package var effect: ChangeEffect
  /// Deadline in seconds.
  package var timeoutSeconds: Int

  /// Makes a step.
  package init(
    name: String,
    creates: String,
    user: String,
    directory: String,
    commands: [[String]],
    environment: [String],
    stamp: String,
    phase: Phase,
    reversible: Bool,
    effect: ChangeEffect,
    timeoutSeconds: Int
  ) {
    self.name = name
    self.creates = creates
    self.user = user
    self.directory = directory
    self.commands = commands
    self.environment = environment
    self.stamp = stamp
    self.phase = phase
    self.reversible = reversible
    self.effect = effect
    self.timeoutSeconds = timeoutSeconds
  }

  /// Where the node keeps the stamp.
  package var stampPath: String { "/var/lib/fleetctl/steps/" + name }
}

/// `database:role/NAME`.
package struct DatabaseRoleSpec: Sendable, Hashable {
  /// PostgreSQL role.
  package var name: String
  /// Its password.
  package var password: SecretID

  /// Makes a role.
  package init(name: String, password: SecretID) {
    self.name = name
    self.password = password
  }
}

/// `database:NAME`.
package struct DatabaseSpec: Sendable, Hashable {
  /// Database.
  package var name: String
  /// Its owner.
  package var owner: String

  /// Makes a database.
  package init(name: String, owner: String) {
    self.name = name
    self.owner = owner
  }
}

/// `unit:`: the state of a service and what it consumes. Its file, if ours, is a `file:` of its own.
package struct UnitSpec: Sendable, Hashable {
  /// Wanted run state.
  package enum State: String, Sendable, Hashable {
    case started, stopped
    /// Whatever it is: only the file matters (services that a timer starts).
    case untouched
  }

  /// How a restart may happen.
  package enum RestartPolicy: String, Sendable, Hashable {
    case auto, manual, window
  }

  /// A path whose change it must notice.
  package struct Consumed: Sendable, Hashable, Comparable {
    /// Path on the node.
    package var path: String
    /// Whether a reload is enough.
    package var reload: Bool

    /// Makes one.
    package init(path: String, reload: Bool) {
      self.path = path
      self.reload = reload
    }

    /// Orders by path, restarts first.
    package static func < (left: Self, right: Self) -> Bool {
      (left.path, left.reload ? 1 : 0) < (right.path, right.reload ? 1 : 0)
    }
  }

  /// A port that the unit must have bound when healthy.
  package struct BoundPort: Sendable, Hashable {
    /// Addresses it must listen on.
    package var addresses: [String]
    /// Port.
    package var number: Int
    /// `tcp` or `udp`.
    package var transport: String
    /// Whether other machines may reach it (else a wider bind is a finding).
    package var scope: String

    /// Makes one.
    package init(addresses: [String], number: Int, transport: String, scope: String) {
      self.addresses = addresses
      self.number = number
      self.transport = transport
      self.scope = scope
    }
  }

  /// Full name, `redis-stack-server.service`.
  package var name: String
  /// Whether it is enabled at boot; nil: left alone.
  package var enabled: Bool?
  /// Wanted state.
  package var state: State
  /// What it consumes, sorted.
  package var consumes: [Consumed]
  /// Ports it must hold.
  package var ports: [BoundPort]
  /// Restart policy.
  package var restartPolicy: RestartPolicy
  /// What a restart costs, in the role's words; empty when nothing special.
  package var restartCost: String
  /// How long a start usually takes, from the role; nil if unknown.
  package var startupTypical: TimeSpan?
  /// How long a start may take.
  package var startupBudget: TimeSpan
  /// Roles elsewhere that depend on it: `celery on 01-Backend`, sorted.
  package var dependents: [String]
  /// Checks that must pass when it is up.
  package var checks: [HealthCheckSpec]
  /// `auto` or `manual`.
  package var updatePolicy: String

  /// Makes a unit; set what differs from the defaults.
  package init(name: String, enabled: Bool?, state: State) {
    self.name = name
    self.enabled = enabled
    self.state = state
    consumes = []
    ports = []
    restartPolicy = .auto
    restartCost = ""
    startupTypical = nil
    startupBudget = TimeSpan(milliseconds: 60_000)
    dependents = []
    checks = []
    updatePolicy = "auto"
  }
}

/// One health check of a role.
package struct HealthCheckSpec: Sendable, Hashable {
  /// How to check.
  package enum Kind: Sendable, Hashable {
    /// HTTP(S) GET through a forwarded channel; `https` verifies against the fleet's CA.
    case http(host: String, port: Int, path: String, https: Bool, status: Int, bodyContains: String)
    /// A TCP connection is accepted.
    case tcp(host: String, port: Int)
    /// A command on the node exits 0 and prints something that contains the text.
    case command(user: String, arguments: [String], outputContains: String)
  }

  /// How to check.
  package var kind: Kind
  /// A failed required check fails the node; another only warns.
  package var required: Bool
  /// HTTP statuses that mean "still starting".
  package var startingStatuses: [Int]
  /// Node that performs it (a relay for nodes that cannot see themselves); nil: the node itself.
  package var via: NodeID?

  /// Makes a check.
  package init(kind: Kind, required: Bool = true, startingStatuses: [Int] = [], via: NodeID? = nil) {
    self.kind = kind
    self.required = required
    self.startingStatuses = startingStatuses
    self.via = via
  }
}

/// `firewall:`: one UFW rule, tagged `fleetctl:ROLE:PORT`, or the switch that enables UFW.
package struct FirewallSpec: Sendable, Hashable {
  /// What it is.
  package enum Kind: Sendable, Hashable {
    /// `ufw allow from SOURCE to any port PORT proto PROTO`; empty source means anywhere.
    case allow(source: String, port: Int, transport: String)
    /// `ufw allow in on INTERFACE`.
    case allowInterface(String)
    /// UFW is enabled with incoming denied; the operator's own SSH access is allowed first.
    case enabled(sshPort: Int)
  }

  /// What it is.
  package var kind: Kind
  /// Comment that marks it as ours.
  package var tag: String

  /// Makes a rule.
  package init(kind: Kind, tag: String) {
    self.kind = kind
    self.tag = tag
  }
}

extension String {
  /// The string with `suffix` replaced where it ends in it.
  func replacingSuffix(_ suffix: String, with other: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) + other : self
  }
}
