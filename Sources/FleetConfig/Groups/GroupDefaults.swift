internal import FleetDiagnostics
internal import FleetModel

/// What several groups together say for a node that says nothing itself.
///
/// Made once for each combination of groups that occurs, not once a node.
struct GroupDefaults {
  /// A key for which two of the groups give different values.
  struct Disagreement {
    /// `ssh.user`, `hardware.memory`, `roles.redis.port`.
    let key: String
    let first: GroupConflict.Claim
    let second: GroupConflict.Claim
    /// Whether a node's own value settles it.
    let isSettled: @Sendable (FleetNode) -> Bool

    var isAboutRoles: Bool { key.hasPrefix("roles.") }
  }

  private(set) var ssh = SSHSettings()
  private(set) var hardware = Hardware()
  private(set) var roles: [RoleAssignment] = []
  private(set) var disagreements: [Disagreement] = []
  /// The group that gave the value of a key.
  private var origins: [String: Int] = [:]

  /// Merges the groups at `indices` of `groups`; of two that disagree the first counts.
  init(_ indices: [Int], of groups: [NodeGroup]) {
    for index in indices {
      let group = groups[index]
      add(group.ssh, GroupFields.ssh, to: \.ssh, index)
      add(group.hardware, GroupFields.hardware, to: \.hardware, index)
      if hardware.span == nil { hardware.span = group.hardware.span }
      for assignment in group.roles { add(assignment, index, group.id) }
    }
  }

  private mutating func add<Settings: GroupSettings>(
    _ given: Settings,
    _ fields: [GroupField<Settings>],
    to path: WritableKeyPath<GroupDefaults, Settings>,
    _ index: Int
  ) {
    for key in given.keys {
      guard let field = fields.first(where: { $0.key == key.value }) else { continue }
      let name = "\(Settings.name).\(key.value)"
      guard let first = origins[name] else {
        field.copy(given, &self[keyPath: path])
        self[keyPath: path].keys.append(key)
        origins[name] = index
        continue
      }
      guard !field.agrees(self[keyPath: path], given) else { continue }
      let standing = self[keyPath: path].keys.first { $0.value == key.value }?.span
      disagreements.append(
        Disagreement(
          key: name,
          first: .init(group: first, span: standing),
          second: .init(group: index, span: key.span),
          isSettled: { Settings.keys(of: $0).contains { $0.value == key.value } }
        )
      )
    }
  }

  private mutating func add(_ assignment: RoleAssignment, _ index: Int, _ group: GroupID) {
    let role = assignment.role.value
    let known = roles.firstIndex { $0.role.value == role }
    let position = known ?? roles.count
    if known == nil {
      roles.append(RoleAssignment(role: assignment.role, span: assignment.span))
      roles[position].group = group
    }
    for (name, value) in assignment.parameters.sorted(by: { $0.key < $1.key }) {
      let key = "roles.\(role).\(name)"
      guard let standing = roles[position].parameters[name], let first = origins[key] else {
        roles[position].parameters[name] = value
        origins[key] = index
        continue
      }
      guard first != index, standing.value != value.value else { continue }
      disagreements.append(
        Disagreement(
          key: key,
          first: .init(group: first, span: standing.span),
          second: .init(group: index, span: value.span),
          isSettled: { node in
            node.roles.contains { $0.role.value == role && $0.parameters[name] != nil }
          }
        )
      )
    }
  }
}
