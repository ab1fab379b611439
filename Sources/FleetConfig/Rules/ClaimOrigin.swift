internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Why a role claims just this number or name: a parameter of fleet.yaml, a default, or its file.
struct ClaimOrigin {
  /// Where to look in fleet.yaml: the parameter that says so, else the role on the node.
  let place: SourceSpan?
  /// Where the role is put on the node, when `place` is a parameter for the whole fleet.
  let assignment: SourceSpan?
  /// `by its parameter `port``, `by default (`port` in roles/redis/role.yaml)`.
  let words: String
  /// Whether somebody wrote it into fleet.yaml: of two claims that is the one to look at.
  let isGiven: Bool

  /// `parameter` is the one that the claim is made of; nil when the role's file fixes it.
  init(_ parameter: String?, of instance: RoleInstance, in resolved: ResolvedFleet) {
    let role = instance.profile.role
    guard let parameter else {
      place = instance.place
      assignment = nil
      words = "as `\(role.span.file)` fixes it"
      isGiven = false
      return
    }
    if let span = instance.profile.parameterSpans[parameter] {
      place = span
      assignment = nil
      words = "by its parameter `\(parameter)`"
      isGiven = true
    } else if let given = resolved.fleet.roleParameters[role.name]?[parameter] {
      place = given.span ?? instance.place
      assignment = given.span == nil ? nil : instance.place
      words = "by `roles.\(role.name).\(parameter)`"
      isGiven = true
    } else {
      place = instance.place
      assignment = nil
      words = "by default (`\(parameter)` in `\(role.span.file)`)"
      isGiven = false
    }
  }
}
