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
  private let components: ComponentSettings
  private var collector: ClaimCollector
  /// Sets of lists without a collision, whatever node they stand on: most nodes end there.
  private var free: Set<[ObjectIdentifier]> = []
  /// The same for what is passed to components.
  private var agreed: Set<[ObjectIdentifier]> = []

  private init(_ resolved: ResolvedFleet) {
    self.resolved = resolved
    components = ComponentSettings(resolved)
    collector = ClaimCollector(resolved)
  }

  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    var rule = ClaimCollision(resolved)
    resolved.visitNodes { instances in
      instances.count < 2 || rule.check(instances, into: &diagnostics)
    }
  }

  /// Returns whether no node with these profiles can have a finding.
  private mutating func check(
    _ instances: [RoleInstance],
    into diagnostics: inout Diagnostics
  ) -> Bool {
    let widest = instances.map { collector.widestClaims(of: $0) }
    let isNodeless = widest.allSatisfy { $0 != nil }
    // Profiles that differ only in what claims nothing have equal lists.
    let key = widest.compactMap { $0.map { ObjectIdentifier($0) } }
    let hasAgreed = isNodeless && agreed.contains(key)
    if !hasAgreed {
      var found = Diagnostics()
      components.check(instances, into: &found)
      let isSure = found.all.isEmpty && isNodeless && !components.lookAtNode(instances)
      if isSure { agreed.insert(key) }
      diagnostics.add(contentsOf: found)
    }
    if isNodeless {
      if free.contains(key) { return agreed.contains(key) }
      if Self.collisions(widest.compactMap { $0 }).isEmpty {
        free.insert(key)
        return agreed.contains(key)
      }
    }
    let here = instances.map { collector.claims(of: $0) }
    for (claim, earlier) in Self.collisions(here) {
      diagnostics.add(
        finding(
          claimant(claim, here, instances),
          claimant(earlier, here, instances)
        )
      )
    }
    return false
  }

  /// A claim by its list and its position there.
  private struct Index {
    let list: Int
    let claim: Int
  }

  private func claimant(
    _ index: Index,
    _ lists: [ClaimList],
    _ instances: [RoleInstance]
  ) -> Claimant {
    Claimant(
      claim: lists[index.list].claims[index.claim],
      instance: instances[index.list]
    )
  }

  /// The claims that cannot stand beside an earlier one of their name.
  private static func collisions(_ lists: [ClaimList]) -> [(claim: Index, earlier: Index)] {
    var first: [String: Index] = [:]
    var result: [(Index, Index)] = []
    for (position, list) in lists.enumerated() {
      for (index, claim) in list.claims.enumerated() {
        let here = Index(list: position, claim: index)
        guard let earlier = first[claim.key] else {
          first[claim.key] = here
          continue
        }
        // What one role's file says twice is checked when roles are loaded.
        guard earlier.list != position else { continue }
        let other = lists[earlier.list].claims[earlier.claim]
        let isOneComponent = claim.component != nil && claim.component == other.component
        if !isOneComponent, !claim.goesWith(other) { result.append((here, earlier)) }
      }
    }
    return result
  }

  private struct Claimant {
    let claim: RoleClaim
    let instance: RoleInstance

    var role: String { instance.profile.role.name }

    /// `` `redis` ``, or `` `ollama` (with `autobot-llm-cpu`) ``.
    var words: String { claim.component.map { "`\($0)` (with `\(role)`)" } ?? "`\(role)`" }
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
