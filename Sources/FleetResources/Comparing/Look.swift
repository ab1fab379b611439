package import FleetModel

/// One resource together with what was seen of its node.
package struct Look: Sendable {
  /// The resource.
  package let resource: Resource
  /// What was seen.
  package let observed: ObservedNode
  /// The rest.
  package let context: CompareContext

  /// Puts the three together.
  package init(_ resource: Resource, _ observed: ObservedNode, _ context: CompareContext) {
    self.resource = resource
    self.observed = observed
    self.context = context
  }

  /// Address of the resource.
  package var address: ResourceAddress { resource.address }

  /// What the manifest says about it: nil when we do not own it.
  package var owned: Manifest.Entry? {
    observed.manifest.known?.owned["\(address.kind.rawValue):\(address.name)"]
  }

  /// Whether `--adopt` names it.
  var isAdopted: Bool {
    context.adopt.contains { $0.matches(address, role: resource.role) }
  }

  /// Whether something at `path` that we did not put there may be replaced.
  func mayReplace(_ path: String) -> Bool {
    owned != nil || isAdopted || context.absentBefore.contains(path)
  }

  /// The fact about `path`; unknown when nobody looked.
  func path(_ path: String) -> Fact<ObservedPath> {
    observed.paths[path] ?? .unknown("nobody looked at \(path)")
  }
}

/// What every kind can do: say what to look at, compare, and close the gap.
///
/// The same comparison runs before and after an apply.
protocol Convergent: Sendable, Hashable {
  /// Adds what must be observed.
  func request(into request: inout ProbeRequest)
  /// Compares what is with what should be.
  func compare(_ look: Look) -> Comparison
  /// Steps that close the gap as it is seen now; empty when there is none or when a value that it
  /// needs is not known yet.
  func operations(_ look: Look) -> [NodeOperation]
  /// Canonical text of the wanted state, to be hashed only; nil while a part is not known.
  func desiredState(_ context: CompareContext) -> String?
  /// Canonical text of the seen state in the same form, to be hashed only; nil when not known.
  func observedState(_ look: Look) -> String?
}
