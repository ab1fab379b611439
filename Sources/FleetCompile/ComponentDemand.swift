import FleetDiagnostics
import FleetRegistry
import FleetRender

/// What the roles of one node ask of a component: one set of values for all of them.
struct ComponentDemand {
  /// The component.
  let component: Role
  /// Values of its `with`.
  private(set) var values: [String: Value] = [:]
  /// Instances that use it.
  private(set) var users: [Int] = []
  /// Wave of the first of them: a component starts before what is built on it.
  private(set) var wave = Int.max
  private var firstUse: SourceSpan?

  init(_ component: Role) {
    self.component = component
  }

  /// Joins one more role's values: lists named in the component's `collect:` are joined, all others
  /// must be equal, because there is one such component on a node.
  mutating func add(
    _ added: [String: Value],
    by instance: Int,
    wave: Int,
    at span: SourceSpan,
    into diagnostics: inout Diagnostics
  ) {
    if !users.contains(instance) { users.append(instance) }
    self.wave = min(self.wave, wave)
    for key in added.keys.sorted() {
      guard let value = added[key] else { continue }
      guard let existing = values[key] else {
        values[key] = value
        continue
      }
      if component.collect.contains(key), case .list(let old) = existing,
        case .list(let new) = value
      {
        values[key] = .list(old + new.filter { !old.contains($0) })
      } else if existing != value {
        diagnostics.add(
          Diagnostic(
            .unitCollision,
            "Two roles on this node want `\(component.name)` with different `\(key)`. There is one "
              + "`\(component.name)` on a node: make the parameters equal, or move one role.",
            at: span,
            related: [RelatedSpan("the other one asks here", at: firstUse)]
          )
        )
      }
    }
    firstUse = firstUse ?? span
  }
}
