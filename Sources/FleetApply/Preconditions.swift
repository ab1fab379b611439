internal import FleetModel
package import FleetPlan
import FleetResources
import FleetTransport

/// What the first batch of a run finds on the node, or does not begin: what the run touches, as it was
/// seen under the lock.
///
/// Of paths kind, rights and content, of links the target; of units that are to change the invocation.
/// The node compares by itself, in the round trip of the batch (`RuntimeScript.fence`).
package struct Preconditions: Sendable, Hashable {
  /// One thing a line, as the node's script has it, sorted.
  package let lines: [String]

  /// Kinds whose paths are nobody's but fleetctl's: what a step or a package looks at may be written by
  /// programs at any time.
  private static let kinds: Set<ResourceKind> = [
    .file, .dropIn, .link, .dir, .unit, .aptSource, .source, .secret, .certificate,
  ]

  /// Takes them from what was seen under the lock and what was approved.
  package init(_ task: NodeTask, plan: Plan) {
    let changed = task.schedule.changes.filter(\.action.isExecuted).map(\.address)
    let touched = Set(changed.filter { Self.kinds.contains($0.kind) })
    var request = ProbeRequest.covering(task.resources.filter { touched.contains($0.address) })
    if var manifest = task.observed.manifest.known {
      let names = Set(touched.map { "\($0.kind.rawValue):\($0.name)" })
      manifest.owned = manifest.owned.filter { names.contains($0.key) }
      if let orphans = ProbeRequest.orphans(of: manifest, beside: task.resources) {
        request = request.joined(with: orphans)
      }
    }
    let paths = request.paths.compactMap { path in
      task.observed.paths[path.path].flatMap { Self.line(path.path, $0) }
    }
    let indexed = plan.nodes.first { $0.id == task.node }?.invocations ?? [:]
    let units = indexed.filter { task.observed.units[$0.key]?.known?.invocation == $0.value }
    lines = (paths + units.map { "unit \($0.key) \($0.value)" }).sorted()
  }

  /// How a path was; nil where that is not known, or cannot be said in a line.
  private static func line(_ path: String, _ fact: Fact<ObservedPath>) -> String? {
    let end = path + "\u{1F}"
    let line: String
    switch fact {
    case .unknown: return nil
    case .absent: line = "- - - - - " + end
    case .value(let seen):
      let rights =
        "\(String(seen.ownership.mode, radix: 8)) \(seen.ownership.owner) \(seen.ownership.group)"
      switch seen.kind {
      case .file: line = "f \(rights) \(seen.sha256.isEmpty ? "-" : seen.sha256) " + end
      case .directory: line = "d \(rights) - " + end
      case .link: line = "l - - - - " + end + seen.target
      case .other: return nil
      }
    }
    let isPlain = path.hasPrefix("/") && !path.contains("\u{1F}")
    return isPlain && !line.utf8.contains { $0 < 0x20 && $0 != 0x1F || $0 == 0x7F } ? line : nil
  }

  /// What moved, for people, from what the node printed.
  static func moved(_ text: String) -> [String] {
    text.split(separator: "\n").map { line in
      let halves = line.split(separator: "\u{1F}", maxSplits: 1).map { shown($0) }
      guard halves.count == 2 else {
        return line.hasPrefix("unit ")
          ? "\(shown(line.dropFirst(5))) was started anew" : shown(line)
      }
      switch halves[1] {
      case "there": return "\(halves[0]) was not there and is"
      case "gone": return "\(halves[0]) is gone"
      case "content": return "\(halves[0]) has other content"
      default: return "\(halves[0]) has another kind, owner, mode or target"
      }
    }
  }

  private static func shown(_ text: Substring) -> String { PrintableText.line(text.utf8) }
}
