package import FleetDiagnostics

/// One node.
///
/// Handed on as one reference: rules pass nodes about by the ten thousand.
package struct FleetNode: Sendable {
  private struct Fields: Sendable {
    var id: NodeID
    var span: SourceSpan?
    var address: Located<String>
    var roles: [RoleAssignment] = []
    var hardware = Hardware()
    var labels: [String: String] = [:]
    var wsl2 = false
    var healthVia: Located<String>?
    var reserved = false
    var ssh = SSHSettings()
    var allow: [Waiver] = []
    var protect: [Located<String>] = []
    var groups: [GroupID] = []
  }

  private var fields: Boxed<Fields>

  /// Makes a node without roles.
  package init(id: NodeID, span: SourceSpan?, address: Located<String>) {
    fields = Boxed(Fields(id: id, span: span, address: address))
  }

  /// Key under `nodes:`.
  package var id: NodeID {
    _read { yield fields.value.id }
    _modify { yield &fields.value.id }
  }

  /// Where the key stands.
  package var span: SourceSpan? {
    _read { yield fields.value.span }
    _modify { yield &fields.value.span }
  }

  /// `address:`.
  package var address: Located<String> {
    _read { yield fields.value.address }
    _modify { yield &fields.value.address }
  }

  /// `roles:` in the order written, then those that its groups add.
  package var roles: [RoleAssignment] {
    _read { yield fields.value.roles }
    _modify { yield &fields.value.roles }
  }

  /// `hardware:`, with what its groups add.
  package var hardware: Hardware {
    _read { yield fields.value.hardware }
    _modify { yield &fields.value.hardware }
  }

  /// `labels:`.
  package var labels: [String: String] {
    _read { yield fields.value.labels }
    _modify { yield &fields.value.labels }
  }

  /// `wsl2:`.
  package var wsl2: Bool {
    _read { yield fields.value.wsl2 }
    _modify { yield &fields.value.wsl2 }
  }

  /// `health_via:` node that checks this one's endpoints.
  package var healthVia: Located<String>? {
    _read { yield fields.value.healthVia }
    _modify { yield &fields.value.healthVia }
  }

  /// `reserved:`: carries only automatic roles.
  package var reserved: Bool {
    _read { yield fields.value.reserved }
    _modify { yield &fields.value.reserved }
  }

  /// `ssh:` of this node, with what its groups add.
  package var ssh: SSHSettings {
    _read { yield fields.value.ssh }
    _modify { yield &fields.value.ssh }
  }

  /// `allow:` waivers.
  package var allow: [Waiver] {
    _read { yield fields.value.allow }
    _modify { yield &fields.value.allow }
  }

  /// `protect:` roles and things of this node that may not be deleted or ended.
  package var protect: [Located<String>] {
    _read { yield fields.value.protect }
    _modify { yield &fields.value.protect }
  }

  /// The groups it belongs to, in the order written.
  package var groups: [GroupID] {
    _read { yield fields.value.groups }
    _modify { yield &fields.value.groups }
  }
}
