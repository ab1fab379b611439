import FleetProbe
import FleetTransport

/// What became of a transaction whose way back was armed.
package enum Fate: Hashable, Sendable {
  /// Nothing was armed.
  case none
  /// Nobody decided yet; the node takes back by itself in so many seconds.
  case armed(secondsLeft: Int)
  /// The changes stay.
  case confirmed
  /// The node is taking back right now.
  case goingBack
  /// The node is as it was before; with `isWhole` false, but for what the text names.
  case takenBack(isWhole: Bool, text: String)
}

/// What stands in the way of changing a node.
package struct NodeLock: Hashable, Sendable {
  /// Who holds the lock; nil when nobody does.
  package var holder: String?
  /// Digest of the holder's plan.
  package var plan = ""
  /// Seconds until the holder's lease runs out by itself.
  package var secondsLeft = 0
  /// Seconds since the lock was taken, on the node's clock since boot; nil when its holder's fleetctl is too old
  /// to have written that down.
  package var secondsHeld: Int?
  /// Why the node takes no changes, when it is frozen.
  package var frozen: String?
  /// The run that is not confirmed yet, if any.
  package var pending: String?

  /// Makes the lock of a node that nobody holds.
  package init() {}
}

extension NodeSession {
  /// Confirms `transaction` over a *new* connection, with a handshake and a login of its own: that one
  /// still gets in is what is confirmed.
  ///
  /// The connection so far is closed. Whoever comes first decides: when the node has begun to take
  /// back, its fate says so.
  /// - Throws: `ApplyError` with `.transport` when nobody gets in any more, and `.lostLease`.
  package func confirm(_ transaction: String) async throws(ApplyError) -> Fate {
    let fresh: any RemoteConnection
    do {
      fresh = try await reconnect()
    } catch {
      throw ApplyError(.transport(error), "a new login does not get in: \(error.message)")
    }
    await connection.close()
    use(fresh)
    let answer = try await converse([
      "command=confirm", "token=" + (token ?? ""), "transaction=" + transaction,
    ])
    if answer.first("state:fenced") != nil { throw Self.lostLease }
    let fate = try Self.fate(in: answer)
    if fate == .confirmed { armed = nil }
    return fate
  }

  /// Asks over a new connection what became of `transaction`.
  ///
  /// - Throws: `ApplyError` with `.transport` when the node cannot be reached.
  package func fate(of transaction: String) async throws(ApplyError) -> Fate {
    do {
      let fresh = try await reconnect()
      await connection.close()
      use(fresh)
    } catch {
      throw ApplyError(.transport(error), error.message)
    }
    return try Self.fate(in: try await converse(["command=fate", "transaction=" + transaction]))
  }

  /// Says nothing to the node any more on behalf of an armed transaction, so that it runs out.
  package func abandon() { armed = nil }

  /// The node took lock and run back: there is nothing left to give back.
  package func forgetLock() { token = nil }

  /// Whether something was activated that nobody confirmed yet.
  package var isArmed: Bool { armed != nil }

  /// Whether we hold the node's lock, as far as we know.
  package var holdsLock: Bool { token != nil }

  /// Looks at lock and freeze; changes nothing.
  ///
  /// - Throws: `ApplyError` with `.transport`.
  package func inspectLock() async throws(ApplyError) -> NodeLock {
    let answer = try await converse(["command=inspect"])
    var lock = NodeLock()
    if let held = answer.first("lock") {
      let lines = held.text.split(separator: "\n", omittingEmptySubsequences: false).map(
        String.init
      )
      lock.holder = Printable.line(lines.first ?? "")
      lock.plan = Printable.line(lines.count > 1 ? lines[1] : "")
      lock.secondsLeft = lines.count > 2 ? NodeNumber.count(lines[2]) ?? 0 : 0
      lock.secondsHeld = lines.count > 3 ? NodeNumber.count(lines[3]) : nil
    }
    lock.frozen = answer.first("frozen").map { Printable.line($0.text) }
    lock.pending = answer.first("pending").map { Printable.line($0.text) }
    return lock
  }

  /// Makes the node take no changes until it is thawed.
  ///
  /// - Throws: `ApplyError` with `.transport`; `.stagingFailed` when it could not be written.
  package func freeze(because reason: String) async throws(ApplyError) {
    let answer = try await converse(["command=freeze", "reason=" + Printable.line(reason)])
    guard answer.first("frozen") != nil else {
      throw ApplyError(.stagingFailed, "the node did not write that it is frozen")
    }
  }

  /// Lets the node take changes again.
  ///
  /// - Throws: `ApplyError` with `.transport`; `.stagingFailed` when it could not be written.
  package func thaw() async throws(ApplyError) {
    guard try await converse(["command=thaw"]).first("thawed") != nil else {
      throw ApplyError(.stagingFailed, "the node is still frozen")
    }
  }

  private static func fate(in answer: AnswerSections) throws(ApplyError) -> Fate {
    guard let section = answer.all.last(where: { $0.name.hasPrefix("fate:") }) else {
      throw ApplyError(.protocolViolation, "the node did not say what became of the run")
    }
    switch section.name {
    case "fate:none": return .none
    case "fate:armed": return .armed(secondsLeft: NodeNumber.count(section.text) ?? 0)
    case "fate:confirmed": return .confirmed
    case "fate:going-back": return .goingBack
    case "fate:whole", "fate:partial":
      return .takenBack(
        isWhole: section.name == "fate:whole",
        text: section.text.split(separator: "\n").map { Printable.line(String($0)) }
          .joined(separator: "\n")
      )
    default: throw ApplyError(.protocolViolation, "the node says '\(section.name)'")
    }
  }
}
