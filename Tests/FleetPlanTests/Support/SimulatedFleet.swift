import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources

/// Nodes in memory with what is wanted on them: plans, and carries plans out as apply does.
struct SimulatedFleet {
  var wanted: [NodeID: [Resource]] = [:]
  var roles: [NodeID: [String]] = [:]
  var nodes: [NodeID: SimulatedNode] = [:]
  var options = PlanOptions()
  /// Paths that were not there when the run in progress began.
  private var absentBefore: [NodeID: Set<String>] = [:]
  /// Nodes that do not answer.
  var silent: Set<NodeID> = []

  var inputs: [NodeInput] {
    nodes.keys.sorted().map { id in
      NodeInput(
        id: id,
        address: "192.0.2.1",
        roles: roles[id] ?? [],
        resources: wanted[id] ?? [],
        observation: silent.contains(id)
          ? .unreachable(step: "connect", cause: "timed out after 5 s", remedy: nil)
          : .observed(nodes[id]?.seen ?? ObservedNode())
      )
    }
  }

  mutating func look() {
    for id in nodes.keys {
      let resources = wanted[id] ?? []
      nodes[id]?.look(.covering(resources))
      guard let manifest = nodes[id]?.seen.manifest.known else { continue }
      if let more = ProbeRequest.orphans(of: manifest, beside: resources) { nodes[id]?.look(more) }
    }
  }

  mutating func plan() throws(DiagnosticsError) -> Plan {
    look()
    return try Planner.plan(PlanInput(fleet: "test", nodes: inputs, options: options))
  }

  private func program(_ id: NodeID) -> NodeProgram {
    NodeProgram(
      wanted[id] ?? [],
      observed: nodes[id]?.seen ?? ObservedNode(),
      context: context(id)
    )
  }

  func context(_ id: NodeID) -> CompareContext {
    let inputs = inputs
    let knowledge = FleetKnowledge(inputs)
    guard let input = inputs.first(where: { $0.id == id }) else {
      return CompareContext(desired: DesiredIndex([]))
    }
    var context = knowledge.context(for: input, options: options)
    context.absentBefore = absentBefore[id] ?? []
    return context
  }

  /// Carries `plan` out, part by part over all nodes.
  mutating func apply(_ plan: Plan) throws(SimulatedNode.Refusal) {
    let before = nodes
    for (id, node) in nodes {
      absentBefore[id] = Set(node.seen.paths.filter { $0.value == .absent }.keys)
    }
    defer { absentBefore = [:] }
    let schedules = plan.nodes.filter(\.isReachable).map { plan.schedule(for: $0.id) }
    let parts: [(NodeSchedule) -> [PlannedChange]] = [
      \.prepare, \.secrets, \.secrets, \.certificates, \.build, \.retire, \.configure,
    ]
    for part in parts {
      for schedule in schedules { try run(part(schedule), on: schedule.node) }
      look()
    }
    for schedule in schedules {
      let steps = program(schedule.node).reloading(schedule)
      try nodes[schedule.node]?.run(steps)
    }
    for wave in plan.waves {
      for schedule in schedules {
        for part in schedule.activate where part.number == wave {
          for change in part.changes { try run([change], on: schedule.node) }
        }
      }
    }
    for schedule in schedules { try run(schedule.firewall, on: schedule.node) }
    look()
    for schedule in schedules { record(schedule.node, plan, before) }
  }

  private mutating func run(
    _ changes: [PlannedChange],
    on id: NodeID
  ) throws(SimulatedNode.Refusal) {
    let steps = program(id).operations(changes)
    try nodes[id]?.run(steps)
    for change in changes {
      let resource = wanted[id]?.first { $0.address == change.address }
      switch resource?.spec {
      case .certificate(let spec):
        let authority = nodes[spec.authority]?.seen.authority.known ?? ""
        nodes[id]?.placeCertificate(spec, authority: authority)
      case .source(let spec): nodes[id]?.sync(spec)
      case .step(let spec): nodes[id]?.finish(spec)
      default: continue
      }
    }
  }

  private mutating func record(_ id: NodeID, _ plan: Plan, _ before: [NodeID: SimulatedNode]) {
    guard let now = nodes[id]?.seen, let then = before[id]?.seen else { return }
    let changes = plan.changes(of: id)
    guard changes.contains(where: { $0.action.isExecuted }) else { return }
    let manifest = now.manifest.known ?? Manifest(fleet: "test", node: id.name, uuid: "u")
    let updated = manifest.updated(
      applying: changes,
      resources: wanted[id] ?? [],
      before: then,
      after: now,
      context: context(id),
      startups: [:]
    )
    nodes[id]?.setManifest(updated)
  }
}

/// Parts of fleets for tests.
enum Make {
  static func node(_ name: String) -> NodeID {
    guard let id = NodeID(name) else { preconditionFailure("\(name) is no node id") }
    return id
  }

  static let root = Ownership(owner: "root", group: "root", mode: 0o644)

  static func file(
    _ node: NodeID,
    _ path: String,
    _ content: FileContent,
    role: String = "web",
    merges: Bool = false,
    effect: ChangeEffect = ChangeEffect(),
    requires: [ResourceAddress] = []
  ) -> Resource {
    let isUnit = path.hasPrefix("/etc/systemd/system/")
    return Resource(
      ResourceAddress(node, .file, path),
      role: role,
      spec: .file(
        FileSpec(
          path: path,
          content: content,
          ownership: root,
          mergesKeys: merges,
          effect: effect,
          isUnitDefinition: isUnit
        )
      ),
      requires: requires,
      origin: "roles/\(role)/role.yaml:1:1"
    )
  }

  static func unit(
    _ node: NodeID,
    _ name: String,
    role: String = "web",
    restart: [String] = [],
    reload: [String] = [],
    requires: [ResourceAddress] = [],
    wave: Int = 0,
    edit: (inout UnitSpec) -> Void = { _ in }
  ) -> Resource {
    var spec = UnitSpec(name: name, enabled: true, state: .started)
    spec.consumes =
      restart.map { .init(path: $0, reload: false) } + reload.map { .init(path: $0, reload: true) }
    edit(&spec)
    return Resource(
      ResourceAddress(node, .unit, name),
      role: role,
      spec: .unit(spec),
      requires: requires,
      wave: wave,
      origin: "roles/\(role)/role.yaml:2:1"
    )
  }

  static func resource(
    _ node: NodeID,
    _ kind: ResourceKind,
    _ name: String,
    _ spec: ResourceSpec,
    role: String = "web",
    requires: [ResourceAddress] = []
  ) -> Resource {
    Resource(
      ResourceAddress(node, kind, name),
      role: role,
      spec: spec,
      requires: requires,
      origin: "roles/\(role)/role.yaml:3:1"
    )
  }
}
