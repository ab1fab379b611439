package import FleetModel
package import FleetResources
import Synchronization

/// Takes the locks of several nodes: all of them, or none while another's is waited for.
///
/// Where all are free that is one round trip, on all nodes side by side. Where somebody holds one, those that were
/// got are given back before it is waited for: of two who want the same nodes neither ever waits for the
/// other with a lock in its hand.
package struct FleetLocks: Sendable {
  /// One node to be locked.
  package struct Node: Sendable {
    /// Its id.
    package let id: NodeID
    /// The conversation that will hold the lock.
    package let session: NodeSession
    /// What to look at in the round trip of the lock; nil for nothing.
    package let look: ProbeRequest?

    /// Names a node.
    package init(_ id: NodeID, _ session: NodeSession, look: ProbeRequest? = nil) {
      (self.id, self.session, self.look) = (id, session, look)
    }
  }

  /// What came of it.
  package struct Taken: Sendable {
    /// Nodes that were seen in the round trip of their lock; one that was waited for is not among them.
    package var looks: [NodeID: ObservedNode] = [:]
    /// Nodes that are not locked, and why; of all others the locks are held, unless one of these is fatal or held by
    /// somebody else: then some were given back.
    package var failures: [NodeID: ApplyError] = [:]
  }

  private let holder: String
  private let planDigest: String
  private let leaseSeconds: Int
  private let waitSeconds: Int
  private let keeper: LeaseKeeper
  private let clock: RunClock
  private let token: @Sendable () -> String
  private let pause: @Sendable (Int) async -> Void
  private let isFatal: @Sendable (NodeID, ApplyError) -> Bool
  private let isInterrupted: @Sendable () -> Bool

  /// Prepares for taking locks.
  ///
  /// - Parameters:
  ///   - holder: Who takes them, for others to read.
  ///   - planDigest: The plan that they are taken for.
  ///   - leaseSeconds: A dead client's lock is free after so long.
  ///   - waitSeconds: How long to wait in all while somebody else has one.
  ///   - keeper: Renews each lock from the moment it is held.
  ///   - clock: The time.
  ///   - token: Gives 32 random hexadecimal digits, new ones each time.
  ///   - pause: Waits a random while, at most so many seconds.
  ///   - isFatal: Whether a failure other than a lock that is held ends it for all nodes.
  ///   - isInterrupted: Whether to wait no longer.
  package init(
    holder: String,
    planDigest: String,
    leaseSeconds: Int,
    waitSeconds: Int,
    keeper: LeaseKeeper,
    clock: RunClock = .system,
    token: @escaping @Sendable () -> String,
    pause: @escaping @Sendable (Int) async -> Void,
    isFatal: @escaping @Sendable (NodeID, ApplyError) -> Bool,
    isInterrupted: @escaping @Sendable () -> Bool
  ) {
    self.holder = holder
    self.planDigest = planDigest
    self.leaseSeconds = leaseSeconds
    self.waitSeconds = waitSeconds
    self.keeper = keeper
    self.clock = clock
    self.token = token
    self.pause = pause
    self.isFatal = isFatal
    self.isInterrupted = isInterrupted
  }

  /// Takes the locks of `nodes`.
  package func take(_ nodes: [Node]) async -> Taken {
    let end = clock.now() + .seconds(waitSeconds)
    var taken = Taken()
    var first: Node?
    var tries = 0
    while true {
      let open = nodes.filter { $0.id != first?.id && taken.failures[$0.id] == nil }
      var busy: [NodeID: ApplyError] = [:]
      for (node, answer) in await acquire(open) {
        switch answer {
        case .success(let seen): taken.looks[node] = seen
        case .failure(let error) where error.isHeldByAnother: busy[node] = error
        case .failure(let error): taken.failures[node] = error
        }
      }
      let isOver = clock.now() >= end || isInterrupted()
      guard let next = nodes.filter({ busy[$0.id] != nil }).min(by: { $0.id < $1.id }),
        !isOver, !taken.failures.contains(where: { isFatal($0.key, $0.value) })
      else {
        taken.failures.merge(busy) { $1 }
        return taken
      }
      await giveBack(nodes.filter { busy[$0.id] == nil && taken.failures[$0.id] == nil })
      taken.looks = [:]
      tries += 1
      // Two who met at several nodes must not meet there again in step.
      if tries > 1 { await pause(min(4, Self.seconds(until: end, clock))) }
      do throws(ApplyError) {
        try await acquire(next, waiting: Self.seconds(until: end, clock))
        first = next
      } catch {
        first = nil
        taken.failures[next.id] = error
        guard error.isHeldByAnother || isFatal(next.id, error) else { continue }
        taken.failures.merge(busy) { old, _ in old }
        return taken
      }
    }
  }

  private static func seconds(until end: Duration, _ clock: RunClock) -> Int {
    max(0, Int((end - clock.now()) / .seconds(1)))
  }

  private func acquire(_ nodes: [Node]) async -> [NodeID: Result<ObservedNode?, ApplyError>] {
    await withTaskGroup(of: (NodeID, Result<ObservedNode?, ApplyError>).self) { group in
      for node in nodes {
        group.addTask {
          do throws(ApplyError) {
            return (node.id, .success(try await acquire(node, look: node.look)))
          } catch {
            return (node.id, .failure(error))
          }
        }
      }
      var answers: [NodeID: Result<ObservedNode?, ApplyError>] = [:]
      for await (node, answer) in group { answers[node] = answer }
      return answers
    }
  }

  @discardableResult
  private func acquire(
    _ node: Node,
    waiting seconds: Int = 0,
    look: ProbeRequest? = nil
  ) async throws(ApplyError) -> ObservedNode? {
    // One that could not be given back is still ours.
    let token = await node.session.token ?? token()
    let seen = try await node.session.acquireLock(
      holder: holder,
      planDigest: planDigest,
      leaseSeconds: leaseSeconds,
      token: token,
      waitSeconds: seconds,
      look: look,
      isInterrupted: isInterrupted
    )
    keeper.keep(node.id, node.session)
    return seen
  }

  private func giveBack(_ nodes: [Node]) async {
    await withTaskGroup(of: Void.self) { group in
      for node in nodes {
        group.addTask {
          keeper.stop(node.id)
          do throws(ApplyError) {
            try await node.session.releaseLock()
          } catch {
            // It stays ours until its lease runs out, and is taken over by its token.
            return
          }
        }
      }
    }
  }
}

/// Renews leases from the moment they begin: a node that waits for another's lock or six-minute start, or for its
/// own health, runs no batch that would.
package final class LeaseKeeper: Sendable {
  private let tasks = Mutex<[NodeID: Task<Void, Never>]>([:])
  private let seconds: Int
  private let clock: RunClock

  /// Makes one that renews every so many seconds.
  package init(every seconds: Int, clock: RunClock = .system) {
    (self.seconds, self.clock) = (seconds, clock)
  }

  deinit { stop() }

  /// Begins with one node; each for itself: one that is busy must not let the time of the others run out.
  package func keep(_ node: NodeID, _ session: NodeSession) {
    let (seconds, clock) = (seconds, clock)
    let task = Task {
      while !Task.isCancelled {
        do { try await clock.sleep(.seconds(seconds)) } catch { return }
        // A lost one needs no word here: the node refuses the next batch and says why.
        do throws(ApplyError) { try await session.renewLock() } catch { continue }
      }
    }
    tasks.withLock { $0.updateValue(task, forKey: node) }?.cancel()
  }

  /// Ends it for one node.
  package func stop(_ node: NodeID) {
    tasks.withLock { $0.removeValue(forKey: node) }?.cancel()
  }

  /// Ends it for all nodes.
  package func stop() {
    let all = tasks.withLock { tasks in
      defer { tasks = [:] }
      return Array(tasks.values)
    }
    for task in all { task.cancel() }
  }
}

extension ApplyError {
  /// Whether somebody else has the lock.
  package var isHeldByAnother: Bool {
    if case .lockHeld = code { true } else { false }
  }
}
