package import FleetResources
package import FleetTransport

/// Why something could not be done on a node; what an operation itself said is in its result.
package struct ApplyError: Error, Hashable, Sendable {
  /// What went wrong.
  package enum Code: Hashable, Sendable {
    /// Somebody else holds the node's lock: `alice@host pid 12, 40 s left`.
    case lockHeld(String)
    /// The node takes no changes until somebody thaws it, and why.
    case frozen(String)
    /// The login may not become root any more; nothing was done. Says what `TransportError` says of such a login.
    case notAllowed(TransportError)
    /// What the run touches is otherwise than under the lock, and what: nothing was done.
    case moved([String])
    /// The node's lock is no longer ours: it ran out, was released or the node was started again.
    case lostLease
    /// The node could not be talked to; nothing of this call was done.
    case transport(TransportError)
    /// The batch was begun and nobody knows how far it came: the connection stays away, or the node
    /// was switched off or the runner killed in the middle. The results so far are in `results`.
    case unknownOutcome
    /// What arrived on the node is not what was sent, or found no room there; nothing was done.
    case stagingFailed
    /// The node would not start the batch; nothing was done.
    case notStarted
    /// The rehearsal of the batch found something, or its inverse could not be written; nothing was
    /// done. One result an operation: those it is about failed, the others are skipped.
    case rejected([OperationResult])
    /// An argument cannot be sent: a control character, or a name with other than `A-Za-z0-9._-`.
    case invalidArgument
    /// The node's answer is not one of this conversation.
    case protocolViolation
  }

  /// What went wrong.
  package let code: Code
  /// One sentence for people; remote text already made printable.
  package let message: String
  /// With `.unknownOutcome`: results that are known, for the first operations of the batch.
  package var results: Int

  /// Whether the node did nothing of the batch, and said so.
  var isBeforeAll: Bool {
    switch code {
    case .rejected, .moved, .notAllowed: true
    default: false
    }
  }

  /// Makes an error.
  package init(_ code: Code, _ message: String, results: Int = 0) {
    self.code = code
    self.message = message
    self.results = results
  }
}
