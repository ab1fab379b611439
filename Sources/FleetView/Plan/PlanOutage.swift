internal import FleetModel
internal import FleetPlan

/// How long the services of a group of nodes are down: each node has measured its own restarts, so that
/// nodes which are equal otherwise differ in seconds.
struct PlanOutage {
  private enum Times {
    /// Left out, where nodes are compared.
    case masked
    /// The least and the most of a group, by kind and name.
    case ranges([String: ClosedRange<Int>])
  }

  private let times: Times

  /// The same for all times; whether there is one still counts.
  static let masked = PlanOutage(times: .masked)

  /// What the changes of all nodes of a group say.
  static func of(_ changes: some Sequence<PlannedChange>) -> PlanOutage {
    var ranges: [String: ClosedRange<Int>] = [:]
    for change in changes {
      guard let seconds = change.outageSeconds else { continue }
      let known = ranges[key(change)] ?? seconds...seconds
      ranges[key(change)] = min(known.lowerBound, seconds)...max(known.upperBound, seconds)
    }
    return PlanOutage(times: .ranges(ranges))
  }

  /// `down for about 2 to 6 s`.
  func text(_ change: PlannedChange) -> String {
    guard let seconds = change.outageSeconds else { return "down for an unknown time" }
    switch times {
    case .masked: return "down for a time"
    case .ranges(let ranges): return Self.text(ranges[Self.key(change)] ?? seconds...seconds)
    }
  }

  private static func text(_ range: ClosedRange<Int>) -> String {
    let (least, most) = (words(range.lowerBound), words(range.upperBound))
    if least == most { return "down for about \(least.number) \(least.unit)" }
    let unit = least.unit == most.unit ? "" : " \(least.unit)"
    return "down for about \(least.number)\(unit) to \(most.number) \(most.unit)"
  }

  private static func words(_ seconds: Int) -> (number: Int, unit: String) {
    seconds < 120 ? (seconds, "s") : ((seconds + 30) / 60, "min")
  }

  private static func key(_ change: PlannedChange) -> String {
    "\(change.address.kind.rawValue):\(change.address.name)"
  }
}
