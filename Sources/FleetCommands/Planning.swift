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
  let connections = FleetConnections()
  private let severities: SeverityPolicy
  private let sources: [String: SourceText]
  /// Whether the nodes are to become nobody's.
  var isLeaving = false

  /// Reads, validates and compiles; ends the command when the fleet is not sound.
  init(_ options: FleetOptions, _ planOptions: PlanOptions) throws {
    self.options = options
    self.planOptions = planOptions
    let loaded = try LoadedFleet.load(options)
    folder = loaded.folder
    (severities, sources) = (loaded.severities, loaded.sources)
    (resolved, nodes) = try loaded.compiled(colour: options.colour)
    for role in planOptions.maintenance where resolved.registry.role(role) == nil {
      let names = resolved.registry.sortedRoles.map(\.name)
      let near = NearestName.question(role, in: names).map { " " + $0 } ?? ""
      Terminal.note("error: --maintenance: there is no role \(quoted(role)).\(near)\n")
      throw ExitStatus.usage.error
    }
    try checkSelectors()
  }

  /// Plans for nodes that nothing is wanted on any more.
  init(leaving node: FleetNode, _ resolved: ResolvedFleet, _ options: FleetOptions, folder: String)
  {
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

  /// Connects to all nodes and looks at them; with `readOnly` as a user who may do nothing else, with
  /// `goesOn` in a conversation that an apply continues.
  func observe(
    readOnly: Bool = false,
    goesOn: Bool = false
  ) async throws -> [FleetConnections.Link] {
    var connections = connections
    connections.goesOn = goesOn
    var targets = try NodeTargets.found(nodes.map(\.node), resolved.fleet, folder: folder)
    if readOnly { targets = try targets.asObserver(nodes.map(\.node)) }
    return try await connections.observe(nodes) { [targets] node in
      targets[node.node]
    } progress: { line in
      Terminal.note(displayable(line) + "\n")
    }
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

  /// Plans from what was seen.
  func plan(_ links: [FleetConnections.Link]) throws -> Plan { try plan(links, planOptions) }

  /// Plans from what was seen, with other options.
  func plan(_ links: [FleetConnections.Link], _ planOptions: PlanOptions) throws -> Plan {
    do {
      return try Planner.plan(input(links.map(input), planOptions))
    } catch {
      Terminal.note(
        HumanDiagnostics.render(error.diagnostics.sorted(), sources: [:], colour: options.colour)
      )
      throw ExitStatus.failure.error
    }
  }

  /// What a plan over `nodes` is made of.
  func input(_ nodes: [NodeInput], _ options: PlanOptions) -> PlanInput {
    var input = PlanInput(fleet: resolved.fleet.name, nodes: nodes, options: options)
    input.rollouts = resolved.rollouts
    return input
  }

  /// A node as the planner takes it.
  func input(_ link: FleetConnections.Link) -> NodeInput {
    var input = NodeInput(
      id: link.resources.node.id,
      address: link.resources.node.address.value,
      roles: link.resources.roles,
      resources: link.resources.resources,
      observation: link.observation
    )
    input.labels = link.resources.node.labels
    input.protections = protections(of: link.resources.node)
    input.isLeaving = isLeaving
    input.groups = link.resources.node.groups.map(\.name)
    input.devices = link.resources.node.hardware.devices
    input.servesUsers = link.resources.servesUsers
    return input
  }
}
