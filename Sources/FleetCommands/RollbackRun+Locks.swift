import FleetApply
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources
import FleetTransport

/// All of the run's nodes, or none: it is taken back everywhere or nowhere.
extension RollbackRun {
  /// Logs in to all nodes and takes their locks, each renewed from then on.
  func lock(_ digest: String, _ keeper: LeaseKeeper) async throws -> [SSHNodeWorker] {
    let workers = try await logIn()
    let locks = FleetLocks(
      holder: "\(PlanMeta.user)@\(PlanMeta.host), process \(ProcessID.own)",
      planDigest: digest,
      leaseSeconds: Self.leaseSeconds,
      waitSeconds: limits.lockWait,
      keeper: keeper,
      token: { Nonce.make() },
      pause: { try? await Task.sleep(for: .milliseconds(Int.random(in: 0...max(1, $0 * 1000)))) },
      isFatal: { _, _ in true },
      isInterrupted: { Interrupt.isRequested }
    )
    let taken = await locks.take(workers.map { .init($0.node, $0.session) })
    let failed = taken.failures.sorted { $0.key < $1.key }
    guard let first = failed.first(where: { $0.value.isHeldByAnother }) ?? failed.first else {
      return workers
    }
    keeper.stop()
    if Interrupt.isRequested {
      try await giveUp(workers, Interrupt.status, "interrupted")
    }
    let (status, cure) = Self.verdict(first.value)
    try await giveUp(workers, status, "node.\(first.key): \(first.value.message)\(cure)")
  }

  private static func verdict(_ error: ApplyError) -> (ExitStatus, cure: String) {
    switch error.code {
    case .lockHeld: (.lockHeld, "")
    case .frozen: (.nodeFrozen, "")
    case .notAllowed: (.unreachable, " (`fleetctl doctor --sudoers` prints the rule)")
    case .transport: (.unreachable, "")
    default: (.failure, "")
    }
  }

  /// A conversation with each node, in the order of their ids.
  private func logIn() async throws -> [SSHNodeWorker] {
    let targets = try NodeTargets.found(nodes, fleet.fleet, folder: fleet.folder)
    let connections = connections
    typealias Login = Result<any RemoteConnection, TransportError>
    let logins = await withTaskGroup(of: (NodeID, Login).self) { group in
      for node in nodes {
        let target = targets[node]
        group.addTask {
          do throws(TransportError) {
            return (node.id, .success(try await connections.connect(to: target)))
          } catch {
            return (node.id, .failure(error))
          }
        }
      }
      var logins: [NodeID: Login] = [:]
      for await (node, login) in group { logins[node] = login }
      return logins
    }
    var workers: [SSHNodeWorker] = []
    var failed: (status: ExitStatus, why: String)?
    for node in nodes.sorted(by: { $0.id < $1.id }) {
      let target = targets[node]
      switch logins[node.id] {
      case .success(let connection)?:
        workers.append(worker(node, connection, target))
      case .failure(let error)? where failed == nil:
        failed = (
          error.isForeign(target) ? .identityRefused : .unreachable,
          "node.\(node.id): \(error.step): \(error.message)"
        )
      case .failure?: continue
      case nil: continue
      }
    }
    if let failed { try await giveUp(workers, failed.status, failed.why) }
    return workers
  }

  private func worker(
    _ node: FleetNode,
    _ connection: any RemoteConnection,
    _ target: SSHTarget
  ) -> SSHNodeWorker {
    let connections = connections
    let session = NodeSession(
      over: connection,
      random: { Nonce.make() },
      hears: stream.lock(of: node.id.name)
    ) { () async throws(TransportError) in
      try await connections.connect(to: target)
    }
    return SSHNodeWorker(
      session: session,
      node: node.id,
      transaction: stream.run,
      window: window
    )
  }

  /// Gives all locks back and ends the command; nothing was changed.
  func giveUp(
    _ workers: [SSHNodeWorker],
    _ status: ExitStatus,
    _ why: String
  ) async throws -> Never {
    Terminal.note("error: \(displayable(why)); nothing was changed.\n")
    let notes = await SideBySide.notes(workers) { worker in
      var notes: [String] = []
      do throws(ApplyError) {
        if await worker.session.holdsLock { try await worker.session.releaseLock() }
      } catch {
        notes = ["warning: node.\(worker.node): its lock runs out by itself\n"]
      }
      await worker.session.currentConnection.close()
      return notes
    }
    for note in notes { Terminal.note(note) }
    throw EarlyEnd(status: status, reason: why)
  }
}
