import ArgumentParser
import FleetDiagnostics
import FleetPlan
import FleetTransport
import FleetView

/// `fleetctl plan`.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show what would change on the nodes, why, and what would be down for how long.",
    discussion: """
      Reads every node over SSH in one round trip, changes nothing and takes no
      lock. A node that cannot be reached is shown with its cause; the others are
      planned.

      Exits 0; 9 when some node is unreachable, whatever the others need; with
      -detailed-exitcode 2 when there are changes. Exits 11 when another machine
      answers for a node than fleet.lock pins, or one machine for two nodes.

      EXAMPLES
        fleetctl plan
        fleetctl plan -target node.redis-1
        fleetctl plan -l role=redis,zone!=a
        fleetctl plan -out fleet.plan          then: fleetctl apply fleet.plan
        fleetctl plan --read-only   in CI, with a key that can change nothing
        fleetctl plan --format json | jq '.plan.changes[].address'
      """
  )

  @OptionGroup var options: FleetOptions
  @OptionGroup var planOptions: PlanOptionGroup

  @Option(
    name: [.customLong("out"), .customLong("out", withSingleDash: true)],
    help: ArgumentHelp(
      "Save the plan for `fleetctl apply FILE` (mode 0600, no secret in it).",
      valueName: "file"
    )
  )
  var out: String?

  @Flag(
    name: [
      .customLong("detailed-exitcode"), .customLong("detailed-exitcode", withSingleDash: true),
    ],
    help: "Exit 2 when there are changes, 0 when there are none."
  )
  var detailedExitCode = false

  @Flag(
    name: [.customLong("read-only"), .customLong("read-only", withSingleDash: true)],
    help: "Log in as `ssh.observer`, whom sudo lets look and do nothing else."
  )
  var readOnly = false

  @OptionGroup var shape: PlanTextOptions

  @Option(
    help: ArgumentHelp(
      "Output format: human, json or jsonl (one event a line).",
      valueName: "format"
    )
  )
  var format = PlanFormat.human

  func run() async throws {
    guard format == .jsonl else { throw try await perform(nil).error }
    let stream = try RunStream("plan", eventful: true)
    try await stream.carry {
      let status = try await perform(stream)
      return stream.end(status, status == .unreachable ? "some node is unreachable" : "")
    }
  }

  private func perform(_ stream: RunStream?) async throws -> ExitStatus {
    let planning = try Planning(options, planOptions.options, stream)
    var sighting = try await planning.observe(readOnly: readOnly)
    let links = sighting.links
    try planning.tellIdleGuards(links)
    let plan = try planning.plan(&sighting)
    for link in links { await link.connection?.close() }
    TrafficReport.tell(planning.connections.traffic)
    let file = PlanFile(plan, meta: PlanMeta.now())
    stream?.tell(file)
    switch format {
    case .jsonl: break
    case .json: try Terminal.result(file.json.rendered(pretty: true) + "\n")
    case .human: try Terminal.result(options.colours.text(of: file, shape))
    }
    do {
      try Planning.refuse(plan, over: planOptions.maxDestroy)
    } catch let early as EarlyEnd {
      throw early.status.error
    }
    if let out { try save(file, to: out) }
    let status = exit(for: plan)
    return links.contains(where: \.isForeign)
      ? ExitStatus.worst([status, .identityRefused]) : status
  }

  private func save(_ file: PlanFile, to path: String) throws {
    do {
      try Files.write(file.bytes, to: path)
    } catch {
      Terminal.note("error: \(error)\n")
      throw ExitStatus.failure.error
    }
    Terminal.note("Saved to \(path). To apply exactly this:\n  fleetctl apply \(path)\n")
  }

  private func exit(for plan: Plan) -> ExitStatus {
    var statuses: [ExitStatus] = [.success]
    if detailedExitCode, plan.hasChanges { statuses.append(.changes) }
    // Never 0 while nobody knows how a node is.
    if plan.nodes.contains(where: { !$0.isReachable }) { statuses.append(.unreachable) }
    return ExitStatus.worst(statuses)
  }
}
