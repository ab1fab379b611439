internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Evaluates what roles and their components claim, once for each profile where the node does not
/// matter.
struct ClaimCollector {
  /// How far the claims of a role depend on the node.
  fileprivate struct Traits {
    var hasNodeNames = false
    var hasNodeConditions = false
    /// The parameters that names, forms and conditions read, sorted.
    var parameters: Set<String> = []
  }

  /// What decides the claims of a profile, wherever it stands.
  private struct Signature: Hashable {
    let role: String
    let values: [Value?]
  }

  private let resolved: ResolvedFleet
  private let settings: Value
  private var traits: [String: Traits] = [:]
  private var widest: [ObjectIdentifier: ClaimList] = [:]
  /// Nodes that set a parameter have profiles of their own; most parameters claim nothing.
  private var bySignature: [Signature: ClaimList] = [:]

  init(_ resolved: ResolvedFleet) {
    self.resolved = resolved
    settings = NodeScope.settings(resolved.fleet.settings)
    for (name, role) in resolved.registry.roles {
      traits[name] = Self.traits(of: role, in: resolved.registry)
    }
  }

  private static func traits(of role: Role, in registry: Registry) -> Traits {
    var traits = Traits()
    traits.look(at: role.content)
    for use in role.uses {
      guard let component = registry.component(use.component) else { continue }
      traits.look(at: component.content)
      if use.when?.text.looksAtNode ?? false { traits.hasNodeConditions = true }
      use.when?.visitPaths { traits.note($0) }
      for entry in use.with { entry.value.visitPaths { traits.note($0) } }
      // What is passed in may end in a name.
      let isNodal = use.with.contains { $0.value.looksAtNode }
      if isNodal, component.content.claimTexts.contains(where: { $0.text.contains("with.") }) {
        traits.hasNodeNames = true
      }
    }
    return traits
  }

  /// The claims that hold on this very node.
  mutating func claims(of instance: RoleInstance) -> ClaimList {
    let traits = traits[instance.profile.role.name]
    if traits?.hasNodeNames == false, traits?.hasNodeConditions == false,
      let claims = widestClaims(of: instance)
    {
      return claims
    }
    return ClaimList(read(instance, in: resolved.scope(for: instance), isWidest: false))
  }

  /// The claims of the instance's profile on any node; nil where names depend on the node.
  ///
  /// Conditions that look at the node count as fulfilled.
  mutating func widestClaims(of instance: RoleInstance) -> ClaimList? {
    let key = ObjectIdentifier(instance.profile)
    if let known = widest[key] { return known }
    let role = instance.profile.role.name
    guard let traits = traits[role], !traits.hasNodeNames else { return nil }
    let values = traits.parameters.sorted().map { instance.profile.parameters[$0] }
    let signature = Signature(role: role, values: values)
    if let known = bySignature[signature] {
      widest[key] = known
      return known
    }
    let scope: Scope = [
      "params": instance.profile.parameterScope,
      "role": .string(role),
      "settings": settings,
    ]
    let claims = ClaimList(read(instance, in: scope, isWidest: true))
    widest[key] = claims
    bySignature[signature] = claims
    return claims
  }

  private func read(_ instance: RoleInstance, in scope: Scope, isWidest: Bool) -> [RoleClaim] {
    let role = instance.profile.role
    let own = ClaimReader(scope: scope, isWidest: isWidest, component: nil)
    var claims = own.claims(of: role)
    for use in role.uses where own.holds(use.when) {
      guard let component = resolved.registry.component(use.component) else { continue }
      var inner = scope
      var ignored = Diagnostics()
      let values = use.with.compactMap { entry in
        entry.value.evaluate(scope, into: &ignored).map { (entry.key, $0) }
      }
      inner["with"] = .map(Dictionary(values) { first, _ in first })
      claims += ClaimReader(scope: inner, isWidest: isWidest, component: component.name)
        .claims(of: component)
    }
    return claims
  }
}

extension ClaimCollector.Traits {
  fileprivate mutating func look(at content: RoleContent) {
    let texts = content.claimTexts
    let conditions = content.claimConditions
    if texts.contains(where: { $0.literal == nil && $0.text.looksAtNode }) { hasNodeNames = true }
    if conditions.contains(where: { $0.text.looksAtNode }) { hasNodeConditions = true }
    for text in texts where text.literal == nil { text.visitPaths { note($0) } }
    for condition in conditions { condition.visitPaths { note($0) } }
  }

  /// Notes `params.NAME`; a bare `params` reads them all, which no role does.
  fileprivate mutating func note(_ path: [PathPart]) {
    if path.first?.name == "params", path.count > 1 { parameters.insert(path[1].name) }
  }
}

extension RoleContent {
  /// Every text that ends in the name or the form of a claim.
  fileprivate var claimTexts: [TemplateText] {
    units.map(\.name) + services.map(\.name) + dropIns.map(\.unit)
      + directories.flatMap { [$0.path, $0.owner, $0.group] }
      + files.flatMap { [$0.path, $0.owner, $0.group] } + links.map(\.path)
      + certificates.flatMap { [$0.cert, $0.key] } + secrets.map(\.file) + archives.map(\.target)
      + sources.map(\.target) + sysctl.map(\.value) + groups.map(\.name)
      + users.flatMap { [$0.name] + $0.groups + [$0.group, $0.home, $0.shell].compactMap { $0 } }
      + aptSources.flatMap { $0.uris + $0.suites + $0.components + [$0.key].compactMap { $0 } }
      + databases.flatMap { [$0.name, $0.owner] }
  }

  fileprivate var claimConditions: [Expression] {
    var all: [Expression?] =
      units.map(\.when) + services.map(\.when) + dropIns.map(\.when) + directories.map(\.when)
    all += files.map(\.when) + links.map(\.when) + certificates.map(\.when) + secrets.map(\.when)
    all += archives.map(\.when) + sources.map(\.when) + sysctl.map(\.when) + groups.map(\.when)
    all += users.map(\.when) + aptSources.map(\.when) + databases.map(\.when)
    return all.compactMap { $0 }
  }
}

extension TemplateValue {
  /// Whether any text in it names something that differs between nodes.
  var looksAtNode: Bool {
    switch self {
    case .text(let text): text.literal == nil && text.text.looksAtNode
    case .list(let items): items.contains { $0.looksAtNode }
    case .map(let entries): entries.contains { $0.value.looksAtNode }
    }
  }
}

extension String {
  /// Whether an expression names something that differs between nodes; by text, so rather once too
  /// often.
  var looksAtNode: Bool {
    let words = [
      "node.", "node[", "ports.", "ports[", "endpoints", "targets", "consumers", "devices",
      "fleet.",
    ]
    return words.contains { Grammar.holds(self, word: $0) }
  }
}
