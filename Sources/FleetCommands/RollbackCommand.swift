import ArgumentParser
import FleetApply
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetView

/// `fleetctl rollback`.
struct RollbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Take an earlier run back, from the journal that the nodes kept of it.",
    discussion: """
      Without RUN the newest run that left changes and was not taken back yet.
      Shows what comes back as a plan, names what does not (packages, users,
      databases, certificates, generated secrets, steps), and asks. Files,
      folders, links, units, source trees, kernel settings and firewall rules come
      back; what somebody changed since the run is named and refuses the whole
      (exit 6). It runs as an apply does: locked, armed before the first change,
      confirmed over a new login, else taken back by the nodes themselves. Each
      node keeps the journals of its last ten runs.

      Exits 0 when all is back, 1 when there is no such run, 5 when a node cannot
      take it back, 6 when something moved since, 7 lock held, 8 not approved, 9
      when a node of the run is unreachable and nothing was changed, 10 when it
      failed and the nodes are as before it, 4, 12, 13, 130 as with apply.

      EXAMPLES
        fleetctl history
        fleetctl rollback
        fleetctl rollback 9c1e44d0a2f3 -auto-approve
        fleetctl rollback -parallelism 1 -lock-timeout 5m --events back.jsonl
      """
  )

  @OptionGroup var options: FleetOptions

  @Argument(help: "A run of `fleetctl history`.")
  var run: String?

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
    let limits = RollbackRun.Limits(
      window: try confirm.window().seconds,
      lockWait: try lockWait.wait().seconds,
      parallelism: try parallelism.limit()
    )
    try approval.refuseUnasked()
    let stream = try RunStream("rollback", eventful: format == .jsonl, path: events)
    try await stream.carry { try await perform(stream, limits) }
  }

  private func perform(
    _ stream: RunStream,
    _ limits: RollbackRun.Limits
  ) async throws -> ExitStatus {
    var fleet = try LockedFleet(options, [], needsNodes: false)
    fleet.stream = stream
    let (records, failures) = try await NodeHistory.read(fleet)
    let wanted = try chosen(records, failures)
    let names = Set(records.filter { $0.run == wanted && $0.takesBack != wanted }.map(\.node))
    let nodes = fleet.nodes.filter { names.contains($0.id.name) }
    let rollback = RollbackRun(
      fleet: fleet,
      nodes: nodes,
      run: wanted,
      limits: limits,
      stream: stream
    )
    let reviews = try await rollback.review()
    let (plan, moved) = rollback.plan(reviews)
    let file = PlanFile(plan, meta: PlanMeta.now())
    stream.tell(file)
    try stream.show("Taking back run \(wanted)\n" + options.colours.text(of: file, shape))
    guard moved.isEmpty else {
      Terminal.note("error: something was changed since that run; nothing was changed now.\n")
      for line in moved { Terminal.note("  \(displayable(line))\n") }
      throw EarlyEnd(status: .conflict, reason: moved.joined(separator: "; "))
    }
    guard plan.hasChanges else { return stream.end(.success, "", nothingToDo: true) }
    try approval.ask("\nTake this back? Only `yes` is accepted: ")
    let verdict = try await rollback.perform(plan, reviews)
    stream.tell(verdict.endings)
    let report = ApplyReport(plan: plan, verdict: verdict, run: stream.run, noun: "Rollback").text
    if stream.isEventful || !Terminal.write(report, to: 1) { Terminal.note(report) }
    return stream.end(verdict.status, verdict.reason, verdict.summary)
  }

  /// The run that is meant; a node that does not answer may have taken part in it.
  private func chosen(
    _ records: [NodeHistory.Record],
    _ failures: [(String, String)]
  ) throws -> String {
    for (node, why) in failures {
      Terminal.note("error: node.\(displayable(node)): \(displayable(why))\n")
    }
    guard failures.isEmpty else {
      Terminal.note(
        "A node that does not answer may have been part of the run; nothing was changed.\n"
      )
      throw EarlyEnd(status: .unreachable, reason: "node.\(failures[0].0) is unreachable")
    }
    if let run {
      guard records.contains(where: { $0.run == run }) else {
        Terminal.note(
          "error: no node knows a run \(quoted(run)). See `fleetctl history`; nothing was changed.\n"
        )
        throw EarlyEnd(status: .failure, reason: "there is no run \(run)")
      }
      return run
    }
    guard let last = NodeHistory.lastRun(records) else {
      Terminal.note("error: there is no run to take back; nothing was changed.\n")
      throw EarlyEnd(status: .failure, reason: "there is no run to take back")
    }
    return last
  }
}
