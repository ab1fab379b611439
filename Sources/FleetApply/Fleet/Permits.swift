import Synchronization

/// So many at a time, the others in the order in which they came.
///
/// A permit is held while one piece of work runs and never across two, so nobody who has one waits for
/// another: what waits for its turn is always served.
package final class Permits: Sendable {
  /// How somebody came to a permit.
  package enum Turn: Sendable {
    /// One was free.
    case atOnce
    /// After others had given theirs back: what was true before may not be so any more.
    case afterOthers
    /// Not at all: the task was cancelled while it waited.
    case cancelled
  }

  private struct Waiting {
    let number: Int
    let continuation: CheckedContinuation<Turn, Never>
  }

  private struct State {
    var free: Int
    var numbers = 0
    /// In the order in which they came.
    var queue: [Waiting] = []
    /// Cancelled before they stood in the queue.
    var withdrawn: Set<Int> = []
  }

  private let state: Mutex<State>

  /// Makes `limit` permits.
  ///
  /// - Parameter limit: At least 1; nil for as many as are asked for.
  package init(_ limit: Int?) {
    state = Mutex(State(free: limit.map { max(1, $0) } ?? .max))
  }

  /// How many wait for their turn.
  package var waiting: Int { state.withLock { $0.queue.count } }

  /// Runs `work` with a permit, and gives that back; a task that was cancelled while it waited has none.
  package func hold<Result>(_ work: (Turn) async -> Result) async -> Result {
    let turn = await take()
    defer { if turn != .cancelled { giveBack() } }
    return await work(turn)
  }

  private func take() async -> Turn {
    let number = state.withLock { state in
      state.numbers += 1
      return state.numbers
    }
    let turn = await withTaskCancellationHandler {
      await withCheckedContinuation { enqueue(Waiting(number: number, continuation: $0)) }
    } onCancel: {
      withdraw(number)
    }
    // Cancelled when it had its permit already.
    if turn != .cancelled { state.withLock { _ = $0.withdrawn.remove(number) } }
    return turn
  }

  private func enqueue(_ waiting: Waiting) {
    let turn: Turn? = state.withLock { state in
      if state.withdrawn.remove(waiting.number) != nil { return .cancelled }
      guard state.free > 0 else {
        state.queue.append(waiting)
        return nil
      }
      state.free -= 1
      return .atOnce
    }
    if let turn { waiting.continuation.resume(returning: turn) }
  }

  private func withdraw(_ number: Int) {
    let waiting: Waiting? = state.withLock { state in
      guard let place = state.queue.firstIndex(where: { $0.number == number }) else {
        state.withdrawn.insert(number)
        return nil
      }
      return state.queue.remove(at: place)
    }
    waiting?.continuation.resume(returning: .cancelled)
  }

  private func giveBack() {
    let next: Waiting? = state.withLock { state in
      guard !state.queue.isEmpty else {
        state.free += 1
        return nil
      }
      return state.queue.removeFirst()
    }
    next?.continuation.resume(returning: .afterOthers)
  }
}
