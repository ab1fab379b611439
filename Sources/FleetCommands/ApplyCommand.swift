import ArgumentParser
import FleetApply
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources
import FleetTransport
import FleetView
import Glibc

/// `fleetctl apply`.
struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Carry out a plan: exactly what was shown, or refuse.",
    discussion: """
      Without FILE it plans, shows the plan and asks. With a saved plan it asks
      nothing. A node that has moved since is left out, with those whose changes
      need one of its, and what moved is named; the others go on (exit 4, or 6
      where none is left). With --on-failure stop or rollback the whole run is
      refused (exit 6). Each node is locked while it is changed; the last table
      is read back from the nodes.

      --resume RUN carries on with the plan of an interrupted, failed or lost run,
      which the nodes have kept: only what is not yet there, and nothing else. It
      asks nothing; what moved in another way is refused (exit 6).

      Exits 0 when all is done, 2 with -detailed-exitcode when something was
      changed, 4 when some of it failed, 5 refused by a guard, 6 when what was to
      be changed moved and nothing was, 7 when a lock is held, 8 not approved,
      9 when some node is unreachable and the rest is fine, 10 when all that
      failed was rolled back, 12 when a frozen node was left out, 13 when an
      outcome is not known, 130 or 143 when it was interrupted.

      EXAMPLES
        fleetctl apply
        fleetctl apply -auto-approve
        fleetctl plan -out fleet.plan && fleetctl apply fleet.plan
        fleetctl apply -target node.redis-1
        fleetctl apply -l group=edge
        fleetctl apply -parallelism 2          two machines at a time
        fleetctl apply --resume f62b0171a48c
        fleetctl apply -auto-approve --format jsonl >events.jsonl
      """
  )

  @Argument(help: "A file that `fleetctl plan -out FILE` wrote.")
  var file: String?

  @Option(
    help: ArgumentHelp(
      "Continue a run that ended part-way (`fleetctl history` names it): what of its plan is not yet there.",
      valueName: "run"
    )
  )
  var resume: String?

  @OptionGroup var options: FleetOptions
  @OptionGroup var planOptions: PlanOptionGroup

  @OptionGroup var shape: PlanTextOptions
  @OptionGroup var approval: ApprovalOptions

  @Flag(
    name: [
      .customLong("detailed-exitcode"), .customLong("detailed-exitcode", withSingleDash: true),
    ],
    help: "Exit 2 when something was changed."
  )
  var detailedExitCode = false

  @OptionGroup var lockWait: LockWaitOptions

  @OptionGroup var confirm: ConfirmOptions

  @OptionGroup var parallelism: ParallelismOptions

  @Option(help: ArgumentHelp("Refuse a saved plan with another digest.", valueName: "sha256:…"))
  var expectDigest: String?

  @Option(
    help: ArgumentHelp(
      "What the other nodes do when one fails: continue, stop (nodes whose services are not touched yet are left so) or rollback (the whole run is taken back).",
      valueName: "policy"
    )
  )
  var onFailure = FailurePolicy.continue

  @Option(
    help: ArgumentHelp("Output format: human or jsonl (one event a line).", valueName: "format")
  )
  var format = TextOrEvents.human

  @Option(help: ArgumentHelp("Also write the events to this file (mode 0600).", valueName: "file"))
  var events: String?

  func run() async throws { try await run(as: "apply") }

  /// Runs under the name of a command that is an apply of a part.
  func run(as command: String) async throws {
    let wait = try lockWait.wait()
    let limit = try parallelism.limit()
    let window = try confirm.window()
    // Nobody to ask: say so before any machine is contacted.
    if let resume {
      let isName =
        !resume.isEmpty
        && resume.utf8.allSatisfy {
          ("0"..."9").contains(Character(Unicode.Scalar($0)))
            || ("a"..."f").contains(Character(Unicode.Scalar($0)))
        }
      guard isName, file == nil, expectDigest == nil, planOptions.options == PlanOptions() else {
        Terminal.note(
          "error: --resume wants the name of a run, as `fleetctl history` prints it, and no plan, digest or plan option beside it\n"
        )
        throw ExitStatus.usage.error
      }
    }
    if file == nil, resume == nil {
      try approval.refuseUnasked(
        "Save a plan with `fleetctl plan -out FILE` and apply that, or give -auto-approve."
      )
    }
    let stream = try RunStream(command, eventful: format == .jsonl, path: events)
    try await stream.carry { try await perform(stream, wait, window, limit) }
  }

  /// Plans, asks, runs, reports; the events' end is told in `run`, whatever is thrown here.
  private func perform(
    _ stream: RunStream,
    _ wait: TimeSpan,
    _ window: TimeSpan,
    _ limit: Int?
  ) async throws -> ExitStatus {
    var resumed: ResumedRun?
    if let resume { resumed = try await ResumedRun.read(resume, options) }
    let saved = try savedPlan()
    let wanted = saved?.plan.options ?? resumed?.approved.plan.options
    let planning = try Planning(options, wanted ?? planOptions.options, stream)
    await Failpoint.reach(.connect)
    var sighting = try await planning.observe(goesOn: true)
    let links = sighting.links
    try await planning.refuseForeign(links)
    await Failpoint.reach(.gathered)
    try planning.tellIdleGuards(links)
    let fresh = PlanFile(try planning.plan(&sighting), meta: PlanMeta.now())
    if let resumed { try check(resumed, fresh.plan) }
    let approved = saved ?? fresh
    stream.tell(approved)
    try stream.show(options.colours.text(of: approved, shape))
    try Planning.refuse(approved.plan, over: planOptions.maxDestroy)
    try refuseMoved(approved, fresh)
    guard approved.plan.hasChanges else {
      for link in links { await link.connection?.close() }
      let verdict = ApplyVerdict(approved.plan, [], [], isDetailed: detailedExitCode)
      return stream.end(verdict.status, verdict.reason, verdict.summary, nothingToDo: true)
    }
    if file == nil, resume == nil {
      try approval.ask("\nApply these changes? Only `yes` is accepted: ")
    }
    let outcome = try await ApplyRun(
      planning: planning,
      links: links,
      approved: approved,
      lockWait: wait,
      confirmTimeout: window,
      onFailure: onFailure,
      parallelism: limit,
      stream: stream,
      isDetailed: detailedExitCode
    ).perform()
    TrafficReport.tell(planning.connections.traffic)
    var status = outcome.verdict.status
    if stream.isEventful {
      Terminal.note(outcome.text)
    } else if !Terminal.write(outcome.text, to: STDOUT_FILENO) {
      Terminal.note("error: standard output takes nothing any more; this is what was done:\n")
      Terminal.note(outcome.text)
      if status == .success || status == .changes { status = .failure }
    }
    return stream.end(status, outcome.verdict.reason, outcome.verdict.summary)
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
      throw EarlyEnd(status: .conflict, reason: "the plan has another digest")
    }
    return saved
  }

  /// A saved plan holds only while the nodes are as it saw them.
  ///
  /// Where some still are, and each node stands for itself, the run leaves the others out once it has the locks.
  private func refuseMoved(_ approved: PlanFile, _ fresh: PlanFile) throws {
    try Moved.refuseSwapped(approved.plan, fresh.plan)
    let moved = Moved.all(approved.plan, fresh.plan)
    guard !moved.isEmpty else { return }
    var left = LeftOut()
    for node in moved { left.add(node) }
    left.addDependents(in: approved.plan)
    if onFailure == .continue, left.leavesSomething(of: approved.plan) { return }
    Terminal.note("error: the plan is stale; nothing was changed. Plan again.\n")
    for node in moved { Terminal.note("  \(displayable(node.line))\n") }
    throw EarlyEnd(status: .conflict, reason: moved.map(\.line).joined(separator: "; "))
  }

  /// Only the rest of what was approved then is carried out.
  private func check(_ resumed: ResumedRun, _ fresh: Plan) throws {
    try Moved.refuseSwapped(resumed.approved.plan, fresh)
    try resumed.refuseGuarded(fresh)
    let strangers = resumed.strangers(in: fresh)
    guard strangers.isEmpty else {
      Terminal.note(
        "error: run \(resumed.run) cannot be resumed; nothing was changed. Plan and apply anew.\n"
      )
      for line in strangers { Terminal.note("  \(displayable(line))\n") }
      throw EarlyEnd(status: .conflict, reason: strangers.joined(separator: "; "))
    }
    let all = resumed.approved.plan.changes.count { $0.action.isExecuted }
    Terminal.note(
      "Run \(resumed.run) is resumed (\(resumed.approved.digest)): \(resumed.remaining(in: fresh)) of \(all) changes are left.\n"
    )
  }
}

extension FailurePolicy: ExpressibleByArgument {}
