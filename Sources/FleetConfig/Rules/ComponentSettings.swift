internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

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
  func lookAtNode(_ instances: [RoleInstance]) -> Bool {
    contested(instances).contains { $0.wish.looksAtNode }
  }

  func check(_ instances: [RoleInstance], into diagnostics: inout Diagnostics) {
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
        report(now, earlier, into: &diagnostics)
      } else {
        first[now.component] = now
      }
    }
  }

  /// The wishes for components that at least two roles on the node use.
  private func contested(
    _ instances: [RoleInstance]
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

  private func report(_ use: Use, _ earlier: Use, into diagnostics: inout Diagnostics) {
    guard use.instance.profile !== earlier.instance.profile else { return }
    let keys = Set(use.values.keys).union(earlier.values.keys)
    let differing = keys.filter { use.values[$0] != earlier.values[$0] }.sorted()
    guard let first = differing.first else { return }
    // The place is what somebody wrote into fleet.yaml, else the role that came later.
    let given = differing.lazy.flatMap { key in
      [use, earlier].map { (use: $0, origin: self.origin(of: key, $0)) }
    }.first { $0.origin.isGiven }
    let subject = given ?? (use, origin(of: first, use))
    let rival = subject.use.instance.profile === use.instance.profile ? earlier : use
    let role = use.instance.profile.role.name
    let other = earlier.instance.profile.role.name
    let node = use.instance.node.id
    let parameters = differing.flatMap { key in [earlier, use].compactMap { name(of: key, $0) } }
    let which = parameters.isEmpty ? "" : " (" + ScalarReader.words(parameters) + ")"
    var related = [
      RelatedSpan("`\(rival.instance.profile.role.name)` is here", at: rival.instance.place)
    ]
    if let assignment = subject.origin.assignment {
      let name = subject.use.instance.profile.role.name
      related.append(RelatedSpan("`\(name)` is on `\(node)` here", at: assignment))
    }
    diagnostics.add(
      Diagnostic(
        .unitCollision,
        "`\(other)` and `\(role)` share `\(use.component)` on `\(node)`, which exists once there, "
          + "but want it differently: \(ScalarReader.words(differing)). Give the parameters behind "
          + "them\(which) equal values in both roles, or move one of the roles to another node.",
        at: subject.origin.place,
        related: related,
        address: subject.use.instance.address,
        path: "/nodes/\(node)/roles"
      )
    )
  }

  private func entry(_ key: String, _ use: Use) -> TemplateText? {
    let wish = wishes[use.instance.profile.role.name]?.first { $0.use.component == use.component }
    guard case .text(let text) = wish?.entries.first(where: { $0.key == key })?.value else {
      return nil
    }
    return text
  }

  private func origin(of key: String, _ use: Use) -> ClaimOrigin {
    ClaimOrigin(entry(key, use)?.parameterName, of: use.instance, in: resolved)
  }

  private func name(of key: String, _ use: Use) -> String? {
    entry(key, use)?.parameterName.map { "roles.\(use.instance.profile.role.name).\($0)" }
  }
}
