import FleetDigest
import FleetModel
import FleetProbe
package import FleetResources
package import FleetTransport

/// Changes one node: holds its lock, hands over batches and reads what became of them.
///
/// One call at a time: a connection runs one command at a time. Every call is one round trip as long as
/// the connection holds; a batch that takes longer is followed in several.
package actor NodeSession {
  /// Opens a new connection to the same node.
  package typealias Reconnect = @Sendable () async throws(TransportError) -> any RemoteConnection

  let layout: NodeLayout
  let reconnect: Reconnect
  let random: @Sendable () -> String
  let pause: @Sendable (Duration) async -> Void
  private let hears: @Sendable (LockNews) -> Void
  var connection: any RemoteConnection
  /// Which of the connections to the node it is.
  var connectionNumber = 0
  /// Token of the lock that we hold.
  var token: String?
  /// The transaction whose way back is armed and not yet confirmed, and its window in seconds.
  var armed: (transaction: String, window: Int)?
  /// The plan that goes to the node ahead of the first batch of the run.
  var plan: KeptPlan?
  /// What the first batch of the run has to find; see `Preconditions`.
  var preconditions: [String] = []
  /// Whether a batch has begun: from then on the run itself changes what was looked at.
  var hasBegun = false

  /// Makes a session over an open connection.
  ///
  /// - Parameters:
  ///   - connection: The node.
  ///   - layout: Where things are; the default on every real node.
  ///   - random: Gives 32 random hexadecimal digits, new ones each time.
  ///   - pause: Sleeps; before a reconnect and between two tries for the lock.
  ///   - hears: Takes what becomes of the node's lock.
  ///   - reconnect: Opens the connection anew after it was lost.
  package init(
    over connection: any RemoteConnection,
    layout: NodeLayout = NodeLayout(),
    random: @escaping @Sendable () -> String,
    pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) },
    hears: @escaping @Sendable (LockNews) -> Void = { _ in },
    reconnect: @escaping Reconnect
  ) {
    self.connection = connection
    self.layout = layout
    self.random = random
    self.pause = pause
    self.hears = hears
    self.reconnect = reconnect
  }

  /// Hands over what the first batch of the run has to find, or does nothing.
  package func expect(_ preconditions: Preconditions) { expect(preconditions.lines) }

  /// As `expect`, with the lines themselves.
  func expect(_ lines: [String]) { preconditions = lines }

  /// The connection in use, which is another one after a reconnect.
  package var currentConnection: any RemoteConnection { connection }

  // MARK: Lock

  /// Takes the node's lock for `leaseSeconds`, waiting up to `waitSeconds` while somebody else has it.
  ///
  /// The lease is counted on the node's clock since boot, is void after a reboot, and is renewed by the
  /// node itself while a batch runs. `token` is 32 random hexadecimal digits; with the token of a run
  /// that was cut off its lock is taken over.
  /// With `look` the node is looked at in the same round trip, after the lock was given. Once
  /// `isInterrupted` it is not waited for any longer.
  /// - Returns: What was seen; nil without `look`, or where the look went wrong.
  /// - Throws: `ApplyError`: `.lockHeld` with the holder, or `.transport`.
  @discardableResult
  package func acquireLock(
    holder: String,
    planDigest: String,
    leaseSeconds: Int,
    token: String,
    waitSeconds: Int = 0,
    look: ProbeRequest? = nil,
    isInterrupted: @Sendable () -> Bool = { false }
  ) async throws(ApplyError) -> ObservedNode? {
    var waited = 0
    var lines = [
      "command=acquire", "token=" + token, "holder=" + Printable.line(holder),
      "plan=" + Printable.line(planDigest), "lease=\(leaseSeconds)", "asks=1",
    ]
    while true {
      var seen: ObservedNode?
      let answer: AnswerSections
      if let look {
        let both = try await converse(lines, thenLook: look)
        answer = both.answer
        seen = try? both.probe.observed(both.look)
      } else {
        answer = try await converse(lines)
      }
      if answer.first("granted") != nil {
        if self.token != token { hears(.acquired) }
        self.token = token
        return seen
      }
      if let refusal = answer.first("powerless") { throw Self.notAllowed(refusal) }
      if let frozen = answer.first("frozen") {
        let why = Printable.line(frozen.text)
        throw ApplyError(.frozen(why), "the node is frozen: \(why)")
      }
      guard let held = answer.first("held") else {
        throw ApplyError(.protocolViolation, "the node did not say whether the lock is ours")
      }
      let holder = Printable.line(held.text)
      guard waited < waitSeconds, !isInterrupted() else {
        throw ApplyError(.lockHeld(holder), "the node is locked by \(holder)")
      }
      if waited == 0 { hears(.waiting(for: holder, seconds: waitSeconds)) }
      let seconds = min(2, waitSeconds - waited)
      await pause(.seconds(seconds))
      waited += seconds
      // Sudo is asked once, not with every try: its log is the node's, and the first batch asks again.
      lines.removeAll { $0 == "asks=1" }
    }
  }

  /// Begins the lease anew, and the time in which nobody takes back an armed transaction.
  ///
  /// - Throws: `ApplyError`: `.lostLease` when the lock is no longer ours, or `.transport`.
  package func renewLock() async throws(ApplyError) {
    var lines = ["command=renew", "token=" + (token ?? "")]
    if let armed {
      lines += ["transaction=" + armed.transaction, "window=\(armed.window)"]
    }
    let answer = try await converse(lines)
    guard answer.first("granted") != nil else { throw Self.lostLease }
  }

  /// Gives the lock back; one that is no longer ours stays as it is.
  ///
  /// - Throws: `ApplyError` with `.transport`.
  package func releaseLock() async throws(ApplyError) {
    _ = try await converse(["command=release", "token=" + (token ?? "")])
    noteReleased()
  }

  /// The lock was given back, in whichever way.
  func noteReleased() {
    if token != nil { hears(.released) }
    token = nil
  }

  /// Removes the lock whoever holds it (`fleetctl lock release`).
  ///
  /// - Throws: `ApplyError` with `.transport`.
  package func breakLock() async throws(ApplyError) {
    _ = try await converse(["command=release", "token=any"])
    token = nil
  }

  /// What sudo said to the login that wanted to become root once more.
  static func notAllowed(_ refusal: AnswerSection) -> ApplyError {
    let words = Printable.line(refusal.text)
    let cause = TransportError(
      .sudoNotAllowed,
      step: "sudo",
      "the login may not become root any more: " + (words.isEmpty ? "sudo does not answer" : words),
      remedy: "Allow the user to run commands as root on the node, in /etc/sudoers.d/. The lines:\n"
        + "  fleetctl doctor --sudoers"
    )
    return ApplyError(.notAllowed(cause), cause.message)
  }

  static let lostLease = ApplyError(
    .lostLease,
    "the lock on the node is no longer ours: it ran out, was released, or the node was started again"
  )

  // MARK: Batches

  /// Runs `batch` as a unit of the node that outlives the session; one round trip while all goes well.
  ///
  /// Operations run in order; after the first that fails the rest is skipped. What file and unit
  /// operations change is written down before the first of them, for `rollback`. Before that the batch is
  /// rehearsed: unit files by the node's own systemd, files by their own checks. When the connection is lost the results are read over
  /// a new one; a batch is never run twice under one name.
  /// - Parameters:
  ///   - batch: The operations.
  ///   - transaction: Id of this run on this node, `A-Za-z0-9._-`; the same for all its batches.
  ///   - name: Name of the batch, new within the transaction, same characters.
  ///   - window: Seconds after which the node takes the whole transaction back by itself unless
  ///     somebody confirms it or goes on; armed before the first operation. Nil arms nothing.
  ///   - progress: Called with number and result as they become known.
  ///   - waiting: Called about every `followSeconds` while a unit is not up yet.
  /// - Returns: One result per operation.
  /// - Throws: `ApplyError`.
  package func run(
    batch: [NodeOperation],
    transaction: String,
    name: String,
    window: Int? = nil,
    progress: @Sendable (Int, OperationResult) -> Void = { _, _ in },
    waiting: @Sendable (WaitingUnit) -> Void = { _ in }
  ) async throws(ApplyError) -> [OperationResult] {
    guard !batch.isEmpty else { return [] }
    let before = armed
    if let window { armed = (transaction, window) }
    do throws(ApplyError) {
      let records = batch.map(BatchRecord.init)
      return try await run(records, transaction, name, inline: false, progress, waiting)
    } catch {
      // Nothing was done, so nothing new waits to be taken back.
      if error.isBeforeAll { armed = before }
      throw error
    }
  }

  /// Restores what the batches of `transaction` changed: files, folders, links, source trees, kernel
  /// settings, and what units were, the last change first.
  ///
  /// Packages, users, databases, certificates, secrets, steps and firewall rules stay.
  /// - Returns: One result; its output names what could not be restored.
  /// - Throws: `ApplyError`.
  package func rollback(_ transaction: String) async throws(ApplyError) -> OperationResult {
    let name = "rollback-" + random()
    let record = BatchRecord(verb: "rollback", [transaction])
    armed = nil
    let results = try await run([record], transaction, name, inline: false) { _, _ in }
    guard let result = results.first else {
      throw ApplyError(.protocolViolation, "the node gave no result of the rollback")
    }
    return result
  }
}

/// What becomes of a node's lock.
package enum LockNews: Sendable, Hashable {
  /// Somebody else holds it and is waited for, so many seconds at most.
  case waiting(for: String, seconds: Int)
  /// It is ours.
  case acquired
  /// It was given back.
  case released
}
