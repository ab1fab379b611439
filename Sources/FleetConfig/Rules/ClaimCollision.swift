internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Finds what two roles of one node claim (`unit-collision`, `path-collision`, `resource-collision`).
///
/// *What it does*: compares units, services, paths, users, kernel settings, package sources, databases
/// and secrets of all roles on a node, and of the components that they use. Components are shared by
/// design, but all roles must want the same of them; other things may be shared where both roles say
/// so, and say it equally.
/// *Why it matters*: each apply would undo the other role's half, for ever.
/// *Example*: two roles that both bring `ollama.service`.
/// *Instead*: move one of them, or give it a name of its own by parameter.
struct ClaimCollision {
  private let resolved: ResolvedFleet

  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    let rule = ClaimCollision(resolved: resolved)
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
      for (claim, earlier) in collisions(instances.map { ($0, collector.claims(of: $0)) }) {
        diagnostics.add(rule.finding(claim, earlier))
      }
    }
  }

  private struct Claimant {
    let claim: RoleClaim
    let instance: RoleInstance

    var role: String { instance.profile.role.name }

    /// Whether it is the same claim, through the same role or the same component.
    func isSame(as other: Self) -> Bool {
      if let component = claim.component { return component == other.claim.component }
      return other.claim.component == nil && instance.profile === other.instance.profile
    }

    /// `` `redis` ``, or `` `ollama` (with `autobot-llm-cpu`) ``.
    var words: String { claim.component.map { "`\($0)` (with `\(role)`)" } ?? "`\(role)`" }
  }

  private static func collisions(
    _ all: [(RoleInstance, [RoleClaim])]
  ) -> [(claim: Claimant, earlier: Claimant)] {
    var first: [String: Claimant] = [:]
    var result: [(Claimant, Claimant)] = []
    for (instance, claims) in all {
      for claim in claims {
        let claimant = Claimant(claim: claim, instance: instance)
        let key = claim.key
        guard let other = first[key] else {
          first[key] = claimant
          continue
        }
        // One role's own file is checked when roles are loaded.
        guard !claimant.isSame(as: other), other.instance.profile !== instance.profile else {
          continue
        }
        if claim.goesWith(other.claim) { continue }
        result.append((claimant, other))
      }
    }
    return result
  }

  /// The later claim is the subject, unless only the earlier name was written into fleet.yaml.
  private func finding(_ later: Claimant, _ earlier: Claimant) -> Diagnostic {
    let laterOrigin = ClaimOrigin(later.claim.parameter, of: later.instance, in: resolved)
    let earlierOrigin = ClaimOrigin(earlier.claim.parameter, of: earlier.instance, in: resolved)
    if earlierOrigin.isGiven, !laterOrigin.isGiven {
      return finding(earlier, earlierOrigin, beside: later, laterOrigin)
    }
    return finding(later, laterOrigin, beside: earlier, earlierOrigin)
  }

  private func finding(
    _ later: Claimant,
    _ origin: ClaimOrigin,
    beside earlier: Claimant,
    _ otherOrigin: ClaimOrigin
  ) -> Diagnostic {
    let claim = later.claim
    let node = later.instance.node.id
    var related = [RelatedSpan("`\(earlier.role)` is here", at: otherOrigin.place)]
    for (claimant, origin) in [(earlier, otherOrigin), (later, origin)] {
      if let assignment = origin.assignment {
        related.append(RelatedSpan("`\(claimant.role)` is on `\(node)` here", at: assignment))
      }
      related.append(declaration(claimant))
    }
    return Diagnostic(
      Self.rule(claim.kind),
      "\(earlier.words) and \(later.words) both claim \(claim.what) `\(claim.name)` on `\(node)`, "
        + "\(Self.why(later, earlier)). \(Self.cure(later, earlier))",
      at: origin.place,
      related: related,
      address: later.instance.address,
      path: "/nodes/\(node)/roles"
    )
  }

  private func declaration(_ claimant: Claimant) -> RelatedSpan {
    let claim = claimant.claim
    let name = claim.component ?? claimant.role
    let definition =
      claim.component.flatMap { resolved.registry.component($0) } ?? claimant.instance.profile.role
    return Registry.place(in: definition, at: claim.span, "`\(name)` declares it here")
  }

  private static func rule(_ kind: RoleClaim.Kind) -> Rule {
    switch kind {
    case .unit: .unitCollision
    case .path: .pathCollision
    case .thing: .resourceCollision
    }
  }

  private static func why(_ later: Claimant, _ earlier: Claimant) -> String {
    switch (earlier.claim.sharing, later.claim.sharing) {
    case (.alike(let left), .alike(let right)): "but not alike (`\(left)` and `\(right)`)"
    case (.gone, _): "but \(earlier.words) wants it gone"
    case (_, .gone): "but \(later.words) wants it gone"
    default: "and only one can own it"
    }
  }

  private static func cure(_ later: Claimant, _ earlier: Claimant) -> String {
    let parameters = [later, earlier].compactMap { claimant in
      claimant.claim.parameter.map { "`roles.\(claimant.role).\($0)`" }
    }
    let set = parameters.isEmpty ? "" : ", or set " + parameters.joined(separator: " or ")
    switch (earlier.claim.sharing, later.claim.sharing) {
    case (.alike, .alike): return "Declare it equally in both, or move one to another node\(set)."
    default: return "Move one of them to another node\(set)."
    }
  }
}
