package import FleetModel

/// What is known about something on a node: three-valued, never guessed.
package enum Fact<Value: Sendable & Hashable>: Sendable, Hashable {
  /// It is so.
  case value(Value)
  /// It is not there.
  case absent
  /// It could not be read, and why.
  case unknown(String)

  /// The value, if there is one.
  package var known: Value? {
    if case .value(let value) = self { value } else { nil }
  }
}

/// A path as seen by lstat(2) on the node.
package struct ObservedPath: Sendable, Hashable {
  /// What is at the path.
  package enum Kind: String, Sendable, Hashable {
    case file, directory, link, other
  }

  /// What is there.
  package var kind: Kind
  /// Owner, group, permission bits.
  package var ownership: Ownership
  /// Size in bytes.
  package var size: Int
  /// SHA-256 in hex of a file's content.
  package var sha256: String
  /// Target of a link, as written.
  package var target: String
  /// Time of the last status change in microseconds since 1970 (st_ctim).
  package var changedMicroseconds: Int
  /// Content of a file that was asked for; nil otherwise.
  package var content: Secret?
  /// Why the path is not safe to write through: a parent that is a link or that others may write.
  package var unsafeParent: String?

  /// Makes an observation.
  package init(
    kind: Kind,
    ownership: Ownership,
    size: Int = 0,
    sha256: String = "",
    target: String = "",
    changedMicroseconds: Int = 0,
    content: Secret? = nil,
    unsafeParent: String? = nil
  ) {
    self.kind = kind
    self.ownership = ownership
    self.size = size
    self.sha256 = sha256
    self.target = target
    self.changedMicroseconds = changedMicroseconds
    self.content = content
    self.unsafeParent = unsafeParent
  }
}

/// A unit as `systemctl show` tells it (systemd.unit properties, org.freedesktop.systemd1(5)).
package struct ObservedUnit: Sendable, Hashable {
  /// LoadState: `loaded`, `not-found`, `masked`, `bad-setting`.
  package var loadState: String
  /// ActiveState.
  package var activeState: String
  /// SubState.
  package var subState: String
  /// UnitFileState: `enabled`, `disabled`, `masked`, `static`, empty.
  package var unitFileState: String
  /// FragmentPath.
  package var fragmentPath: String
  /// DropInPaths.
  package var dropInPaths: [String]
  /// MainPID, 0 for none.
  package var mainPID: Int
  /// InvocationID.
  package var invocation: String
  /// NRestarts.
  package var restarts: Int
  /// ExecMainStartTimestamp, microseconds since 1970, 0 for never.
  package var processStarted: Int
  /// ActiveEnterTimestamp, microseconds since 1970.
  package var activeEntered: Int
  /// StateChangeTimestamp, microseconds since 1970: also moves on a reload.
  package var stateChanged: Int
  /// Result of the last run.
  package var result: String
  /// StatusText.
  package var statusText: String
  /// Units that stop or restart with it: RequiredBy, BoundBy, ConsistsOf.
  package var propagatesTo: [String]
  /// Microseconds that the last starts took, newest first, from the journal; empty if not known.
  package var startupHistory: [Int]

  /// Makes an observation of a unit that is not there; the parser fills it.
  package init() {
    loadState = "not-found"
    activeState = "inactive"
    subState = "dead"
    unitFileState = ""
    fragmentPath = ""
    dropInPaths = []
    mainPID = 0
    invocation = ""
    restarts = 0
    processStarted = 0
    activeEntered = 0
    stateChanged = 0
    result = ""
    statusText = ""
    propagatesTo = []
    startupHistory = []
  }
}

/// A folder that somebody other than root may change.
package struct FolderOwner: Sendable, Hashable {
  /// Its path.
  package var folder: String
  /// The user.
  package var owner: String

  /// Makes one.
  package init(folder: String, owner: String) {
    self.folder = folder
    self.owner = owner
  }
}

/// A listening socket.
package struct Listener: Sendable, Hashable {
  /// `tcp` or `udp`.
  package var transport: String
  /// Address: `0.0.0.0`, `::`, `127.0.0.1`.
  package var address: String
  /// Port.
  package var port: Int
  /// Unit of the process that holds it, empty if not known.
  package var unit: String
  /// Name of that process, empty if not known.
  package var process: String

  /// Makes a listener.
  package init(transport: String, address: String, port: Int, unit: String, process: String) {
    self.transport = transport
    self.address = address
    self.port = port
    self.unit = unit
    self.process = process
  }
}

/// Facts about the machine itself.
package struct SystemFacts: Sendable, Hashable {
  /// `ID` of os-release(5).
  package var osID = ""
  /// `VERSION_ID`.
  package var osVersion = ""
  /// Kernel release.
  package var kernel = ""
  /// Machine architecture, `x86_64`.
  package var architecture = ""
  /// systemd's version number.
  package var systemdVersion = 0
  /// /etc/machine-id.
  package var machineID = ""
  /// The random id that `hosts trust` gave the node (/var/lib/fleetctl/node-id), empty for none.
  package var nodeID = ""
  /// Boot id.
  package var bootID = ""
  /// Host name.
  package var hostname = ""
  /// MemTotal in bytes.
  package var memoryBytes = 0
  /// Free bytes of the file system of /.
  package var freeBytes = 0
  /// Node's wall clock in microseconds since 1970 at the time of the probe.
  package var clockMicroseconds = 0
  /// UnitsLoadTimestamp of the manager in microseconds since 1970: the last daemon-reload.
  package var unitsLoaded = 0
  /// Interpreters found, and Ansible: `python3.11` to its path.
  package var interpreters: [String: String] = [:]
  /// Files with a private key that a login of this machine admits, sorted.
  package var doors: [String] = []
  /// Devices found: `gpu nvidia 0000:01:00.0 NAME`, `npu intel …`, sorted.
  package var devices: [String] = []
  /// Source address of our own SSH connection (first word of SSH_CONNECTION), empty if not known.
  package var clientAddress = ""

  /// Makes empty facts; the parser fills them.
  package init() {}
}

/// A certificate as found.
package struct ObservedCertificate: Sendable, Hashable {
  /// notAfter, seconds since 1970.
  package var notAfter: Int
  /// Subject alternative names `IP:…`, `DNS:…`, sorted.
  package var names: [String]
  /// Issuer's common name.
  package var issuer: String
  /// Whether the private key belongs to it.
  package var keyMatches: Bool
  /// SHA-256 over the issuing authority's certificate that verifies it; empty if none does.
  package var authoritySHA256: String

  /// Makes an observation.
  package init(
    notAfter: Int,
    names: [String],
    issuer: String,
    keyMatches: Bool,
    authoritySHA256: String
  ) {
    self.notAfter = notAfter
    self.names = names
    self.issuer = issuer
    self.keyMatches = keyMatches
    self.authoritySHA256 = authoritySHA256
  }
}

/// PostgreSQL as seen through psql as user postgres.
package struct ObservedPostgres: Sendable, Hashable {
  /// Login roles.
  package var roles: [String]
  /// Database name to owner.
  package var databases: [String: String]

  /// Makes an observation.
  package init(roles: [String], databases: [String: String]) {
    self.roles = roles
    self.databases = databases
  }
}

/// UFW as seen.
package struct ObservedFirewall: Sendable, Hashable {
  /// Whether it is active.
  package var active: Bool
  /// Our rules in normal form `allow SOURCE PORT/PROTO # fleetctl:…`, sorted (from `ufw show added`).
  package var rules: [String]

  /// Makes an observation.
  package init(active: Bool, rules: [String]) {
    self.active = active
    self.rules = rules
  }
}

/// Everything observed on one node in one round trip.
package struct ObservedNode: Sendable {
  /// The machine.
  package var system = SystemFacts()
  /// Paths asked for.
  package var paths: [String: Fact<ObservedPath>] = [:]
  /// Units asked for.
  package var units: [String: Fact<ObservedUnit>] = [:]
  /// Installed packages among those asked for: name to version; absent means not installed.
  package var packages: [String: Fact<String>] = [:]
  /// What apt would install in addition for the missing packages, sorted; nil if it cannot tell yet.
  package var packageClosure: [String]?
  /// Users asked for: groups they are in.
  package var users: [String: Fact<[String]>] = [:]
  /// Groups asked for that exist.
  package var groups: [String: Fact<Bool>] = [:]
  /// Sysctl values asked for.
  package var sysctls: [String: Fact<String>] = [:]
  /// Listening sockets.
  package var listeners: Fact<[Listener]> = .unknown("not asked")
  /// Secret values found, by id.
  package var secrets: [SecretID: Secret] = [:]
  /// Certificates asked for, by certificate path.
  package var certificates: [String: Fact<ObservedCertificate>] = [:]
  /// SHA-256 of the authority's certificate and its PEM, when the node holds it.
  package var authority: Fact<String> = .unknown("not asked")
  /// PostgreSQL, when asked for.
  package var postgres: Fact<ObservedPostgres> = .unknown("not asked")
  /// UFW, when asked for.
  package var firewall: Fact<ObservedFirewall> = .unknown("not asked")
  /// What fleetctl owns here.
  package var manifest: Fact<Manifest> = .unknown("not asked")
  /// Format of a record that a newer fleetctl wrote; `manifest` is unknown then.
  package var newerFormat: Int?
  /// Paths asked for whose content is exactly what a package brought.
  package var packageFiles: Set<String> = []
  /// Folders that earlier runs of ours made or filled, also interrupted ones without a record.
  package var ownPaths: Set<String> = []
  /// Packages that earlier runs of ours installed, also interrupted ones without a record.
  package var ownPackages: Set<String> = []
  /// The nearest folder above a path asked for that belongs to another than root.
  package var ownersAbove: [String: FolderOwner] = [:]
  /// Why paths asked for that are not there could be tampered with while they are made.
  package var unsafeParents: [String: String] = [:]
  /// Holder of the lock, if somebody holds it: `alice@host pid 12, 40 s left`.
  package var lockHolder: String?

  /// Makes an empty observation; the parser fills it.
  package init() {}
}

/// A node's answer, or why there is none.
package enum NodeObservation: Sendable {
  /// The node answered.
  case observed(ObservedNode)
  /// It did not; the step and the sentence for people.
  case unreachable(step: String, cause: String, remedy: String?)

  /// The observation, if there is one.
  package var node: ObservedNode? {
    if case .observed(let node) = self { node } else { nil }
  }
}
