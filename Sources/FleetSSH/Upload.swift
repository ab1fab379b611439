import Synchronization

/// A place among those who send much: a line that is shared by too many uploads finishes none of them.
final class Upload: Sendable {
  /// Inputs up to this many bytes are nobody's upload.
  static let threshold = 64 << 10

  private let gate: Gate
  private let isOver = Mutex(false)

  private init(_ gate: Gate) {
    self.gate = gate
  }

  /// Waits for a place where `size` bytes are many; nil where they are few.
  static func begin(
    _ size: Int,
    _ gate: Gate,
    isolation: isolated (any Actor)? = #isolation
  ) async -> Upload? {
    guard size > threshold else { return nil }
    await gate.enter()
    return Upload(gate)
  }

  /// Gives the place back, once.
  func end() {
    let wasOver = isOver.withLock { isOver in
      defer { isOver = true }
      return isOver
    }
    if !wasOver { gate.leave() }
  }
}
