import FleetCompile
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetRegistry
import FleetResources
import FleetTransport
import FleetView

/// From fleet.yaml to a plan over the live nodes: what `plan` and `apply` share.
struct Planning {
  let options: FleetOptions
  var planOptions: PlanOptions
  let resolved: ResolvedFleet
  let nodes: [NodeResources]
  let folder: String
  var connections = FleetConnections()
  /// Takes the events; nil where nobody reads them.
  private let stream: RunStream?
  private let severities: SeverityPolicy
  private let sources: [String: SourceText]
  /// Whether the nodes are to become nobody's.
  var isLeaving = false

  /// Reads, validates and compiles; ends the command when the fleet is not sound.
  init(
    _ options: FleetOptions,
    _ planOptions: PlanOptions,
    _ stream: RunStream? = nil
  ) throws {
    self.stream = stream
    connections.stream = stream
    self.options = options
    self.planOptions = planOptions
    let loaded = try LoadedFleet.load(options)
    folder = loaded.folder
    (severities, sources) = (loaded.severities, loaded.sources)
    (resolved, nodes) = try loaded.compiled(colour: options.colour, stream)
    for role in planOptions.maintenance where resolved.registry.role(role) == nil {
      let names = resolved.registry.sortedRoles.map(\.name)
      let near = NearestName.question(role, in: names).map { " " + $0 } ?? ""
      Terminal.note("error: --maintenance: there is no role \(quoted(role)).\(near)\n")
      throw ExitStatus.usage.error
    }
    try checkSelectors()
  }

  /// Plans for nodes that nothing is wanted on any more.
  init(
    leaving node: FleetNode,
    _ resolved: ResolvedFleet,
    _ options: FleetOptions,
    folder: String,
    _ stream: RunStream
  ) {
    self.stream = stream
    connections.stream = stream
    self.options = options
    planOptions = PlanOptions()
    self.resolved = resolved
    self.folder = folder
    (severities, sources) = (SeverityPolicy(strict: false), [:])
    nodes = [NodeResources(node: node, roles: [], resources: [])]
    isLeaving = true
  }

  /// `protect` of the fleet and of the node.
  private func protections(of node: FleetNode) -> [PlanProtection] {
    let general = resolved.fleet.protect.map { entry in
      PlanProtection(
        UnmatchedProtection.pattern(entry.value),
        text: entry.value,
        place: entry.span?.description ?? "fleet.yaml"
      )
    }
    let own = node.protect.map { entry in
      PlanProtection(
        UnmatchedProtection.pattern(entry.value, of: node.id),
        text: entry.value,
        place: entry.span?.description ?? "fleet.yaml"
      )
    }
    return general + own
  }

  /// Tells entries of `protect` that guard nothing on the nodes as they were seen.
  ///
  /// - Throws: `ExitCode` where `--strict` or `--warn` makes that an error.
  func tellIdleGuards(_ links: [FleetConnections.Link]) throws {
    let own = Dictionary(
      nodes.map { ($0.node.id, $0.node.protect) },
      uniquingKeysWith: { first, _ in first }
    )
    var found = Diagnostics()
    for finding in UnmatchedProtection(links.map(input)).findings(resolved.fleet.protect, own) {
      found.add(finding)
    }
    found = severities.applied(to: found)
    guard !found.all.isEmpty else { return }
    stream?.tell(found, sources)
    Terminal.note(
      HumanDiagnostics.render(found.sorted(), sources: sources, colour: options.colour)
    )
    if found.hasErrors { throw ExitStatus.failure.error }
  }

  /// Ends the command when the plan deletes more than `--max-destroy` allows.
  static func refuse(_ plan: Plan, over most: Int?) throws {
    guard let most else { return }
    let destroyed = plan.destroyed
    guard destroyed.count > most else { return }
    let count = destroyed.count == 1 ? "1 thing" : "\(destroyed.count) things"
    Terminal.note("error: the plan deletes or ends \(count), and --max-destroy is \(most):\n")
    for change in destroyed.prefix(20) {
      let words = change.actions.map(\.rawValue).joined(separator: ", ")
      Terminal.note("  \(displayable("\(change.address)")) (\(words))\n")
    }
    if destroyed.count > 20 { Terminal.note("  and \(destroyed.count - 20) more\n") }
    Terminal.note("Nothing was changed. Give a greater number if all of that may go.\n")
    throw EarlyEnd(
      status: .refused,
      reason: "the plan deletes or ends \(count), --max-destroy is \(most)"
    )
  }

  /// Whether every `-l` is a selector that matches something can be told before any connection.
  private func checkSelectors() throws {
    guard !planOptions.selectors.isEmpty else { return }
    let fleet = nodes.map { (subject: Selector.Subject($0.node), roles: $0.roles) }
    for text in planOptions.selectors {
      let selector: Selector
      do {
        selector = try Selector(text)
      } catch {
        Terminal.note(
          "error: -l: \(quoted(text)) is no selector: \(displayable("\(error)")). Write `role=redis,zone!=a`.\n"
        )
        throw ExitStatus.usage.error
      }
      if let why = selector.unmatched(in: fleet) {
        Terminal.note("error: -l: \(quoted(text)) matches nothing. \(displayable(why))\n")
        throw ExitStatus.failure.error
      }
    }
  }

  /// Connects to all nodes, looks at them, and compares each with what is wanted while others are still
  /// being looked at; with `readOnly` as a user who may do nothing else, with `goesOn` in a conversation that
  /// an apply continues.
  ///
  /// Without `goesOn` the links no longer hold what was seen.
  func observe(readOnly: Bool = false, goesOn: Bool = false) async throws -> Sighting {
    var connections = connections
    connections.goesOn = goesOn
    var targets = try NodeTargets.found(nodes.map(\.node), resolved.fleet, folder: folder)
    if readOnly { targets = try targets.asObserver(nodes.map(\.node)) }
    let unseen = nodes.map {
      input($0, .unreachable(step: "connect", cause: "nobody looked at it", remedy: nil))
    }
    var maker = PlanMaker(input(unseen, planOptions))
    let listener = FleetConnections.Listener(
      hears: { maker.add($0.observation, of: $0.resources.node.id) },
      withdraws: { maker.withdraw($0.resources.node.id, $0.observation) },
      keepsSight: goesOn
    )
    let links = try await connections.observe(nodes, listener: listener) { [targets] node in
      targets[node.node]
    } progress: { line in
      Terminal.note(displayable(line) + "\n")
    }
    return Sighting(links: links, maker: maker)
  }

  /// What nodes said, and the plan that was made of it so far.
  struct Sighting {
    let links: [FleetConnections.Link]
    fileprivate var maker: PlanMaker
  }

  /// Ends the command where a node is another machine than the one that is pinned, before anything is
  /// changed anywhere.
  func refuseForeign(_ links: [FleetConnections.Link]) async throws {
    let foreign = links.filter(\.isForeign).map(\.resources.node.id.name)
    guard !foreign.isEmpty else { return }
    for link in links { await link.connection?.close() }
    for link in links where link.isForeign {
      guard case .unreachable(_, let cause, let remedy) = link.observation else { continue }
      Terminal.note("error: node.\(link.resources.node.id): \(displayable(cause))\n")
      for line in (remedy ?? "").split(separator: "\n") {
        Terminal.note("  \(displayable(String(line)))\n")
      }
    }
    Terminal.note("Nothing was changed.\n")
    let names = foreign.joined(separator: ", ")
    throw EarlyEnd(status: .identityRefused, reason: "another machine answers for \(names)")
  }

  /// Ends a plan; nothing of `sighting` is left for another.
  func plan(_ sighting: inout Sighting) throws -> Plan {
    do {
      return try sighting.maker.finish()
    } catch {
      throw told(error)
    }
  }

  /// Plans anew from what was seen, with other options.
  func plan(_ links: [FleetConnections.Link], _ planOptions: PlanOptions) throws -> Plan {
    do {
      return try Planner.plan(input(links.map(input), planOptions))
    } catch {
      throw told(error)
    }
  }

  private func told(_ error: DiagnosticsError) -> any Error {
    stream?.tell(error.diagnostics, sources)
    Terminal.note(
      HumanDiagnostics.render(error.diagnostics.sorted(), sources: [:], colour: options.colour)
    )
    return ExitStatus.failure.error
  }

  /// What a plan over `nodes` is made of.
  func input(_ nodes: [NodeInput], _ options: PlanOptions) -> PlanInput {
    var input = PlanInput(fleet: resolved.fleet.name, nodes: nodes, options: options)
    input.rollouts = resolved.rollouts
    return input
  }

  /// A node as the planner takes it.
  func input(_ link: FleetConnections.Link) -> NodeInput { input(link.resources, link.observation) }

  private func input(_ wanted: NodeResources, _ observation: NodeObservation) -> NodeInput {
    var input = NodeInput(
      id: wanted.node.id,
      address: wanted.node.address.value,
      roles: wanted.roles,
      resources: wanted.resources,
      observation: observation
    )
    input.labels = wanted.node.labels
    input.protections = protections(of: wanted.node)
    input.isLeaving = isLeaving
    input.groups = wanted.node.groups.map(\.name)
    input.devices = wanted.node.hardware.devices
    input.servesUsers = wanted.servesUsers
    return input
  }
}
