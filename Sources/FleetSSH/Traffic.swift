import Synchronization

/// Counts what costs round trips, over all connections of one connector.
package final class Traffic: Sendable {
  /// What is counted.
  package enum Event: Hashable, Sendable {
    /// A handshake with its login.
    case login
    /// A channel that was opened for a program; starting the program is one more round trip.
    case channel
    /// A request and its answer, or several at once.
    case turn
  }

  private let logins = Atomic(0)
  private let channels = Atomic(0)
  private let turns = Atomic(0)

  /// Counts one more.
  func count(_ event: Event) {
    switch event {
    case .login: logins.add(1, ordering: .relaxed)
    case .channel: channels.add(1, ordering: .relaxed)
    case .turn: turns.add(1, ordering: .relaxed)
    }
  }

  /// How many there were so far.
  package subscript(_ event: Event) -> Int {
    switch event {
    case .login: logins.load(ordering: .relaxed)
    case .channel: channels.load(ordering: .relaxed)
    case .turn: turns.load(ordering: .relaxed)
    }
  }
}
