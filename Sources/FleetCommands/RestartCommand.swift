import ArgumentParser
import FleetApply
import FleetCompile
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetRegistry
import FleetResources
import FleetTransport
import Glibc

/// `fleetctl restart --pending`.
struct RestartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restart",
    abstract: "Pay restart debt: restart what runs on older files than it has.",
    discussion: """
      Roles whose restarts or updates are not automatic keep running on what they
      have read until somebody lets them restart; plans show that as restart debt.
      This shows those restarts with their outage and who depends on them, asks,
      and carries them out with locks, health checks, rollouts and the way back of
      an apply. Nothing else is changed: a unit with further changes needs
      `fleetctl apply` first.

      Exits as `fleetctl apply` does: 0 when all is done or nothing is owed, 5
      when further changes are in the way, 8 not approved.

      EXAMPLES
        fleetctl restart --pending
        fleetctl restart --pending 04-Databases
        fleetctl restart --pending --role redis -auto-approve
        fleetctl restart --pending -l zone=a
        fleetctl restart --pending -parallelism 1   one machine after the other
      """
  )

  @Argument(help: "Only on these nodes.")
  var nodes: [String] = []

  @Flag(help: "Restart what owes a restart; nothing else can be asked for yet.")
  var pending = false

  @Option(help: ArgumentHelp("Only units of this role. Repeatable.", valueName: "role"))
  var role: [String] = []

  @Option(
    name: [
      .customShort("l"), .customLong("selector"), .customLong("selector", withSingleDash: true),
    ],
    help: ArgumentHelp(
      "Only what this selects: zone!=a, group=edge. Repeatable.",
      valueName: "selector"
    )
  )
  var selector: [String] = []

  @OptionGroup var options: FleetOptions

  @OptionGroup var shape: PlanTextOptions
  @OptionGroup var approval: ApprovalOptions

  @OptionGroup var lockWait: LockWaitOptions
  @OptionGroup var confirm: ConfirmOptions
  @OptionGroup var parallelism: ParallelismOptions

  @Option(
    help: ArgumentHelp("Output format: human or jsonl (one event a line).", valueName: "format")
  )
  var format = TextOrEvents.human

  @Option(help: ArgumentHelp("Also write the events to this file (mode 0600).", valueName: "file"))
  var events: String?

  func run() async throws {
    guard pending else {
      Terminal.note("error: say what to restart: fleetctl restart --pending\n")
      throw ExitStatus.usage.error
    }
    let wait = try lockWait.wait()
    let window = try confirm.window()
    let limit = try parallelism.limit()
    try approval.refuseUnasked()
    let stream = try RunStream("restart", eventful: format == .jsonl, path: events)
    try await stream.carry { try await perform(stream, wait, window, limit) }
  }

  private func perform(
    _ stream: RunStream,
    _ wait: TimeSpan,
    _ window: TimeSpan,
    _ limit: Int?
  ) async throws -> ExitStatus {
    var limits = PlanOptions()
    limits.selectors = selector
    let planning = try Planning(options, limits, stream)
    let wanted = try names(planning)
    var sighting = try await planning.observe(goesOn: true)
    let links = sighting.links
    let debt = RestartDebt(try planning.plan(&sighting), roles: Set(role), nodes: wanted)
    guard !debt.units.isEmpty else {
      for link in links { await link.connection?.close() }
      return try nothingOwed(links, stream)
    }
    let approved = PlanFile(try planning.plan(links, debt.options), meta: PlanMeta.now())
    stream.tell(approved)
    try stream.show(options.colours.text(of: approved, shape))
    try refuseOthers(debt.others(in: approved.plan))
    try approval.ask("\nRestart these? Only `yes` is accepted: ")
    let outcome = try await ApplyRun(
      planning: planning,
      links: links,
      approved: approved,
      lockWait: wait,
      confirmTimeout: window,
      onFailure: .continue,
      parallelism: limit,
      stream: stream,
      isDetailed: false
    ).perform()
    try stream.show(outcome.text)
    let verdict = outcome.verdict
    return stream.end(verdict.status, verdict.reason, verdict.summary)
  }

  /// The nodes that are named; every name must be one of the fleet, every role one of the registry.
  private func names(_ planning: Planning) throws -> Set<NodeID> {
    let known = planning.nodes.map(\.node.id)
    var found: Set<NodeID> = []
    for name in nodes {
      guard let id = known.first(where: { $0.name == name }) else {
        let near = NearestName.question(name, in: known.map(\.name)).map { " " + $0 } ?? ""
        Terminal.note("error: there is no node \(quoted(name)) in this fleet.\(near)\n")
        throw ExitStatus.usage.error
      }
      found.insert(id)
    }
    for name in role where planning.resolved.registry.role(name) == nil {
      let names = planning.resolved.registry.sortedRoles.map(\.name)
      let near = NearestName.question(name, in: names).map { " " + $0 } ?? ""
      Terminal.note("error: --role: there is no role \(quoted(name)).\(near)\n")
      throw ExitStatus.usage.error
    }
    return found
  }

  /// A node that did not answer may owe something.
  private func nothingOwed(
    _ links: [FleetConnections.Link],
    _ stream: RunStream
  ) throws -> ExitStatus {
    let silent = links.filter { $0.connection == nil }.map { $0.resources.node.id.name }.sorted()
    var text = "No restart is pending"
    if !silent.isEmpty {
      text += " on the nodes that answered (not: \(silent.joined(separator: ", ")))"
    }
    text += ".\n"
    try stream.show(text)
    let status: ExitStatus = silent.isEmpty ? .success : .unreachable
    return stream.end(status, silent.isEmpty ? "" : "some node is unreachable", nothingToDo: true)
  }

  private func refuseOthers(_ others: [PlannedChange]) throws {
    guard !others.isEmpty else { return }
    Terminal.note("error: more than restarts is open there; nothing was changed.\n")
    for change in others.prefix(20) {
      Terminal.note("  \(displayable("\(change.address): \(change.action.rawValue)"))\n")
    }
    let roles = Set(others.map(\.role)).sorted().map { "--maintenance \($0)" }
    Terminal.note("  Apply it: fleetctl apply \(displayable(roles.joined(separator: " ")))\n")
    throw EarlyEnd(status: .refused, reason: "more than restarts is open there")
  }
}
