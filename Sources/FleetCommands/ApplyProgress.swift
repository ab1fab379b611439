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
    case .warned(let node, let address, let why):
      text = "  \(node): warning: \(displayable(address)): \(displayable(why))"
    case .rollout(let number, let roles, let nodes, let isCanary):
      let what = isCanary ? "canary" : "batch"
      text =
        "== \(what) \(number) of \(roles.joined(separator: ", ")): "
        + Self.list(nodes)
    case .rolloutStopped(_, let nodes, let why):
      text =
        "== \(displayable(why)); left as they are: " + Self.list(nodes)
    case .waiting(let node, let unit, let left, let status):
      text = "  \(node): \(displayable(unit)) is starting (\(displayable(status))), \(left) s left"
    }
    publish(event)
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

extension ApplyProgress {
  fileprivate func publish(_ event: ApplyEvent) {
    switch event {
    case .stage(let name, let nodes):
      stream.tell("stage_start", name, [("stage", .string(name)), ("nodes", .int(nodes))])
    case .batch(let node, let stage, let operations, let milliseconds):
      stream.tell(
        "apply_progress",
        "node.\(node): \(stage)",
        [
          ("node", .string(node.name)), ("stage", .string(stage)), ("steps", .int(operations)),
          ("duration_ms", .int(milliseconds)),
        ]
      )
    case .failed(let node, let address, let why):
      stream.tell(
        "step_errored",
        level: "error",
        "\(address) failed",
        [("node", .string(node.name)), ("address", .string(address)), ("error", .string(why))]
      )
    case .warned(let node, let address, let why):
      stream.tell(
        "check_warning",
        level: "warn",
        "\(address): a check that is only wanted did not pass",
        [("node", .string(node.name)), ("address", .string(address)), ("error", .string(why))]
      )
    case .rollout(let number, let roles, let nodes, let isCanary):
      stream.tell(
        "rollout_batch",
        "batch \(number) of \(roles.joined(separator: ", "))",
        [
          ("batch", .int(number)), ("roles", JSONValue(roles)),
          ("nodes", JSONValue(nodes.map(\.name))), ("canary", .bool(isCanary)),
        ]
      )
    case .rolloutStopped(let role, let nodes, let why):
      stream.tell(
        "rollout_stopped",
        level: "error",
        why,
        [
          ("role", .string(role)), ("nodes", JSONValue(nodes.map(\.name))),
          ("error", .string(why)),
        ]
      )
    case .waiting(let node, let unit, let left, let status):
      stream.tell(
        "check_progress",
        "node.\(node): \(unit) is starting",
        [
          ("node", .string(node.name)), ("unit", .string(unit)), ("seconds_left", .int(left)),
          ("status", .string(status)),
        ]
      )
    }
  }
}

/// This process.
enum ProcessID {
  /// Its id.
  static var own: Int32 { getpid() }
}
