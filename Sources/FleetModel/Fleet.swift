package import FleetDiagnostics

/// A value together with the place that wrote it, so that later findings can point there.
package struct Located<Value: Sendable>: Sendable {
  /// The value.
  package let value: Value
  /// Where it was written; nil for a default.
  package let span: SourceSpan?

  /// Pairs a value with its place.
  @inlinable @inline(__always)
  package init(_ value: Value, at span: SourceSpan? = nil) {
    self.value = value
    self.span = span
  }
}

/// A parameter's value as fleet.yaml or a role's default gives it, before the role's type is applied.
package indirect enum RawValue: Hashable, Sendable {
  /// A scalar with its text as written.
  case text(String)
  /// A list.
  case list([RawValue])
  /// A mapping.
  case map([String: RawValue])
}

/// The fleet as declared, after `include` and `groups` are merged.
///
/// Pure data, spans for every claim.
package struct Fleet: Sendable {
  /// `fleet:`.
  package var name: String
  /// `network:` in CIDR, what exposure `fleet` means.
  package var network: Located<String>?
  /// `settings:`.
  package var settings: FleetSettings
  /// `registry:`: `autobot` or `none`.
  package var registry: String
  /// `ssh:` fleet-wide.
  package var ssh: SSHSettings
  /// `role_paths:`, relative paths relative to the main file's folder.
  package var rolePaths: [Located<String>]
  /// `sources:` name to path, relative paths relative to the main file's folder.
  package var sources: [String: Located<String>]
  /// `roles:` fleet-wide parameters: role name to parameter name to value.
  package var roleParameters: [String: [String: Located<RawValue>]]
  /// `rollout:` of roles in `roles:`.
  package var rollouts: [String: Located<RolloutPolicy>] = [:]
  /// Where the role names of `roles:` stand.
  package var roleSpans: [String: SourceSpan] = [:]
  /// Where the key `nodes:` stands, the place of findings about the fleet as a whole.
  package var nodesSpan: SourceSpan?
  /// Nodes in the order written: those of the main file, then those of its includes.
  package var nodes: [FleetNode]
  /// `protect:` of the fleet: roles and addresses that may not be deleted or ended.
  package var protect: [Located<String>] = []
  /// `allow:` of the fleet: waivers of findings anywhere in it.
  package var allow: [Waiver] = []
  /// Groups in the same order.
  package var groups: [NodeGroup] = []
  /// Whether nodes or their roles may be missing because of an error that is reported already: what
  /// seems to be nowhere in the fleet then may only be a consequence.
  package var isPartial = false
  /// Whether a whole file is missing from it, so that roles may be unknown for that reason.
  package var lacksFiles = false

  /// Makes an empty fleet; the decoder fills it.
  package init(name: String) {
    self.name = name
    settings = FleetSettings()
    registry = "autobot"
    ssh = SSHSettings()
    rolePaths = []
    sources = [:]
    roleParameters = [:]
    nodes = []
  }
}

/// `settings:`.
package struct FleetSettings: Sendable {
  /// `single_user` (default), `single_company`, `multi_company`, `provider`.
  package var userMode = Located("single_user")
  /// `warn` (default) or `strict`.
  package var hardwarePolicy = "warn"
  /// Cloud LLM providers in use.
  package var cloudLLM: [String] = []
  /// `ufw` or `none` (default).
  package var firewall = "none"

  /// Makes the defaults.
  package init() {}
}

/// `ssh:` of the fleet or of a node; nil means "as the level above, else the default".
package struct SSHSettings: Sendable {
  /// Login user.
  package var user: String?
  /// TCP port.
  package var port: Int?
  /// Private key files in the order to offer them, `~` allowed; empty for none at all.
  package var identityFiles: [String]?
  /// Whose keys are offered: `none`, `SSH_AUTH_SOCK`, `$NAME` of a variable, or a socket's path, with the tokens
  /// of ssh_config(5).
  package var identityAgent: String?
  /// Whether only keys of the files are offered, also from the agent.
  package var identitiesOnly: Bool?
  /// `sudo` or `none`.
  package var become: String?
  /// Where sudo's password comes from.
  package var becomePassword: PasswordSource?
  /// Login user of `plan --read-only`, who may only look.
  package var observer: String?
  /// Public key file of that user, for `bootstrap`.
  package var observerKey: String?
  /// known_hosts files instead of the user's of ssh_config; the first is written to.
  package var knownHosts: [String]?
  /// Whether names are hashed that are written into known_hosts.
  package var hashKnownHosts: Bool?
  /// Name under which known_hosts has the host; `%n` stands for the node's name.
  package var hostKeyAlias: String?
  /// Deadline of each connection phase.
  package var connectTimeout: TimeSpan?
  /// `auto`, `libssh2` or `openssh`.
  package var transport: String?
  /// Name to look up in ssh_config instead of the node's address; `%n` stands for the node's name.
  package var host: String?
  /// File instead of `~/.ssh/config` and `/etc/ssh/ssh_config`; `none` for no file at all.
  package var config: String?
  /// Jump hosts, the first one first; empty for none at all.
  package var jump: [JumpHost]?
  /// Command whose standard streams lead to sshd; `none` for no command.
  package var proxyCommand: String?
  /// The keys that are written, with their places, also those whose value could not be read.
  package var keys: [Located<String>] = []

  /// Makes settings that say nothing.
  package init() {}
}

/// One role on one node as written, with parameters of this node.
package struct RoleAssignment: Sendable {
  /// Role name as written; known to the registry once validated.
  package var role: Located<String>
  /// Parameters given here.
  package var parameters: [String: Located<RawValue>]
  /// The group that gives the node this role; nil where the node lists it itself.
  package var group: GroupID?
  /// The whole item of the list, for edits that replace or remove it.
  ///
  /// Equal to the place of the name where nothing but the name is written.
  package var span: SourceSpan?

  /// Makes an assignment; without a `span` of its own it is its name.
  package init(
    role: Located<String>,
    parameters: [String: Located<RawValue>] = [:],
    span: SourceSpan? = nil
  ) {
    self.role = role
    self.parameters = parameters
    self.span = span ?? role.span
  }
}

/// A declared GPU or NPU.
package struct Device: Sendable {
  /// `gpu` or `npu`.
  package var kind: String
  /// Id within the node, `gpu0`.
  package var id: String
  /// `nvidia`, `amd`, `intel`, `other`.
  package var vendor: String
  /// Model name, if declared.
  package var model: String?
  /// Memory of its own, if declared.
  package var vram: ByteCount?
  /// UUID to pin the device by, if declared.
  package var uuid: String?
  /// Position among the node's whole devices of the same kind and vendor, from 0 in the order written;
  /// a partition has that of its device.
  package var ordinal = 0
  /// How many whole devices of the same kind and vendor the node declares.
  package var peers = 1
  /// The device that this one is a declared part of; nil for a whole device.
  package var whole: WholeDevice?
  /// Where it is declared.
  package var span: SourceSpan?

  /// Makes a device.
  package init(kind: String, id: String, vendor: String, span: SourceSpan?) {
    self.kind = kind
    self.id = id
    self.vendor = vendor
    self.span = span
  }
}

/// The device that a partition is part of (`partitions:` of a GPU).
package struct WholeDevice: Sendable {
  /// Id of the device.
  package let id: String
  /// All of its memory.
  package let vram: ByteCount
  /// Whether the partition has a UUID of its own (NVIDIA MIG): then the driver keeps the parts apart.
  package let isSeparate: Bool

  /// Names the device behind a partition.
  package init(id: String, vram: ByteCount, isSeparate: Bool) {
    self.id = id
    self.vram = vram
    self.isSeparate = isSeparate
  }
}

/// `hardware:` of a node.
package struct Hardware: Sendable {
  /// What can be claimed: GPUs then NPUs in the order written, partitions in place of their GPU.
  package var devices: [Device] = []
  /// Declared RAM.
  package var memory: Located<ByteCount>?
  /// Declared processors.
  package var cpus: Int?
  /// Further hardware present: subset of `nvme smart ipmi mellanox`.
  package var extras: [String] = []
  /// Where `hardware:` stands.
  package var span: SourceSpan?
  /// The keys that are written, with their places, also those whose value could not be read.
  package var keys: [Located<String>] = []

  /// Makes hardware that declares nothing.
  package init() {}
}

/// A waiver of a node or of the fleet: a rule that may be broken there, and why.
package struct Waiver: Sendable {
  /// Slug of the rule.
  package var rule: Located<String>
  /// Written reason.
  package var because: String

  /// Makes a waiver.
  package init(rule: Located<String>, because: String) {
    self.rule = rule
    self.because = because
  }
}
