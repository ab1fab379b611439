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

  /// Whether what is at `path` came there without us: no record has it, and neither this run nor an
  /// interrupted one brought it.
  func isForeign(_ path: String) -> Bool {
    guard owned == nil, !context.absentBefore.contains(path), !observed.ownPaths.contains(path)
    else { return false }
    guard let manifest = observed.manifest.known else { return true }
    return ![ResourceKind.file, .dropIn, .link, .dir]
      .contains { manifest.owned["\($0.rawValue):\(path)"] != nil }
  }

  /// Whether a package of the role was installed by us, so that its configuration is ours to change.
  var isPackageOurs: Bool {
    isPackageRecent
      || packages.contains { observed.manifest.known?.owned[$0.manifestKey] != nil }
  }

  /// Whether one of our last runs, perhaps an interrupted one, installed a package of the role: what is
  /// there may have come with it.
  var isPackageRecent: Bool {
    packages.contains { observed.ownPackages.contains($0.address.name) }
  }

  private var packages: [Resource] {
    context.desired.resources.filter { $0.address.kind == .package && $0.role == resource.role }
  }

  /// The backups of what a unit serves.
  func backups(of unit: String) -> [UnitSpec.Backup] {
    context.desired.resources.flatMap { other -> [UnitSpec.Backup] in
      guard case .unit(let spec) = other.spec else { return [] }
      return spec.backups.filter { $0.unit == unit }
    }
  }

  /// The role whose maintenance window lets the resource's unit restart: its own, or for a unit of a
  /// component the one that has a backup of it.
  package var maintenanceRole: String {
    backups(of: address.name).min()?.role ?? resource.role
  }

  /// The verdict over another version of what the role's programs are: held back where the role's
  /// updates are by hand, outside of its maintenance.
  func update(_ gap: Gap, from present: String, to wanted: String) -> Comparison {
    let units = context.desired.resources.compactMap { other -> UnitSpec? in
      guard other.role == resource.role, case .unit(let spec) = other.spec else { return nil }
      return spec
    }
    let covering = units.flatMap { backups(of: $0.name) }.map(\.role)
    guard let policy = units.map(\.updatePolicy).first(where: { $0 != "auto" }),
      context.maintenance.isDisjoint(with: covering + [resource.role])
    else { return .differs(gap) }
    return .pending(
      "updates are \(policy); \(present) stays where \(wanted) is wanted",
      remedy: "Let it happen with `--maintenance \(covering.min() ?? resource.role)`."
    )
  }

  /// The verdict over something of somebody else's that `gap` would change.
  func takeover(_ what: String, _ gap: Gap) -> Comparison {
    if isAdopted {
      var gap = gap
      gap.isTakeover = true
      return .differs(gap)
    }
    return .foreign(
      gap,
      what,
      remedy: "Compare, then take it over with `--adopt \(address)`, or all of the node with "
        + "`fleetctl adopt \(address.node)`."
    )
  }

  /// The steps that keep a copy of somebody else's files before they are changed.
  func keeping(_ paths: [String]) -> [NodeOperation] {
    paths.map { NodeOperation(.keep, [$0], for: address) }
  }

  /// Why a path that is not there yet cannot be made safely.
  func refusal(above path: String) -> Comparison? {
    guard let parent = observed.unsafeParents[path] else { return nil }
    return Self.unsafe(parent)
  }

  /// The verdict over a path that is to belong to `owner` where another user could put something else
  /// in its place; nil when that is the role's own wish, or nobody could.
  func refusal(of owner: String, at path: String) -> Comparison? {
    guard let above = observed.ownersAbove[path], above.owner != owner else { return nil }
    let isIntended = context.desired.resources.contains { other in
      switch other.spec {
      case .directory(let spec):
        spec.path == above.folder && spec.ownership.owner == above.owner
      case .source(let spec):
        spec.target == above.folder || above.folder.hasPrefix(spec.target + "/")
      case .archive(let spec):
        spec.target == above.folder || above.folder.hasPrefix(spec.target + "/")
      case .user(let spec): spec.home == above.folder
      default: false
      }
    }
    if isIntended { return nil }
    return .blocked(
      "\(above.folder) belongs to \(above.owner), who could replace what \(owner) is to own below it",
      remedy:
        "`chown root \(above.folder)` on the node if that breaks nothing, or declare the folder "
        + "in the role, then plan again."
    )
  }

  /// The verdict over a path below a parent that others may change.
  static func unsafe(_ parent: String) -> Comparison {
    .blocked(
      "it is not safe to write here: \(parent)",
      remedy: "Correct that folder on the node (`chown root`, `chmod go-w`, or a real folder in "
        + "place of the link), then plan again."
    )
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
