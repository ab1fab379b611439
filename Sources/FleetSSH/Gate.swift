import Synchronization

/// Lets a bounded number of parties in, the rest wait in the order in which they came.
final class Gate: Sendable {
  private struct State {
    var free: Int
    var waiting: [UnsafeContinuation<Void, Never>] = []
    var next = 0
  }

  private let state: Mutex<State>

  /// A gate for `limit` parties, at least one.
  init(_ limit: Int) {
    state = Mutex(State(free: max(1, limit)))
  }

  /// Waits for a place; `leave()` must follow.
  func enter(isolation: isolated (any Actor)? = #isolation) async {
    await withUnsafeContinuation { continuation in
      let isFree = state.withLock { state in
        if state.free > 0 {
          state.free -= 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  /// Gives the place to the longest waiting party, if any.
  func leave() {
    let next: UnsafeContinuation<Void, Never>? = state.withLock { state in
      guard state.next < state.waiting.count else {
        state.free += 1
        return nil
      }
      defer { state.next += 1 }
      let continuation = state.waiting[state.next]
      if state.next > 64 {
        state.waiting.removeFirst(state.next)
        state.next = 0
      }
      return continuation
    }
    next?.resume()
  }
}

/// A gate for each place of a kind, made when it is first asked for.
final class Gates: Sendable {
  private let limit: Int
  private let gates = Mutex<[String: Gate]>([:])

  /// Gates for `limit` parties each.
  init(_ limit: Int) {
    self.limit = limit
  }

  /// The gate of `place`.
  subscript(place: String) -> Gate {
    gates.withLock { gates in
      if let gate = gates[place] { return gate }
      let gate = Gate(limit)
      gates[place] = gate
      return gate
    }
  }
}
