import ArgumentParser
import FleetApply
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources
import FleetTransport
import FleetView

/// `fleetctl decommission`.
struct DecommissionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decommission",
    abstract: "Leave a machine: remove from it all that fleetctl put there, and keep its data.",
    discussion: """
      The record on the node says what is ours: services are stopped and disabled,
      their files deleted, firewall rules taken away; at last fleetctl's own
      record and units go. Data folders, databases, secrets, certificates,
      packages, users and the copies of what was taken over stay, and are named.
      There is no other record of a node: one that has left fleet.yaml is named by
      its id and --address.

      Exits 0 when the machine is nobody's, 4 when something is left (its record
      stays then), 5 refused by a guard, 6 when the node moved, 8 not approved, 9
      when it cannot be reached, 10 rolled back.

      EXAMPLES
        fleetctl decommission redis-1
        fleetctl decommission old-7 --address 172.16.168.31
        fleetctl decommission redis-1 --purge-data -auto-approve
        fleetctl decommission redis-1 -lock-timeout 5m --events leave.jsonl
      """
  )

  @Argument(help: "The node: in fleet.yaml, or with --address.")
  var node: String

  @OptionGroup var options: FleetOptions

  @Option(
    help: ArgumentHelp(
      "Where the node is when it is no longer in fleet.yaml; the file's `ssh:` says how to log in.",
      valueName: "address"
    )
  )
  var address: String?

  @Flag(
    name: [.customLong("purge-data")],
    help: "Delete its data folders, too. This cannot be undone."
  )
  var purgeData = false

  @Option(
    name: [.customLong("max-destroy"), .customLong("max-destroy", withSingleDash: true)],
    help: ArgumentHelp(
      "Refuse (exit 5) when more than so many things would be deleted or services ended.",
      valueName: "number"
    )
  )
  var maxDestroy: Int?

  @OptionGroup var shape: PlanTextOptions
  @OptionGroup var approval: ApprovalOptions

  @OptionGroup var lockWait: LockWaitOptions
  @OptionGroup var confirm: ConfirmOptions

  @Option(
    help: ArgumentHelp("Output format: human or jsonl (one event a line).", valueName: "format")
  )
  var format = TextOrEvents.human

  @Option(help: ArgumentHelp("Also write the events to this file (mode 0600).", valueName: "file"))
  var events: String?

  func run() async throws {
    let wait = try lockWait.wait()
    let window = try confirm.window()
    try approval.refuseUnasked()
    let stream = try RunStream("decommission", eventful: format == .jsonl, path: events)
    try await stream.carry { try await perform(stream, wait, window) }
  }

  private func perform(
    _ stream: RunStream,
    _ wait: TimeSpan,
    _ window: TimeSpan
  ) async throws -> ExitStatus {
    var planning = try self.planning(stream)
    planning.planOptions.purgesData = purgeData
    var sighting = try await planning.observe(goesOn: true)
    let links = sighting.links
    let file = PlanFile(try planning.plan(&sighting), meta: PlanMeta.now())
    stream.tell(file)
    try stream.show(options.colours.text(of: file, shape))
    try refuse(file.plan, links)
    try Planning.refuse(file.plan, over: maxDestroy)
    let host = displayable(links.first?.target.host ?? "")
    try approval.ask(
      "\nLeave \(node) (\(host)) for good? Only its name is accepted: ",
      wanted: node
    )
    var summary: [(String, JSONValue)] = []
    if file.plan.hasChanges {
      let outcome = try await ApplyRun(
        planning: planning,
        links: links,
        approved: file,
        lockWait: wait,
        confirmTimeout: window,
        onFailure: .continue,
        parallelism: nil,
        stream: stream,
        isDetailed: false
      ).perform()
      try stream.show(outcome.text)
      guard outcome.verdict.status == .success else {
        Terminal.note("The node's record stays, so that this can be done again.\n")
        return stream.end(
          outcome.verdict.status,
          outcome.verdict.reason,
          outcome.verdict.summary
        )
      }
      summary = outcome.verdict.summary
    } else {
      for link in links { await link.connection?.close() }
    }
    try await leave(links[0].target, planning.connections, wait, stream)
    return stream.end(.success, "", summary)
  }

  /// The node as declared, else as named by its address.
  private func planning(_ stream: RunStream) throws -> Planning {
    let loaded = try LoadedFleet.load(options)
    stream.tell(loaded.diagnostics, loaded.sources)
    guard let resolved = loaded.resolved else {
      loaded.tell(colour: options.colour)
      Terminal.note("\(loaded.file) is not sound; no machine was contacted.\n")
      throw ExitStatus.failure.error
    }
    if let declared = resolved.fleet.nodes.first(where: { $0.id.name == node }) {
      Terminal.note(
        "note: \(node) is still in \(displayable(loaded.file)); take it out, or the next apply sets it up again.\n"
      )
      return Planning(leaving: declared, resolved, options, folder: loaded.folder, stream)
    }
    guard let id = NodeID(node) else {
      Terminal.note("error: \(quoted(node)) is no node id\n")
      throw ExitStatus.usage.error
    }
    guard let address else {
      let near = NearestName.question(node, in: resolved.fleet.nodes.map(\.id.name))
      Terminal.note(
        "error: \(quoted(node)) is not in \(displayable(loaded.file)).\(near.map { " " + $0 } ?? "")\n"
          + "  If it has left the file, say where it is: fleetctl decommission \(node) --address ADDRESS\n"
      )
      throw ExitStatus.usage.error
    }
    guard HostAddress(address) != nil else {
      Terminal.note("error: --address: \(quoted(address)) is no IP address and no host name\n")
      throw ExitStatus.usage.error
    }
    if let other = resolved.fleet.nodes.first(where: { $0.address.value == address }) {
      Terminal.note("error: \(quoted(address)) is \(other.id) in \(displayable(loaded.file))\n")
      throw ExitStatus.usage.error
    }
    let gone = FleetNode(id: id, span: nil, address: Located(address))
    return Planning(leaving: gone, resolved, options, folder: loaded.folder, stream)
  }

  /// What stands in the way of leaving.
  private func refuse(_ plan: Plan, _ links: [FleetConnections.Link]) throws {
    guard let planned = plan.nodes.first, planned.isReachable,
      let seen = links.first?.observation.node
    else { throw EarlyEnd(status: .unreachable, reason: "node.\(node) cannot be reached") }
    if let cause = planned.cause {
      throw EarlyEnd(status: .refused, reason: "node.\(node): \(cause)")
    }
    guard seen.manifest.known != nil else {
      Terminal.note("There is no record of fleetctl on \(node): nothing there is ours.\n")
      throw EarlyEnd(status: .success, reason: "")
    }
    let held = plan.changes.filter { !$0.action.isExecuted }
    guard held.isEmpty else {
      Terminal.note("error: not all of it may or can go; nothing was changed.\n")
      for change in held.prefix(20) {
        let why = change.reasons.last?.text ?? change.action.rawValue
        Terminal.note("  \(displayable("\(change.address): \(why)"))\n")
      }
      throw EarlyEnd(status: .refused, reason: "\(held[0].address) is \(held[0].action.rawValue)")
    }
  }

  /// Removes our own record and units; the last thing that is done.
  private func leave(
    _ target: SSHTarget,
    _ connections: FleetConnections,
    _ wait: TimeSpan,
    _ stream: RunStream
  ) async throws {
    do throws(ApplyError) {
      let connection: any RemoteConnection
      do throws(TransportError) {
        connection = try await connections.connect(to: target)
      } catch {
        throw ApplyError(.transport(error), "\(error.step): \(error.message)")
      }
      let session = NodeSession(
        over: connection,
        random: { Nonce.make() },
        hears: stream.lock(of: node)
      ) { () async throws(TransportError) in
        try await connections.connect(to: target)
      }
      try await session.acquireLock(
        holder: "\(PlanMeta.user)@\(PlanMeta.host), process \(ProcessID.own)",
        planDigest: "decommission",
        leaseSeconds: 120,
        token: Nonce.make(),
        waitSeconds: wait.seconds
      )
      let copies = try await session.leave()
      await connection.close()
      Terminal.note("\(node) is nobody's now.\n")
      if let copies {
        Terminal.note("Copies of what was taken over stay in \(displayable(copies)) there.\n")
      }
    } catch {
      Terminal.note("error: node.\(node): \(displayable(error.message))\n")
      Terminal.note("What was ours is gone; fleetctl's own record is left. Run this again.\n")
      throw EarlyEnd(status: .partial, reason: "node.\(node): \(error.message)")
    }
  }
}
