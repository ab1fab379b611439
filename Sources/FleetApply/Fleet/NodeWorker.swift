package import FleetResources
package import FleetTransport

/// What the run of an apply needs of one node.
///
/// Implemented over SSH in `FleetCommands` and by doubles.
package protocol NodeWorker: Sendable {
  /// Looks at the node.
  func observe(_ request: ProbeRequest) async -> NodeObservation
  /// Runs a batch as a unit of its own on the node and returns one result an operation.
  ///
  /// With `arming` the node takes the whole run back by itself unless `confirm` follows.
  func run(_ operations: [NodeOperation], name: String, arming: Bool) async -> BatchOutcome
  /// Asks an HTTP server through a stream that the node opens.
  func get(_ request: HTTPCheck.Request) async throws(TransportError) -> HTTPAnswer
  /// Prolongs the lease; returns why the node is no longer this run's, nil while it is or nobody can say.
  func lostHold() async -> String?
  /// Succeeds when something at `host:port`, as the node sees it, accepts a TCP connection.
  func open(host: String, port: Int) async throws(TransportError)
  /// Replaces the manifest.
  func write(_ manifest: Manifest) async -> BatchOutcome
  /// Undoes what this run wrote on the node, newest first.
  func rollBack() async -> BatchOutcome
  /// Confirms over a new login that the changes stay.
  func confirm() async -> WayBack
  /// Waits, without a word to the node, until it decided by itself, and says how.
  func settle() async -> WayBack
  /// Gives the lock back and closes; `summary` is one line of JSON for the history, or empty for none.
  func finish(summary: String) async
}

/// What became of a batch.
package enum BatchOutcome: Sendable {
  /// The node reported on every operation, in order.
  case results([OperationResult])
  /// Nothing was done, and why.
  case refused(String)
  /// Nothing was done: what the run touches is otherwise than under the lock, and what.
  case moved(String)
  /// Nothing was done: the login may not become root any more, and what to do.
  case notAllowed(String)
  /// Nothing was done: the rehearsal found something about the operations that failed.
  case rejected([OperationResult])
  /// It cannot be said what was done, and why.
  case unknown(String)

  /// Whether the node may have done some of it.
  var isBegun: Bool {
    switch self {
    case .refused, .rejected, .moved, .notAllowed: false
    case .results, .unknown: true
    }
  }
}

/// What became of a node's way back.
package enum WayBack: Sendable {
  /// The changes stay.
  case confirmed
  /// The node took the run back by itself, and why; with `isWhole` false, but for what the text names.
  case takenBack(isWhole: Bool, String)
  /// Nothing was armed, so nothing was carried out, and why.
  case neverBegun(String)
  /// It cannot be said, and why.
  case unknown(String)
}

/// What an HTTP server answered.
package struct HTTPAnswer: Sendable {
  /// Status code.
  package let status: Int
  /// Body.
  package let body: [UInt8]

  /// Makes an answer.
  package init(status: Int, body: [UInt8]) {
    self.status = status
    self.body = body
  }
}
