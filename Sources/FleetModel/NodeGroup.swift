package import FleetDiagnostics

/// Tag of `GroupID`.
package enum GroupTag {}
/// Name of a group, a key of `groups:` in fleet.yaml.
package typealias GroupID = Identifier<GroupTag>

/// `groups:` one entry: which nodes, and what holds for them where they say nothing themselves.
///
/// By the time a `Fleet` exists the values stand in its nodes; the group is kept for selectors and so
/// that findings can name it.
package struct NodeGroup: Sendable {
  /// Key under `groups:`.
  package var id: GroupID
  /// Where the key stands.
  package var span: SourceSpan?
  /// Where everything about the group stands.
  package var extent: SourceSpan?
  /// `nodes:` ids and globs (`web-*`, `db-?`) as written.
  package var nodes: [Located<String>] = []
  /// `labels:` a node that has all of these belongs to the group; empty selects nothing.
  package var labels: [LabelRequirement] = []
  /// `roles:` in the order written.
  package var roles: [RoleAssignment] = []
  /// `hardware:`.
  package var hardware = Hardware()
  /// `ssh:`.
  package var ssh = SSHSettings()
  /// Indices (into `Fleet.nodes`) of its nodes, ascending.
  package var members: [Int] = []

  /// Makes a group that selects nothing.
  package init(id: GroupID, span: SourceSpan?) {
    self.id = id
    self.span = span
  }
}

/// One label that a group asks for.
package struct LabelRequirement: Sendable {
  /// Key, with its place.
  package var key: Located<String>
  /// Value, with its place.
  package var value: Located<String>

  /// Makes a requirement.
  package init(key: Located<String>, value: Located<String>) {
    self.key = key
    self.value = value
  }
}
