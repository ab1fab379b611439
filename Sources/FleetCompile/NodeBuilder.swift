import FleetDiagnostics
import FleetModel
import FleetResources

/// Collects the resources of one node: each address once, with all that concerns it.
struct NodeBuilder {
  /// The node.
  let node: NodeID
  private(set) var resources: [ResourceAddress: Resource] = [:]
  private var units: [String: UnitDraft] = [:]
  /// Files of the source trees synced to this node, by target folder.
  var sources: [String: [SourceFile]] = [:]

  /// A unit while its parts come in from several roles.
  struct UnitDraft {
    var spec: UnitSpec
    var role: String
    var wave: Int
    var origin: String
  }

  init(node: NodeID) {
    self.node = node
  }

  /// Adds a resource.
  ///
  /// The same address wanted twice must be wanted equally.
  mutating func add(
    _ kind: ResourceKind,
    _ name: String,
    _ spec: ResourceSpec,
    by owner: Owner,
    requires: [ResourceAddress] = [],
    at span: SourceSpan,
    into diagnostics: inout Diagnostics
  ) {
    let address = ResourceAddress(node, kind, name)
    if let existing = resources[address] {
      guard existing.spec != spec else { return }
      diagnostics.add(
        Diagnostic(
          .pathCollision,
          "`\(owner.role)` and `\(existing.role)` both want `\(kind.rawValue):\(name)` on `\(node)`, but "
            + "differently. Give one of them another name by a parameter, or move one to another node.",
          at: span,
          related: [RelatedSpan("`\(existing.role)` asks for it at \(existing.origin)", at: nil)],
          address: address.description
        )
      )
      return
    }
    resources[address] = Resource(
      address,
      role: owner.role,
      spec: spec,
      requires: requires,
      wave: owner.wave,
      origin: span.description
    )
  }

  /// Puts the CA's certificate on the node, for everybody who verifies a peer.
  mutating func trustAuthority(at span: SourceSpan, into diagnostics: inout Diagnostics) {
    let owner = Owner(role: "fleetctl", wave: 0)
    let folder = DirectorySpec(
      path: FleetPaths.folder,
      ownership: Ownership(owner: "root", group: "root", mode: 0o755),
      data: false
    )
    add(.dir, folder.path, .directory(folder), by: owner, at: span, into: &diagnostics)
    let file = FileSpec(
      path: FleetPaths.authority,
      content: FileContent([.authority]),
      ownership: Ownership(owner: "root", group: "root", mode: 0o644)
    )
    add(.file, file.path, .file(file), by: owner, at: span, into: &diagnostics)
  }

  /// Adds to a unit, creating it if it is new.
  mutating func unit(
    _ name: String,
    by owner: Owner,
    at span: SourceSpan,
    _ change: (inout UnitSpec) -> Void
  ) {
    var draft =
      units[name]
      ?? UnitDraft(
        spec: UnitSpec(name: name, enabled: nil, state: .untouched),
        role: owner.role,
        wave: owner.wave,
        origin: span.description
      )
    change(&draft.spec)
    draft.wave = max(draft.wave, owner.wave)
    units[name] = draft
  }

  /// Whether the unit is known already.
  func has(unit name: String) -> Bool { units[name] != nil }

  /// Everything, sorted, with the paths that each unit consumes filled in.
  func finished() -> [Resource] {
    var result = Array(resources.values)
    var consumed: [String: Set<UnitSpec.Consumed>] = [:]
    for resource in result {
      for (path, effect) in Self.consumption(of: resource.spec) {
        for unit in effect.restart {
          consumed[unit, default: []].insert(UnitSpec.Consumed(path: path, reload: false))
        }
        for unit in effect.reload where !effect.restart.contains(unit) {
          consumed[unit, default: []].insert(UnitSpec.Consumed(path: path, reload: true))
        }
      }
    }
    for (name, draft) in units {
      var spec = draft.spec
      spec.consumes = consumed[name, default: []].union(spec.consumes).sorted()
      spec.dependents = Array(Set(spec.dependents)).sorted()
      result.append(
        Resource(
          ResourceAddress(node, .unit, name),
          role: draft.role,
          spec: .unit(spec),
          wave: draft.wave,
          origin: draft.origin
        )
      )
    }
    return result.sorted { $0.address < $1.address }
  }

  /// The path whose change tells a unit that something it consumes has changed: the file itself, or
  /// the stamp that is written when a step, a source or an archive was renewed.
  private static func consumption(of spec: ResourceSpec) -> [(String, ChangeEffect)] {
    switch spec {
    case .file(let file): [(file.path, file.effect)]
    case .certificate(let certificate): [(certificate.certPath, certificate.effect)]
    case .source(let source): [(source.manifestPath, source.effect)]
    case .step(let step): [(step.stampPath, step.effect)]
    default: []
    }
  }
}

/// On whose behalf a resource is made.
struct Owner {
  /// Role or component.
  let role: String
  /// Activation wave of the role on this node.
  let wave: Int
}
