package import FleetDiagnostics

/// A value together with the place that wrote it, so that later findings can point there.
package struct Located<Value: Sendable>: Sendable {
  /// The value.
  package let value: Value
  /// Where it was written; nil for a default.
  package let span: SourceSpan?

  /// Pairs a value with its place.
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
  /// A mapping, in the order written.
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
  /// `role_paths:`.
  package var rolePaths: [Located<String>]
  /// `sources:` name to path, relative paths relative to fleet.yaml's folder.
  package var sources: [String: Located<String>]
  /// `roles:` fleet-wide parameters: role name to parameter name to value.
  package var roleParameters: [String: [String: Located<RawValue>]]
  /// Where the role names of `roles:` stand.
  package var roleSpans: [String: SourceSpan] = [:]
  /// Where the key `nodes:` stands, the place of findings about the fleet as a whole.
  package var nodesSpan: SourceSpan?
  /// Nodes in the order written.
  package var nodes: [FleetNode]

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
  /// Private key file; `~` allowed.
  package var identityFile: String?
  /// `sudo` or `none`.
  package var become: String?
  /// known_hosts file instead of `~/.ssh/known_hosts`.
  package var knownHosts: String?
  /// Deadline of each connection phase.
  package var connectTimeout: TimeSpan?
  /// `auto`, `libssh2` or `openssh`.
  package var transport: String?

  /// Makes settings that say nothing.
  package init() {}
}

/// One role on one node as written, with parameters of this node.
package struct RoleAssignment: Sendable {
  /// Role name as written; known to the registry once validated.
  package var role: Located<String>
  /// Parameters given here.
  package var parameters: [String: Located<RawValue>]

  /// Makes an assignment.
  package init(role: Located<String>, parameters: [String: Located<RawValue>] = [:]) {
    self.role = role
    self.parameters = parameters
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

/// `hardware:` of a node.
package struct Hardware: Sendable {
  /// GPUs then NPUs in the order written.
  package var devices: [Device] = []
  /// Declared RAM.
  package var memory: Located<ByteCount>?
  /// Declared processors.
  package var cpus: Int?
  /// Further hardware present: subset of `nvme smart ipmi mellanox`.
  package var extras: [String] = []
  /// Where `hardware:` stands.
  package var span: SourceSpan?

  /// Makes hardware that declares nothing.
  package init() {}
}

/// A waiver: a rule that may be broken here, and why.
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

/// One node.
package struct FleetNode: Sendable {
  /// Key under `nodes:`.
  package var id: NodeID
  /// Where the key stands.
  package var span: SourceSpan?
  /// `address:`.
  package var address: Located<String>
  /// `roles:` in the order written.
  package var roles: [RoleAssignment] = []
  /// `hardware:`.
  package var hardware = Hardware()
  /// `labels:`.
  package var labels: [String: String] = [:]
  /// `wsl2:`.
  package var wsl2 = false
  /// `health_via:` node that checks this one's endpoints.
  package var healthVia: Located<String>?
  /// `reserved:`: carries only automatic roles.
  package var reserved = false
  /// `ssh:` of this node.
  package var ssh = SSHSettings()
  /// `allow:` waivers.
  package var allow: [Waiver] = []

  /// Makes a node without roles.
  package init(id: NodeID, span: SourceSpan?, address: Located<String>) {
    self.id = id
    self.span = span
    self.address = address
  }
}
