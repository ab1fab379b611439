import FleetApply
import FleetDiagnostics
import Glibc
import Synchronization

/// Tells what an apply is doing, one line a step, on stderr.
final class ApplyProgress: Sendable {
  private let began = ContinuousClock().now
  private let lines = Mutex<Int>(0)

  /// Takes an event from any thread.
  func tell(_ event: ApplyEvent) {
    let seconds =
      Double(began.duration(to: ContinuousClock().now) / .milliseconds(100)).rounded() / 10
    let text: String
    switch event {
    case .stage(let name, let nodes):
      text = "== \(name) on \(nodes) node\(nodes == 1 ? "" : "s")"
    case .batch(let node, let stage, let operations, let milliseconds):
      text =
        "  \(node): \(stage), \(operations) step\(operations == 1 ? "" : "s") in \(milliseconds) ms"
    case .failed(let node, let address, let why):
      let last = why.split(separator: "\n").last.map(String.init) ?? why
      text = "  \(node): FAILED \(displayable(address)): \(displayable(last))"
    case .waiting(let node, let unit, let left, let status):
      text = "  \(node): \(displayable(unit)) is starting (\(displayable(status))), \(left) s left"
    }
    // One writer at a time, so that lines stay whole.
    lines.withLock { count in
      count += 1
      Terminal.note("[\(seconds) s] \(text)\n")
    }
  }
}

/// This process.
enum ProcessID {
  /// Its id.
  static var own: Int32 { getpid() }
}
