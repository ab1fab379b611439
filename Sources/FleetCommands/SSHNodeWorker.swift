package import FleetApply
import FleetDiagnostics
package import FleetModel
import FleetProbe
package import FleetResources
package import FleetTransport

/// A node's hands over its SSH session.
package struct SSHNodeWorker: NodeWorker {
  /// The conversation with the node's runtime; holds the lock.
  package let session: NodeSession
  /// The node, for what is told about it.
  package let node: NodeID
  /// Names what this run does on the node; its inverse is kept under this name.
  let transaction: String
  /// Seconds after which the node takes back what nobody confirmed.
  let window: Int
  private let clock: RunClock
  private let waiting: @Sendable (WaitingUnit) -> Void
  private let note: @Sendable (String) -> Void
  private let nonce: @Sendable () -> String

  /// Makes the hands of one run on one node.
  ///
  /// - Parameters:
  ///   - session: The conversation with the node's runtime; holds the lock.
  ///   - node: The node, for what is told about it.
  ///   - transaction: Names what this run does on the node.
  ///   - window: Seconds after which the node takes back what nobody confirmed.
  ///   - clock: The time.
  ///   - waiting: Takes what is said while a unit is not up yet.
  ///   - note: Tells people something.
  ///   - nonce: Gives 32 random hexadecimal digits, new ones each time.
  package init(
    session: NodeSession,
    node: NodeID,
    transaction: String,
    window: Int,
    clock: RunClock = .system,
    waiting: @escaping @Sendable (WaitingUnit) -> Void = { _ in },
    note: @escaping @Sendable (String) -> Void = { Terminal.note($0) },
    nonce: @escaping @Sendable () -> String = { Nonce.make() }
  ) {
    self.session = session
    self.node = node
    self.transaction = transaction
    self.window = window
    self.clock = clock
    self.waiting = waiting
    self.note = note
    self.nonce = nonce
  }

  /// Looks at the node over the connection in use.
  package func observe(_ request: ProbeRequest) async -> NodeObservation {
    do throws(TransportError) {
      return .observed(
        try await session.overLiveConnection { connection async throws(TransportError) in
          try await NodeProbe.observe(
            request,
            over: connection,
            nonce: nonce(),
            lasts: true
          )
        }
      )
    } catch {
      return .unreachable(step: error.step, cause: error.message, remedy: error.remedy)
    }
  }

  /// Runs a batch through the session; see `NodeWorker`.
  package func run(_ operations: [NodeOperation], name: String, arming: Bool) async -> BatchOutcome
  {
    let name = name.split(separator: " ").joined(separator: "-")
    await Failpoint.reach(!arming ? .preparing : name == "files" ? .files : .wave)
    return await outcome { () async throws(ApplyError) in
      try await session.run(
        batch: operations,
        transaction: transaction,
        name: name,
        window: arming ? window : nil,
        waiting: waiting
      )
    }
  }

  /// Asks over the connection in use.
  package func get(_ request: HTTPCheck.Request) async throws(TransportError) -> HTTPAnswer {
    await Failpoint.reach(.health)
    return try await session.overLiveConnection { connection async throws(TransportError) in
      let answer = try await HTTPCheck.get(request, over: connection)
      return HTTPAnswer(status: answer.status, body: answer.body)
    }
  }

  /// Opens a stream over the connection in use.
  package func open(host: String, port: Int) async throws(TransportError) {
    let request = StreamRequest(host: host, port: port, request: [], deadline: .seconds(2))
    do throws(TransportError) {
      _ = try await session.overLiveConnection { connection async throws(TransportError) in
        try await connection.exchange(request)
      }
    } catch {
      // The port was opened and the server waits for a request: that is what was asked.
      guard error.code == .timedOut else { throw error }
    }
  }

  /// Writes the manifest through the session.
  package func write(_ manifest: Manifest) async -> BatchOutcome {
    await Failpoint.reach(.manifest)
    return await outcome { () async throws(ApplyError) in
      try await session.writeManifest(manifest, transaction: transaction)
      return []
    }
  }

  /// Takes the run back through the session.
  package func rollBack() async -> BatchOutcome {
    guard await session.isArmed else { return await takeBackConfirmed() }
    return await outcome { () async throws(ApplyError) in
      [try await session.rollback(transaction)]
    }
  }

  /// Takes back what was confirmed already, as a run of its own: with a watchdog armed before the first
  /// step, and confirmed over a new login.
  private func takeBackConfirmed() async -> BatchOutcome {
    let back = transaction + "-back"
    let review: RunReview
    do throws(ApplyError) {
      review = try await session.review(transaction)
    } catch {
      return .unknown(error.message)
    }
    guard review.standing == .ready else {
      return .refused("the node keeps no journal of the run any more")
    }
    let taken = await outcome { () async throws(ApplyError) in
      try await session.takeBack(
        transaction,
        waitingFor: RollbackPlan.running(review),
        transaction: back,
        window: window
      )
    }
    guard case .results(let results) = taken else { return taken }
    guard results.allSatisfy({ $0.status == .done }) else {
      return await outcome { () async throws(ApplyError) in
        let undone = try await session.rollback(back)
        return results.filter { $0.status == .failed } + [undone]
      }
    }
    switch await confirm(back) {
    case .confirmed:
      // The record of the run went with its confirmation: that from before comes back by hand.
      guard case .observed(let seen) = await observe(ProbeRequest.covering([])),
        let now = seen.manifest.known,
        case .results = await write(
          RollbackPlan.manifest(before: review.manifest, now: now, review)
        )
      else { return .unknown("the node's record of what fleetctl owns was not written") }
      return taken
    case .takenBack, .neverBegun:
      return .unknown("nobody could confirm it, so the node is as the run left it")
    case .unknown(let why): return .unknown(why)
    }
  }

  /// Confirms over a new login, and waits for the node's own decision where that fails.
  package func confirm() async -> WayBack {
    await Failpoint.reach(.confirming)
    let ending = await confirm(transaction)
    await Failpoint.reach(.confirmed)
    return ending
  }

  private func confirm(_ transaction: String) async -> WayBack {
    do throws(ApplyError) {
      switch try await session.confirm(transaction) {
      case .confirmed, .none: return .confirmed
      case .takenBack(let isWhole, let text): return await takenBack(isWhole, text)
      case .armed, .goingBack: return await settle(transaction)
      }
    } catch {
      note(
        "node.\(node): \(displayable(error.message)); nobody confirms, so the node takes the run "
          + "back within about \(window) s\n"
      )
      return await settle(transaction)
    }
  }

  /// Asks the node over and over until it decided or the time is over.
  package func settle() async -> WayBack { await settle(transaction) }

  private func settle(_ transaction: String) async -> WayBack {
    await session.abandon()
    // The window, what an operation may still take, and the way back itself.
    var limit = clock.now() + .seconds(window + 420)
    var last = "the node did not say what became of the run"
    while clock.now() < limit {
      var nap = 2
      do throws(ApplyError) {
        switch try await session.fate(of: transaction) {
        case .confirmed: return .confirmed
        case .takenBack(let isWhole, let text): return await takenBack(isWhole, text)
        // Nothing is carried out before the way back is armed and on the disk.
        case .none:
          return .neverBegun("the node was lost before it began: it is as before")
        case .goingBack: last = "the node is taking the run back"
        case .armed(let left):
          last = "the node takes the run back in \(left) s"
          nap = max(1, min(left, 10))
        }
      } catch {
        last = error.message
        // Another machine answers: waiting long does not make it the right one.
        if error.isOfAnotherMachine { limit = min(limit, clock.now() + .seconds(window + 30)) }
      }
      do { try await clock.sleep(.seconds(nap)) } catch { break }
    }
    return .unknown(last)
  }

  private func takenBack(_ isWhole: Bool, _ text: String) async -> WayBack {
    await session.forgetLock()
    let why = "nobody could confirm the run over a new login, so the node took it back by itself"
    let rest = isWhole ? "" : ", but not all of it:\n\(text)"
    return .takenBack(isWhole: isWhole, why + rest)
  }

  /// Writes the history, gives the lock back and closes; an empty summary leaves the history as it is.
  package func finish(summary: String) async {
    for line in await conclude(summary: summary) { note(line) }
  }

  /// As `finish`, and returns what people should know, for who ends many nodes side by side.
  package func conclude(summary: String) async -> [String] {
    guard await session.holdsLock else {
      await session.currentConnection.close()
      return []
    }
    var warnings: [String] = []
    do throws(ApplyError) {
      let line = summary.isEmpty ? nil : summary
      try await session.finish(transaction: transaction, manifest: nil, history: line)
    } catch {
      if !summary.isEmpty {
        let why = displayable(error.message)
        warnings.append("warning: node.\(node): the history was not written: \(why)\n")
      }
      warnings += await giveBack()
    }
    await session.currentConnection.close()
    return warnings
  }

  /// Prolongs the lease and says whether it is lost; see `NodeWorker`.
  package func lostHold() async -> String? {
    do throws(ApplyError) {
      try await session.renewLock()
      return nil
    } catch {
      return error.code == .lostLease ? error.message : nil
    }
  }

  /// Prolongs the lease.
  ///
  /// A lost one needs no word here: the node refuses the next batch and says why.
  package func renewLock() async {
    do throws(ApplyError) {
      try await session.renewLock()
    } catch {
      return
    }
  }

  /// Gives the lock back alone: nothing was done there, or its records could not be written (a full disk).
  ///
  /// - Returns: What people should know: nothing, where it went well.
  package func giveBack() async -> [String] {
    guard await session.holdsLock else { return [] }
    do throws(ApplyError) {
      try await session.releaseLock()
      return []
    } catch {
      // The lease runs out by itself; the run's results stand.
      let why = displayable(error.message)
      return ["warning: node.\(node): the lock could not be given back: \(why)\n"]
    }
  }

  private func outcome(
    _ body: () async throws(ApplyError) -> [OperationResult]
  ) async -> BatchOutcome {
    do throws(ApplyError) {
      return .results(try await body().map(Self.redacted))
    } catch {
      switch error.code {
      case .unknownOutcome: return .unknown(error.message)
      case .rejected(let results): return .rejected(results.map(Self.redacted))
      // The node may have taken the lock to take the run back: it is asked.
      case .lostLease where await session.isArmed: return .unknown(error.message)
      case .transport(let cause): return .unknown("\(cause.step): \(cause.message)")
      case .moved: return .moved(error.message)
      case .notAllowed(let cause):
        return .notAllowed(
          "\(cause.step): \(cause.message); nothing was done here (`fleetctl doctor --sudoers` prints the rule)"
        )
      case .lockHeld, .frozen, .lostLease, .stagingFailed, .notStarted, .invalidArgument,
        .protocolViolation:
        return .refused(error.message)
      }
    }
  }

  /// Last words are cut somewhere, perhaps within a value.
  private static func redacted(_ result: OperationResult) -> OperationResult {
    guard result.status == .failed else { return result }
    var result = result
    result.output = Redactor.redact(tail: result.output)
    return result
  }
}

extension ApplyError {
  /// Whether another machine answers at the address, by its host key or its identity.
  fileprivate var isOfAnotherMachine: Bool {
    guard case .transport(let error) = code else { return false }
    return [.hostKeyChanged, .hostKeyRevoked, .identityRefused].contains(error.code)
  }
}
