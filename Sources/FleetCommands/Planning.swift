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
  let planOptions: PlanOptions
  let resolved: ResolvedFleet
  let nodes: [NodeResources]
  let folder: String
  let connections = FleetConnections()

  /// Reads, validates and compiles; ends the command when the fleet is not sound.
  init(_ options: FleetOptions, _ planOptions: PlanOptions) throws {
    self.options = options
    self.planOptions = planOptions
    let loaded = try LoadedFleet.load(options)
    folder = loaded.folder
    (resolved, nodes) = try loaded.compiled(colour: options.colour)
    for role in planOptions.maintenance where resolved.registry.role(role) == nil {
      let names = resolved.registry.sortedRoles.map(\.name)
      let near = NearestName.question(role, in: names).map { " " + $0 } ?? ""
      Terminal.note("error: --maintenance: there is no role \(quoted(role)).\(near)\n")
      throw ExitStatus.usage.error
    }
    try checkSelectors()
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

  /// Connects to all nodes and looks at them.
  func observe() async throws -> [FleetConnections.Link] {
    let targets = try NodeTargets.found(nodes.map(\.node), resolved.fleet, folder: folder)
    return await connections.observe(nodes) { node in
      targets[node.node]
    } progress: { line in
      Terminal.note(displayable(line) + "\n")
    }
  }

  /// Plans from what was seen.
  func plan(_ links: [FleetConnections.Link]) throws -> Plan {
    do {
      return try Planner.plan(
        PlanInput(fleet: resolved.fleet.name, nodes: links.map(Self.input), options: planOptions)
      )
    } catch {
      Terminal.note(
        HumanDiagnostics.render(error.diagnostics.sorted(), sources: [:], colour: options.colour)
      )
      throw ExitStatus.failure.error
    }
  }

  /// A node as the planner takes it.
  static func input(_ link: FleetConnections.Link) -> NodeInput {
    var input = NodeInput(
      id: link.resources.node.id,
      address: link.resources.node.address.value,
      roles: link.resources.roles,
      resources: link.resources.resources,
      observation: link.observation
    )
    input.labels = link.resources.node.labels
    input.groups = link.resources.node.groups.map(\.name)
    input.devices = link.resources.node.hardware.devices
    input.servesUsers = link.resources.servesUsers
    return input
  }
}
