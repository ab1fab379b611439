internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// A unit or path that a role occupies on its node.
struct RoleClaim: Sendable {
  enum Kind: Hashable, Sendable {
    case unit, path
  }

  let kind: Kind
  /// Name of the unit, or the path.
  let name: String
  /// What is claimed, for people: `the directory`.
  let what: String
  /// Whether the role lets others declare it too, equally.
  let isShared: Bool
  /// What must be equal among those who share it.
  let form: String
  /// Where the role declares it.
  let span: SourceSpan
}

/// Evaluates which units and paths roles claim, once for each profile where the node does not matter.
struct ClaimCollector {
  /// How far the claims of a role depend on the node.
  private struct Traits {
    let hasNodeNames: Bool
    let hasNodeConditions: Bool
  }

  private let resolved: ResolvedFleet
  private let settings: Value
  private var traits: [String: Traits] = [:]
  private var widest: [ObjectIdentifier: [RoleClaim]] = [:]

  init(_ resolved: ResolvedFleet) {
    self.resolved = resolved
    settings = NodeScope.settings(resolved.fleet.settings)
    for (name, role) in resolved.registry.roles {
      traits[name] = Traits(
        hasNodeNames: role.content.claimNames.contains {
          $0.literal == nil && $0.text.looksAtNode
        },
        hasNodeConditions: role.content.claimConditions.contains { $0.text.looksAtNode }
      )
    }
  }

  /// The claims that hold on this very node.
  mutating func claims(of instance: RoleInstance) -> [RoleClaim] {
    let traits = traits[instance.profile.role.name]
    if traits?.hasNodeNames == false, traits?.hasNodeConditions == false,
      let claims = widestClaims(of: instance)
    {
      return claims
    }
    return ClaimReader(scope: resolved.scope(for: instance), isWidest: false)
      .claims(of: instance.profile.role.content)
  }

  /// The claims of the instance's profile on any node; nil where names depend on the node.
  ///
  /// Conditions that look at the node count as fulfilled.
  mutating func widestClaims(of instance: RoleInstance) -> [RoleClaim]? {
    let key = ObjectIdentifier(instance.profile)
    if let known = widest[key] { return known }
    guard traits[instance.profile.role.name]?.hasNodeNames == false else { return nil }
    let scope: Scope = [
      "params": instance.profile.parameterScope,
      "role": .string(instance.profile.role.name),
      "settings": settings,
    ]
    let claims = ClaimReader(scope: scope, isWidest: true)
      .claims(of: instance.profile.role.content)
    widest[key] = claims
    return claims
  }
}

/// Reads the claims of one role in one scope.
///
/// What cannot be evaluated claims nothing here: the compiler reports it.
private struct ClaimReader {
  let scope: Scope
  let isWidest: Bool

  func claims(of content: RoleContent) -> [RoleClaim] {
    units(of: content) + paths(of: content)
  }

  private func holds(_ condition: Expression?) -> Bool {
    guard let condition else { return true }
    if isWidest, condition.text.looksAtNode { return true }
    var ignored = Diagnostics()
    return condition.isTrue(scope, into: &ignored) ?? false
  }

  private func text(_ text: TemplateText) -> String? {
    if let literal = text.literal { return literal }
    var ignored = Diagnostics()
    return text.string(scope, into: &ignored)
  }

  private func units(of content: RoleContent) -> [RoleClaim] {
    let own = content.units.filter { $0.state != .absent && holds($0.when) }
      .map { ($0.name, $0.span, "the unit") }
    let brought = content.services.filter { $0.state != .absent && holds($0.when) }
      .map { ($0.name, $0.span, "the service") }
    return (own + brought).compactMap { name, span, what in
      guard let name = text(name) else { return nil }
      return RoleClaim(
        kind: .unit,
        name: name,
        what: what,
        isShared: false,
        form: "",
        span: span
      )
    }
  }

  private func paths(of content: RoleContent) -> [RoleClaim] {
    let directories = content.directories.filter { holds($0.when) }.compactMap { item in
      path(
        item.path,
        "the directory",
        item.shared,
        form(item.owner, item.group, item.mode),
        item.span
      )
    }
    let files = content.files.filter { holds($0.when) }.compactMap { item in
      let isShared = item.shared || item.merge != nil
      return path(
        item.path,
        "the file",
        isShared,
        form(item.owner, item.group, item.mode),
        item.span
      )
    }
    let links = content.links.filter { holds($0.when) }.compactMap { item in
      path(item.path, "the link", false, "", item.span)
    }
    let dropIns = content.dropIns.filter { holds($0.when) }.compactMap { item -> RoleClaim? in
      guard let unit = text(item.unit) else { return nil }
      return RoleClaim(
        kind: .path,
        name: "/etc/systemd/system/\(unit).d/\(item.name)",
        what: "the drop-in",
        isShared: false,
        form: "",
        span: item.span
      )
    }
    return directories + files + links + dropIns
  }

  private func form(_ owner: TemplateText, _ group: TemplateText, _ mode: Int) -> String {
    "\(text(owner) ?? "?"):\(text(group) ?? "?") \(String(mode, radix: 8))"
  }

  private func path(
    _ template: TemplateText,
    _ what: String,
    _ isShared: Bool,
    _ form: String,
    _ span: SourceSpan
  ) -> RoleClaim? {
    guard let name = text(template) else { return nil }
    return RoleClaim(
      kind: .path,
      name: name,
      what: what,
      isShared: isShared,
      form: form,
      span: span
    )
  }
}

extension RoleContent {
  fileprivate var claimNames: [TemplateText] {
    units.map(\.name) + services.map(\.name) + directories.map(\.path) + files.map(\.path)
      + links.map(\.path) + dropIns.map(\.unit)
  }

  fileprivate var claimConditions: [Expression] {
    let all: [Expression?] =
      units.map(\.when) + services.map(\.when) + directories.map(\.when) + files.map(\.when)
      + links.map(\.when) + dropIns.map(\.when)
    return all.compactMap { $0 }
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
