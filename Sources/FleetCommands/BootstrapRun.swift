import FleetApply
import FleetDiagnostics
import FleetModel
import FleetProbe
import FleetTransport

/// One first contact: look, show, ask, do, verify over a new login, pin.
struct BootstrapRun {
  let command: BootstrapCommand
  let selection: NodeTargets.Selection
  let wanted: FirstContact
  private let connections = FleetConnections()

  init(command: BootstrapCommand, selection: NodeTargets.Selection, wanted: FirstContact) {
    self.command = command
    self.selection = selection
    self.wanted = wanted
  }

  /// The fleet's own login, which must work in the end.
  private var target: SSHTarget { selection.targets[0] }

  /// The login of the first contact.
  private var contact: SSHTarget {
    var contact = target
    contact.user = command.user
    contact.port = command.port ?? target.port
    if let identity = command.identity { contact.identityFiles = [Environment.expanded(identity)] }
    contact.become = command.user == "root" ? .none : .sudo
    contact.becomePassword = command.user == target.user ? target.becomePassword : nil
    return contact
  }

  func perform() async throws {
    try connections.unlock([contact])
    let connection = try await reach(contact)
    let plan: FirstContactPlan
    do {
      let seen = try await look(connection)
      plan = FirstContactPlan(wanted, seen)
      try show(plan)
      if plan.hasChanges {
        try approve()
        try await carryOut(plan, connection)
      }
      try await tryObserver(connection)
    } catch let error as TransportError {
      await connection.close()
      throw tell(error, contact)
    } catch {
      await connection.close()
      throw error
    }
    await connection.close()
    try await verify()
    Terminal.note(
      plan.hasChanges
        ? "\(command.node) is ready: \(target.user) logs in and becomes root.\n"
        : "Nothing to do: \(target.user) logs in to \(command.node) and becomes root.\n"
    )
  }

  // MARK: Steps

  private func reach(_ target: SSHTarget) async throws -> any RemoteConnection {
    do throws(TransportError) {
      return try await connections.connect(to: target)
    } catch {
      throw tell(error, target)
    }
  }

  private func look(_ connection: any RemoteConnection) async throws -> FirstContactPlan.Seen {
    do throws(TransportError) {
      return try await FirstContactScript.look(for: wanted, over: connection, nonce: Nonce.make())
    } catch {
      guard error.code == .sudoPasswordRequired, let password = connections.askForSudo([contact])
      else { throw error }
      connections.use(sudoPassword: password)
      return try await FirstContactScript.look(for: wanted, over: connection, nonce: Nonce.make())
    }
  }

  private func show(_ plan: FirstContactPlan) throws {
    let place = "\(contact.user)@\(contact.host)"
    var text = "First contact with node.\(command.node) (\(displayable(place)))\n"
    let rows = plan.steps.map { step in
      ["  " + step.action.rawValue, displayable(step.what), displayable(step.detail)]
    }
    text += Table.render(rows)
    if let sudoers = wanted.sudoers, plan.pending.contains(where: { $0.what == "sudo rules" }) {
      text += "\n\(FirstContact.sudoersPath):\n"
      text += sudoers.split(separator: "\n").map { "  \($0)\n" }.joined()
    }
    try Terminal.result(text)
    guard plan.blocked.isEmpty else {
      Terminal.note("error: \(plan.blocked.count) things are in the way. Nothing was changed.\n")
      throw ExitStatus.failure.error
    }
  }

  private func approve() throws {
    guard !command.autoApprove else { return }
    guard Terminal.canAsk else {
      Terminal.note(
        "error: nobody can be asked: standard input is no terminal. Give -auto-approve. Nothing was "
          + "changed.\n"
      )
      throw ExitStatus.notApproved.error
    }
    guard Terminal.ask("\nDo this on \(command.node)? Only `yes` is accepted: ") == "yes" else {
      Terminal.note("Nothing was changed.\n")
      throw ExitStatus.notApproved.error
    }
  }

  private func carryOut(
    _ plan: FirstContactPlan,
    _ connection: any RemoteConnection
  ) async throws {
    let steps = plan.pending
    let outcomes = try await FirstContactScript.perform(
      plan,
      over: connection,
      nonce: Nonce.make()
    )
    for (step, outcome) in zip(steps, outcomes) {
      try Terminal.result("  \(outcome.isDone ? "done" : "FAILED")  \(displayable(step.what))\n")
      guard outcome.isDone else {
        Terminal.note("error: \(displayable(step.what)): \(displayable(outcome.words))\n")
        let left = steps.count - outcomes.count
        if left > 0 { Terminal.note("  \(left) further steps were not begun.\n") }
        throw ExitStatus.failure.error
      }
    }
    guard outcomes.count == steps.count else {
      Terminal.note(
        "error: the machine did not say what became of \(steps[outcomes.count].what).\n"
      )
      throw ExitStatus.outcomeUnknown.error
    }
  }

  private func tryObserver(_ connection: any RemoteConnection) async throws {
    guard wanted.observer != nil, let observer = wanted.accounts.last else { return }
    let said = try await FirstContactScript.tryObserver(
      observer.user,
      over: connection,
      nonce: Nonce.make()
    )
    guard said == ObserverScript.digest else {
      Terminal.note(
        "error: \(displayable(observer.user)) cannot run \(Observer.path): \(displayable(said))\n"
      )
      throw ExitStatus.failure.error
    }
  }

  /// Logs in as the fleet will, over a connection of its own, and pins what a fleet.lock still lacks.
  private func verify() async throws {
    var file = try FleetLockFile.load(selection.folder)
    let pin = file.pin(of: selection.nodes[0].id)
    let lacks = pin.map { $0.machineID == nil || $0.nodeID == nil } ?? false
    try connections.unlock([target])
    let identity: NodeIdentity
    do throws(TransportError) {
      let connection = try await connections.connect(to: target)
      identity = try await NodeIdentity.read(
        over: connection,
        nonce: Nonce.make(),
        newNodeID: lacks ? Nonce.make() : nil
      )
      await connection.close()
    } catch {
      Terminal.note("error: everything is in place, and the fleet's own login does not work.\n")
      throw tell(error, target)
    }
    guard lacks, var new = pin else { return }
    new.machineID = NodePin.isID(identity.machineID) ? identity.machineID : nil
    new.nodeID = NodePin.isID(identity.nodeID) ? identity.nodeID : nil
    file.lock?.nodes[selection.nodes[0].id] = new
    if let clone = file.lock?.clones.first {
      let names = clone.nodes.map { "`\($0)`" }.joined(separator: ", ")
      Terminal.note(
        "error: nodes \(names) have one \(displayable(clone.what)): they are one machine, or copies of "
          + "one image. It was not pinned.\n"
      )
      throw ExitStatus.identityRefused.error
    }
    try file.save()
    Terminal.note("Pinned machine-id and node id of \(command.node) in \(file.path).\n")
  }

  private func tell(_ error: TransportError, _ target: SSHTarget) -> any Error {
    Terminal.note("error: \(error.step): \(displayable(error.message))\n")
    for line in (error.remedy ?? "").split(separator: "\n") {
      Terminal.note("  \(displayable(String(line)))\n")
    }
    return (error.isForeign(target) ? ExitStatus.identityRefused : .unreachable).error
  }
}
