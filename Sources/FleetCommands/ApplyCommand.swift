import ArgumentParser
import FleetApply
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources
import FleetTransport
import FleetView

/// `fleetctl apply`.
struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Carry out a plan: exactly what was shown, or refuse.",
    discussion: """
      Without FILE it plans, shows the plan and asks. With a saved plan it asks nothing: a node that has moved
      since is refused, and what moved is named (exit 6). Each node is locked while it is changed; the last
      table is read back from the nodes.

      Exits 0 when all is done, 2 with -detailed-exitcode when something was changed, 4 when some of it failed,
      5 refused by a guard, 6 when a node moved, 7 when a lock is held, 8 not approved, 9 when some node is
      unreachable and the rest is fine, 10 when all that failed was rolled back, 13 when an outcome is not known,
      130 when it was interrupted.

      EXAMPLES
        fleetctl apply
        fleetctl apply -auto-approve
        fleetctl plan -out fleet.plan && fleetctl apply fleet.plan
        fleetctl apply -target node.redis-1
        fleetctl apply -l group=edge
      """
  )

  @Argument(help: "A file that `fleetctl plan -out FILE` wrote.")
  var file: String?

  @OptionGroup var options: FleetOptions
  @OptionGroup var planOptions: PlanOptionGroup

  @Flag(
    name: [.customLong("auto-approve"), .customLong("auto-approve", withSingleDash: true)],
    help: "Do not ask."
  )
  var autoApprove = false

  @Flag(
    name: [
      .customLong("detailed-exitcode"), .customLong("detailed-exitcode", withSingleDash: true),
    ],
    help: "Exit 2 when something was changed."
  )
  var detailedExitCode = false

  @Option(
    name: [.customLong("lock-timeout"), .customLong("lock-timeout", withSingleDash: true)],
    help: ArgumentHelp(
      "How long to wait for a node that somebody else has locked: 30s, 5m.",
      valueName: "time"
    )
  )
  var lockTimeout = "0s"

  @Option(
    help: ArgumentHelp(
      "How long a node waits for a new login to confirm the run before it takes it back: 5s to 1h.",
      valueName: "time"
    )
  )
  var confirmTimeout = "60s"

  @Option(help: ArgumentHelp("Refuse a saved plan with another digest.", valueName: "sha256:…"))
  var expectDigest: String?

  func run() async throws {
    guard let wait = TimeSpan(lockTimeout) else {
      Terminal.note("error: --lock-timeout: \(quoted(lockTimeout)) is no time; write 30s or 5m\n")
      throw ExitStatus.usage.error
    }
    guard let window = TimeSpan(confirmTimeout), (5...3600).contains(window.seconds) else {
      let given = quoted(confirmTimeout)
      Terminal.note(
        "error: --confirm-timeout: \(given) is no time from 5s to 1h; write 60s or 5m\n"
      )
      throw ExitStatus.usage.error
    }
    // Nobody to ask: say so before any machine is contacted.
    guard autoApprove || file != nil || Terminal.canAsk else {
      Terminal.note(
        "error: nobody can be asked: standard input is no terminal. Save a plan with `fleetctl plan -out FILE` "
          + "and apply that, or give -auto-approve.\n"
      )
      throw ExitStatus.notApproved.error
    }
    let saved = try savedPlan()
    let planning = try Planning(options, saved?.plan.options ?? planOptions.options)
    let links = try await planning.observe()
    let fresh = PlanFile(try planning.plan(links), meta: PlanMeta.now())
    let approved = saved ?? fresh
    try Terminal.result(options.colours.text(of: approved))
    try refuseMoved(approved, fresh)
    guard approved.plan.hasChanges else {
      for link in links { await link.connection?.close() }
      throw ending(of: approved.plan, results: []).error
    }
    try approve(approved)
    let run = ApplyRun(
      planning: planning,
      links: links,
      approved: approved,
      lockWait: wait,
      confirmTimeout: window
    )
    let outcome = try await run.perform()
    try Terminal.result(outcome.text)
    throw ending(of: approved.plan, results: outcome.results).error
  }

  private func savedPlan() throws -> PlanFile? {
    guard let file else {
      if expectDigest != nil {
        Terminal.note(
          "error: --expect-digest goes with a saved plan: fleetctl apply FILE --expect-digest …\n"
        )
        throw ExitStatus.usage.error
      }
      return nil
    }
    let saved = try SavedPlan.read(file, colour: options.colour)
    if let expectDigest, expectDigest != saved.digest {
      Terminal.note(
        "error: the plan's digest is \(saved.digest), not \(displayable(expectDigest)); nothing was changed.\n"
      )
      throw ExitStatus.conflict.error
    }
    return saved
  }

  /// A saved plan holds only while the nodes are as it saw them.
  private func refuseMoved(_ approved: PlanFile, _ fresh: PlanFile) throws {
    let moved = Moved.nodes(approved.plan, fresh.plan)
    guard !moved.isEmpty else { return }
    Terminal.note("error: the plan is stale; nothing was changed. Plan again.\n")
    for line in moved { Terminal.note("  \(displayable(line))\n") }
    throw ExitStatus.conflict.error
  }

  private func approve(_ file: PlanFile) throws {
    guard !autoApprove, self.file == nil else { return }
    let answer = Terminal.ask("\nApply these changes? Only `yes` is accepted: ")
    guard answer == "yes" else {
      Terminal.note("Nothing was changed.\n")
      throw ExitStatus.notApproved.error
    }
  }

  private func ending(of plan: Plan, results: [NodeResult]) -> ExitStatus {
    var statuses: [ExitStatus] = [.success]
    if plan.nodes.contains(where: { !$0.isReachable }) { statuses.append(.unreachable) }
    let changed = results.contains { $0.outcome == .changed }
    let anything = results.contains { !$0.changed.isEmpty }
    if detailedExitCode, changed { statuses.append(.changes) }
    // A restart that waits for its window is shown and is no failure.
    let blocked = plan.changes.contains { change in
      change.action == .unknown || (change.action == .blocked && change.label != .restartDebt)
    }
    if blocked { statuses.append(plan.hasChanges ? .partial : .refused) }
    let skipped = results.contains { !$0.skipped.isEmpty }
    if skipped { statuses.append(anything ? .partial : .failure) }
    for result in results {
      switch result.outcome {
      case .changed, .unchanged: continue
      case .failed: statuses.append(anything ? .partial : .failure)
      case .unreachable: statuses.append(.unreachable)
      case .unknown: statuses.append(.outcomeUnknown)
      case .rolledBack: statuses.append(changed ? .partial : .rolledBack)
      }
    }
    let worst = ExitStatus.worst(statuses)
    return Interrupt.isRequested && skipped && worst != .outcomeUnknown ? .interrupted : worst
  }
}

/// Compares an approved plan with the nodes as they are now.
enum Moved {
  /// One line for each node whose part of the plan no longer holds, with the addresses that differ.
  static func nodes(_ approved: Plan, _ fresh: Plan) -> [String] {
    approved.nodes.compactMap { node in
      guard node.isReachable, approved.changes(of: node.id).contains(where: \.action.isExecuted),
        let now = fresh.nodeDigest(node.id)
      else { return nil }
      guard now != node.digest else { return nil }
      let before = Set(approved.changes(of: node.id))
      let after = Set(fresh.changes(of: node.id))
      let addresses = Set(before.symmetricDifference(after).map(\.address.description)).sorted()
      let what = addresses.isEmpty ? "something it depends on" : addresses.joined(separator: ", ")
      return "node.\(node.id) moved: \(what)"
    }
  }
}
