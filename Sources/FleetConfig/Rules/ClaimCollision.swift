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

/// Finds roles on one node that want a shared component differently.
struct ComponentSettings {
  private struct Use {
    let instance: RoleInstance
    let component: String
    let values: [String: Value]
  }

  /// Uses that pass something which all users of the component must agree on.
  private struct Wish {
    let use: ComponentUse
    let entries: [TemplateEntry]
    let looksAtNode: Bool
  }

  private let resolved: ResolvedFleet
  private var wishes: [String: [Wish]] = [:]

  init(_ resolved: ResolvedFleet) {
    self.resolved = resolved
    for (name, role) in resolved.registry.roles {
      wishes[name] = role.uses.compactMap { use in
        guard let component = resolved.registry.component(use.component) else { return nil }
        let entries = use.with.filter { !component.collect.contains($0.key) }
        guard !entries.isEmpty else { return nil }
        let looksAtNode =
          (use.when?.text.looksAtNode ?? false) || entries.contains { $0.value.looksAtNode }
        return Wish(use: use, entries: entries, looksAtNode: looksAtNode)
      }
    }
  }

  /// Whether the outcome may differ on another node with the same profiles.
  func lookAtNode(_ instances: ArraySlice<RoleInstance>) -> Bool {
    contested(instances).contains { $0.wish.looksAtNode }
  }

  func check(_ instances: ArraySlice<RoleInstance>, into diagnostics: inout Diagnostics) {
    var first: [String: Use] = [:]
    for (index, wish) in contested(instances) {
      let instance = instances[index]
      let scope = resolved.scope(for: instance)
      var ignored = Diagnostics()
      guard wish.use.when.holds(scope, into: &ignored) ?? false else { continue }
      var values: [String: Value] = [:]
      for entry in wish.entries {
        values[entry.key] = entry.value.evaluate(scope, into: &ignored)
      }
      let now = Use(instance: instance, component: wish.use.component, values: values)
      if let earlier = first[now.component] {
        Self.report(now, earlier, into: &diagnostics)
      } else {
        first[now.component] = now
      }
    }
  }

  /// The wishes for components that at least two roles on the node use.
  private func contested(
    _ instances: ArraySlice<RoleInstance>
  ) -> [(instance: Int, wish: Wish)] {
    var all: [(instance: Int, wish: Wish)] = []
    for index in instances.indices {
      for wish in wishes[instances[index].profile.role.name] ?? [] { all.append((index, wish)) }
    }
    guard all.count > 1 else { return [] }
    return all.filter { one in
      all.contains {
        $0.instance != one.instance && $0.wish.use.component == one.wish.use.component
      }
    }
  }

  private static func report(_ use: Use, _ earlier: Use, into diagnostics: inout Diagnostics) {
    guard use.instance.profile !== earlier.instance.profile else { return }
    let keys = Set(use.values.keys).union(earlier.values.keys)
    let differing = keys.filter { use.values[$0] != earlier.values[$0] }.sorted()
    guard !differing.isEmpty else { return }
    let role = use.instance.profile.role.name
    let other = earlier.instance.profile.role.name
    let node = use.instance.node.id
    diagnostics.add(
      Diagnostic(
        .unitCollision,
        "`\(other)` and `\(role)` share `\(use.component)` on `\(node)`, which exists once there, "
          + "but want it differently: \(ScalarReader.words(differing)). Give the parameters behind "
          + "them equal values in both roles, or move one of the roles to another node.",
        at: use.instance.place,
        related: [RelatedSpan("`\(other)` is here", at: earlier.instance.place)],
        address: use.instance.address,
        path: "/nodes/\(node)/roles"
      )
    )
  }
}

extension TemplateValue {
  fileprivate var looksAtNode: Bool {
    switch self {
    case .text(let text): text.literal == nil && text.text.looksAtNode
    case .list(let items): items.contains { $0.looksAtNode }
    case .map(let entries): entries.contains { $0.value.looksAtNode }
    }
  }
}
