internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Finds units and paths that two roles of one node claim (`unit-collision`, `path-collision`).
///
/// *What it does*: compares units, services, directories, files, links and drop-ins of all roles on a
/// node. Components are shared by design, but all roles must want the same of them; paths may be
/// shared where both roles say so, with the same owner and mode.
/// *Why it matters*: each apply would undo the other role's half, for ever.
/// *Example*: two roles that both bring `ollama.service`.
/// *Instead*: move one of them, or give it a name of its own by parameter.
enum ClaimCollision {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    var collector = ClaimCollector(resolved)
    let components = ComponentSettings(resolved)
    var clean: Set<[ObjectIdentifier]> = []
    for range in resolved.nodeRanges {
      let instances = resolved.instances[range]
      guard instances.count > 1 else { continue }
      // Equal sets of profiles claim equal things, unless a name depends on the node.
      let key = instances.map { ObjectIdentifier($0.profile) }
      guard !clean.contains(key) else { continue }
      let widest = instances.map { ($0, collector.widestClaims(of: $0)) }
      let isFree = collisions(widest.map { ($0, $1 ?? []) }).isEmpty
      let isNodeless = widest.allSatisfy { $0.1 != nil }
      var found = Diagnostics()
      components.check(instances, into: &found)
      if isFree, isNodeless, found.all.isEmpty, !components.lookAtNode(instances) {
        clean.insert(key)
      }
      diagnostics.add(contentsOf: found)
      if isFree, isNodeless { continue }
      for finding in collisions(instances.map { ($0, collector.claims(of: $0)) }) {
        diagnostics.add(finding)
      }
    }
  }

  private static func collisions(_ all: [(RoleInstance, [RoleClaim])]) -> [Diagnostic] {
    var first: [String: (claim: RoleClaim, instance: RoleInstance)] = [:]
    var result: [Diagnostic] = []
    for (instance, claims) in all {
      for claim in claims {
        let key = claim.kind == .unit ? "unit \(claim.name)" : claim.name
        guard let other = first[key] else {
          first[key] = (claim, instance)
          continue
        }
        guard other.instance.profile !== instance.profile else { continue }
        let isShared = claim.isShared && other.claim.isShared
        if isShared, claim.form == other.claim.form { continue }
        result.append(finding(claim, instance, other.claim, other.instance, isShared: isShared))
      }
    }
    return result
  }

  private static func finding(
    _ claim: RoleClaim,
    _ instance: RoleInstance,
    _ other: RoleClaim,
    _ earlier: RoleInstance,
    isShared: Bool
  ) -> Diagnostic {
    let role = instance.profile.role.name
    let otherRole = earlier.profile.role.name
    let why =
      isShared
      ? "but not alike (`\(other.form)` and `\(claim.form)`). Declare it equally in both"
      : "and only one can own it. Move one of them to another node"
    return Diagnostic(
      claim.kind == .unit ? .unitCollision : .pathCollision,
      "`\(otherRole)` and `\(role)` both claim \(claim.what) `\(claim.name)` on "
        + "`\(instance.node.id)`, \(why).",
      at: instance.place,
      related: [
        RelatedSpan("`\(otherRole)` is here", at: earlier.place),
        RelatedSpan("`\(otherRole)` declares it here", at: other.span),
        RelatedSpan("`\(role)` declares it here", at: claim.span),
      ],
      address: instance.address,
      path: "/nodes/\(instance.node.id)/roles"
    )
  }
}
