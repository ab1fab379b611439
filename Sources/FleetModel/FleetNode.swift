package import FleetDiagnostics

/// One node.
///
/// Handed on as one reference: rules pass nodes about by the ten thousand. Inlinable, because a call for each
/// field of each node was a large part of what they took.
package struct FleetNode: Sendable {
  // Unchecked, because the fields are variable. They are changed only through the accessors below, after
  // making sure that nobody else holds the storage, as the arrays of the standard library do; that is also
  // why nothing watches for overlapping access.
  @usableFromInline
  final class Storage: @unchecked Sendable {
    @exclusivity(unchecked) @usableFromInline var id: NodeID
    @exclusivity(unchecked) @usableFromInline var span: SourceSpan?
    @exclusivity(unchecked) @usableFromInline var address: Located<String>
    @exclusivity(unchecked) @usableFromInline var roles: [RoleAssignment] = []
    @exclusivity(unchecked) @usableFromInline var hardware: Hardware = Hardware()
    @exclusivity(unchecked) @usableFromInline var labels: [String: String] = [:]
    @exclusivity(unchecked) @usableFromInline var wsl2: Bool = false
    @exclusivity(unchecked) @usableFromInline var healthVia: Located<String>?
    @exclusivity(unchecked) @usableFromInline var reserved: Bool = false
    @exclusivity(unchecked) @usableFromInline var ssh: SSHSettings = SSHSettings()
    @exclusivity(unchecked) @usableFromInline var allow: [Waiver] = []
    @exclusivity(unchecked) @usableFromInline var protect: [Located<String>] = []
    @exclusivity(unchecked) @usableFromInline var groups: [GroupID] = []
    @exclusivity(unchecked) @usableFromInline var ipv4: UInt32?

    @usableFromInline
    init(id: NodeID, span: SourceSpan?, address: Located<String>) {
      self.id = id
      self.span = span
      self.address = address
    }

    @usableFromInline
    init(copying other: Storage) {
      id = other.id
      span = other.span
      address = other.address
      roles = other.roles
      hardware = other.hardware
      labels = other.labels
      wsl2 = other.wsl2
      healthVia = other.healthVia
      reserved = other.reserved
      ssh = other.ssh
      allow = other.allow
      protect = other.protect
      groups = other.groups
      ipv4 = other.ipv4
    }
  }

  @usableFromInline
  var storage: Storage

  /// Makes a node without roles.
  @inlinable
  package init(id: NodeID, span: SourceSpan?, address: Located<String>) {
    storage = Storage(id: id, span: span, address: address)
  }

  /// Makes the storage this node's own before it is changed.
  @inlinable
  mutating func own() {
    if !isKnownUniquelyReferenced(&storage) { storage = Storage(copying: storage) }
  }

  /// Key under `nodes:`.
  @inlinable
  package var id: NodeID {
    _read { yield storage.id }
    _modify {
      own()
      yield &storage.id
    }
  }

  /// Where the key stands.
  @inlinable
  package var span: SourceSpan? {
    _read { yield storage.span }
    _modify {
      own()
      yield &storage.span
    }
  }

  /// `address:`.
  @inlinable
  package var address: Located<String> {
    _read { yield storage.address }
    _modify {
      own()
      storage.ipv4 = nil
      yield &storage.address
    }
  }

  /// `roles:` in the order written, then those that its groups add.
  @inlinable
  package var roles: [RoleAssignment] {
    _read { yield storage.roles }
    _modify {
      own()
      yield &storage.roles
    }
  }

  /// `hardware:`, with what its groups add.
  @inlinable
  package var hardware: Hardware {
    _read { yield storage.hardware }
    _modify {
      own()
      yield &storage.hardware
    }
  }

  /// `labels:`.
  @inlinable
  package var labels: [String: String] {
    _read { yield storage.labels }
    _modify {
      own()
      yield &storage.labels
    }
  }

  /// `wsl2:`.
  @inlinable
  package var wsl2: Bool {
    _read { yield storage.wsl2 }
    _modify {
      own()
      yield &storage.wsl2
    }
  }

  /// `health_via:` node that checks this one's endpoints.
  @inlinable
  package var healthVia: Located<String>? {
    _read { yield storage.healthVia }
    _modify {
      own()
      yield &storage.healthVia
    }
  }

  /// `reserved:`: carries only automatic roles.
  @inlinable
  package var reserved: Bool {
    _read { yield storage.reserved }
    _modify {
      own()
      yield &storage.reserved
    }
  }

  /// `ssh:` of this node, with what its groups add.
  @inlinable
  package var ssh: SSHSettings {
    _read { yield storage.ssh }
    _modify {
      own()
      yield &storage.ssh
    }
  }

  /// `allow:` waivers.
  @inlinable
  package var allow: [Waiver] {
    _read { yield storage.allow }
    _modify {
      own()
      yield &storage.allow
    }
  }

  /// `protect:` roles and things of this node that may not be deleted or ended.
  @inlinable
  package var protect: [Located<String>] {
    _read { yield storage.protect }
    _modify {
      own()
      yield &storage.protect
    }
  }

  /// The groups it belongs to, in the order written.
  @inlinable
  package var groups: [GroupID] {
    _read { yield storage.groups }
    _modify {
      own()
      yield &storage.groups
    }
  }

  /// The address as a number, where whoever read it found it to be one of IPv4.
  ///
  /// Nil says nothing, and a new address makes it nil: it saves reading the text again.
  @inlinable
  package var ipv4: UInt32? {
    _read { yield storage.ipv4 }
    _modify {
      own()
      yield &storage.ipv4
    }
  }
}
