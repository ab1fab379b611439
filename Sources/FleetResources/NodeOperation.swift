package import FleetModel

/// One step for the node's runtime: a verb, its arguments, and bytes where it needs them.
///
/// The runtime is a constant script; arguments travel as data and never become shell text. They hold
/// no control characters (checked where values enter).
package struct NodeOperation: Sendable, Hashable {
  /// What the runtime can do.
  ///
  /// Arguments in order; `-` stands for an empty argument nowhere: empty
  /// arguments are empty.
  package enum Verb: String, Sendable, Hashable, CaseIterable {
    /// PATH MODE OWNER GROUP; creates or corrects. Never through a link.
    case makeDirectory = "make-dir"
    /// PATH MODE OWNER GROUP SHA256 BEFORE; blob. BEFORE is a digest, `absent` or `any`; atomic.
    case writeFile = "write-file"
    /// PATH MODE OWNER GROUP; content untouched.
    case setOwnership = "set-ownership"
    /// PATH TARGET; replaces a link or nothing, never a folder.
    case makeLink = "make-link"
    /// PATH; a copy of a file or link of somebody else's goes below `/var/lib/fleetctl/adopted`.
    case keep
    /// PATH; a folder with all that is in it, on its own file system, never one that is mounted there.
    case purge
    /// PATH; a file or link.
    case remove
    /// PATH; only if empty.
    case removeDirectory = "remove-dir"
    /// URL DESTINATION SHA256-or-empty MODE; through apt-helper.
    case fetch
    /// Nothing.
    case aptUpdate = "apt-update"
    /// PACKAGE or PACKAGE=VERSION…; services held down, conffiles kept, lock waited for.
    case aptInstall = "apt-install"
    /// NAME SYSTEM(0|1)
    case addGroup = "add-group"
    /// NAME SYSTEM HOME SHELL GROUP GROUPS(comma) CREATEHOME
    case addUser = "add-user"
    /// NAME GROUPS(comma): adds memberships
    case addUserGroups = "add-user-groups"
    /// URL SHA256-or-empty TARGET STRIP OWNER GROUP STAMP; the stamp's line feed is added there
    case unpackArchive = "unpack-archive"
    /// FILE KEY LENGTH MODE OWNER GROUP; keeps an existing value. Blob: the value as it stands after
    /// `KEY=`, for a node that shares it; without one it is made there
    case generateSecret = "generate-secret"
    /// DIRECTORY COMMON-NAME
    case createAuthority = "create-authority"
    /// KEYPATH MODE OWNER GROUP COMMON-NAME SAN…; makes the key if missing; output: CSR in PEM
    case requestCertificate = "request-certificate"
    /// DIRECTORY DAYS SAN…; blob: CSR; output: certificate in PEM
    case signCertificate = "sign-certificate"
    /// TARGET OWNER GROUP MANIFEST-PATH DELETE…; blob: a tar of the files to write, whose last member
    /// `.fleetctl-manifest` replaces MANIFEST-PATH
    case syncSource = "sync-source"
    /// NAME USER DIRECTORY TIMEOUT STAMP-PATH STAMP n ENV×n m (k WORD×k)×m
    case runStep = "run-step"
    /// KEY VALUE
    case setSysctl = "set-sysctl"
    /// Nothing.
    case daemonReload = "daemon-reload"
    /// VERB UNIT; enable disable start stop restart reload reset-failed
    case unit
    /// NAME; blob: password. Creates or alters.
    case postgresRole = "pg-role"
    /// NAME OWNER
    case postgresDatabase = "pg-database"
    /// ARGUMENT… of ufw(8)
    case firewall = "ufw"
    /// UNIT BUDGET-SECONDS SOAK-SECONDS PORTS(`tcp 127.0.0.1 6379`,…): active, bound, no restart storm
    case waitUnit = "wait-unit"
    /// USER BUDGET-SECONDS EXPECTED-TEXT WORD…
    case checkCommand = "check-command"
    /// PATH WORD…: judges the batch's files before any of them is written, in a throw-away view of the
    /// node that has them.
    case checkFile = "check-file"
  }

  /// What to do.
  package var verb: Verb
  /// Arguments.
  package var arguments: [String]
  /// Bytes, if the verb takes any.
  package var blob: Secret?
  /// The planned resource it serves.
  package var address: ResourceAddress?

  /// Makes a step.
  package init(
    _ verb: Verb,
    _ arguments: [String],
    blob: Secret? = nil,
    for address: ResourceAddress?
  ) {
    self.verb = verb
    self.arguments = arguments
    self.blob = blob
    self.address = address
  }
}

/// What became of one operation.
package struct OperationResult: Sendable, Hashable {
  /// Outcome.
  package enum Status: String, Sendable, Hashable {
    case done, failed
    /// Not tried, because one before it failed.
    case skipped
  }

  /// Outcome.
  package var status: Status
  /// Milliseconds it took.
  package var milliseconds: Int
  /// What it printed (certificates, requests) or the last lines of its failure; may hold anything.
  package var output: [UInt8]

  /// Makes a result.
  package init(status: Status, milliseconds: Int, output: [UInt8]) {
    self.status = status
    self.milliseconds = milliseconds
    self.output = output
  }
}
