import FleetApply
import FleetDiagnostics
import FleetModel
import Glibc
import Synchronization

/// Tells what an apply is doing, one line a step, on stderr.
final class ApplyProgress: Sendable {
  private let began = ContinuousClock().now
  private let told = Mutex<[String: Told]>([:])
  private let stream: RunStream

  /// Tells events to `stream`, too.
  init(_ stream: RunStream) { self.stream = stream }

  /// Takes an event from any thread.
  func tell(_ event: ApplyEvent) {
    let seconds =
      Double(began.duration(to: ContinuousClock().now) / .milliseconds(100)).rounded() / 10
    stream.tell(event)
    guard let text = Self.text(of: event) else { return }
    // One writer at a time, so that lines stay whole.
    told.withLock { told in
      if case .waiting(let node, let unit, _, let status) = event {
        let now = Told(status: status, seconds: seconds)
        guard now.isNews(after: told["\(node) \(unit)"]) else { return }
        told["\(node) \(unit)"] = now
      }
      Terminal.note("[\(seconds) s] \(text)\n")
    }
  }

  /// The line for people; nil for what only readers of events want to know.
  private static func text(of event: ApplyEvent) -> String? {
    switch event {
    case .stage(let name, let nodes):
      return "== \(name) on \(nodes) node\(nodes == 1 ? "" : "s")"
    case .batch(let node, let stage, let operations, let milliseconds):
      return
        "  \(node): \(stage), \(operations) step\(operations == 1 ? "" : "s") in \(milliseconds) ms"
    case .failed(let node, let address, let why):
      let last = why.split(separator: "\n").last.map(String.init) ?? why
      return "  \(node): FAILED \(displayable(address)): \(displayable(last))"
    case .checked(let check, _, .some(let why)) where !check.isRequired:
      return "  \(check.node): warning: \(displayable(check.address)): \(displayable(why))"
    case .rollout(let number, let roles, let nodes, let isCanary):
      let what = isCanary ? "canary" : "batch"
      return "== \(what) \(number) of \(roles.joined(separator: ", ")): " + list(nodes)
    case .rolloutStopped(_, let nodes, let why):
      return "== \(displayable(why)); left as they are: " + list(nodes)
    case .waiting(let node, let unit, let left, let status):
      return "  \(node): \(displayable(unit)) is starting (\(displayable(status))), \(left) s left"
    case .stageEnded, .began, .checking, .checked, .takingBack, .tookBack: return nil
    }
  }

  /// The names, at most ten of them; the events have them all.
  private static func list(_ nodes: [NodeID]) -> String {
    let more = nodes.count > 10 ? ", and \(nodes.count - 10) more" : ""
    return nodes.prefix(10).map(\.name).joined(separator: ", ") + more
  }
}

/// What was last told of a unit that is starting.
struct Told {
  /// How the unit was.
  let status: String
  /// When that was, in seconds of this run.
  let seconds: Double

  /// Whether to tell it again: another status after ten seconds, the same one after half a minute.
  ///
  /// A start of six minutes is a dozen lines of a log, not hundreds.
  func isNews(after last: Told?) -> Bool {
    guard let last else { return true }
    return seconds - last.seconds >= (status == last.status ? 30 : 9)
  }
}

/// This process.
enum ProcessID {
  /// Its id.
  static var own: Int32 { getpid() }
}
