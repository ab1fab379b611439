import FleetApply
import FleetDiagnostics
import FleetProbe
import FleetResources
import FleetTransport

/// A node's hands over its SSH session.
struct SSHNodeWorker: NodeWorker {
  /// The conversation with the node's runtime; holds the lock.
  let session: NodeSession
  /// Names what this run does on the node; its inverse is kept under this name.
  let transaction: String

  func observe(_ request: ProbeRequest) async -> NodeObservation {
    do throws(TransportError) {
      let connection = await session.currentConnection
      return .observed(try await NodeProbe.observe(request, over: connection, nonce: Nonce.make()))
    } catch {
      return .unreachable(step: error.step, cause: error.message, remedy: error.remedy)
    }
  }

  func run(_ operations: [NodeOperation], name: String) async -> BatchOutcome {
    let name = name.split(separator: " ").joined(separator: "-")
    return await outcome { () async throws(ApplyError) in
      try await session.run(batch: operations, transaction: transaction, name: name)
    }
  }

  func get(_ request: HTTPCheck.Request) async throws(TransportError) -> HTTPAnswer {
    let answer = try await HTTPCheck.get(request, over: await session.currentConnection)
    return HTTPAnswer(status: answer.status, body: answer.body)
  }

  func open(host: String, port: Int) async throws(TransportError) {
    let request = StreamRequest(host: host, port: port, request: [], deadline: .seconds(2))
    do throws(TransportError) {
      _ = try await session.currentConnection.exchange(request)
    } catch {
      // The port was opened and the server waits for a request: that is what was asked.
      guard error.code == .timedOut else { throw error }
    }
  }

  func write(_ manifest: Manifest) async -> BatchOutcome {
    await outcome { () async throws(ApplyError) in
      try await session.writeManifest(manifest, transaction: transaction)
      return []
    }
  }

  func rollBack() async -> BatchOutcome {
    await outcome { () async throws(ApplyError) in [try await session.rollback(transaction)] }
  }

  func finish(summary: String) async {
    do throws(ApplyError) {
      try await session.finish(transaction: transaction, manifest: nil, history: summary)
    } catch {
      await giveBack(after: error)
    }
    await session.currentConnection.close()
  }

  /// Prolongs the lease.
  ///
  /// A lost one needs no word here: the node refuses the next batch and says why.
  func renewLock() async {
    do throws(ApplyError) {
      try await session.renewLock()
    } catch {
      return
    }
  }

  /// Gives the lock back alone where the records could not be written (a full disk).
  private func giveBack(after failure: ApplyError) async {
    Terminal.note("warning: the history was not written: \(displayable(failure.message))\n")
    do throws(ApplyError) {
      try await session.releaseLock()
    } catch {
      // The lease runs out by itself; the run's results stand.
      Terminal.note("warning: the lock could not be given back: \(displayable(error.message))\n")
    }
  }

  private func outcome(
    _ body: () async throws(ApplyError) -> [OperationResult]
  ) async -> BatchOutcome {
    do throws(ApplyError) {
      return .results(try await body())
    } catch {
      switch error.code {
      case .unknownOutcome: return .unknown(error.message)
      case .transport(let cause): return .unknown("\(cause.step): \(cause.message)")
      case .lockHeld, .lostLease, .stagingFailed, .notStarted, .invalidArgument, .protocolViolation:
        return .refused(error.message)
      }
    }
  }
}
