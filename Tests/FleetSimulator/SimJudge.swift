import FleetApply
import FleetCommands
import FleetModel
import FleetPlan

/// Compares what was told with what is: from the model's own state, never through the planner.
struct SimJudge {
  private let nodes: [SimNode]
  private let fleets: [SimFleet]
  private let services: Bool
  private(set) var violations: [String] = []
  /// Nodes on which the known leftovers were seen.
  private(set) var leftovers = 0
  private var reports: [(report: SimApply.Report, client: SimClient, isAlone: Bool)] = []

  init(nodes: [SimNode], fleets: [SimFleet], services: Bool) {
    self.nodes = nodes
    self.fleets = fleets
    self.services = services
    for node in nodes {
      node.look = { SimFleet.look($0, fleets, services: services) }
    }
  }

  /// Whether all that is wanted is there, and something more.
  private static func isOnlyMore(_ now: String, _ wanted: String) -> Bool {
    zip(now.split(separator: "\n"), wanted.split(separator: "\n")).allSatisfy {
      $0 == $1 || $1.hasSuffix(": absent") || $1.hasSuffix(": - - -")
    }
  }

  mutating func violate(_ text: String) { violations.append(text) }

  /// The version under faults begins: what was noted before is not part of it.
  mutating func begin(_ old: SimFleet?) {
    for node in nodes {
      node.before = ["": node.look(node)]
      node.confirmed = []
    }
  }

  mutating func note(_ report: SimApply.Report, by client: SimClient, aloneWith isAlone: Bool) {
    reports.append((report, client, isAlone))
  }

  /// Safety, when all that runs out by itself has run out.
  mutating func look(at new: SimFleet, _ old: SimFleet) {
    for node in nodes {
      let now = node.look(node)
      let wanted = new.wanted(node.name, fleets, services: services)
      let before = Set(node.before.values)
      var allowed = before.union([wanted])
      if reports.count > 1 { allowed.insert(old.wanted(node.name, fleets, services: services)) }
      let isPartial = node.disk.live.keys.contains {
        $0.hasSuffix("/rolled-back") && node.text(of: $0).hasPrefix("partial")
      }
      let isNamed = reports.contains { entry in
        entry.report.results.contains { result in
          result.node.name == node.name
            && result.failed.contains { $0.why.hasPrefix("rolling back failed in part") }
        }
      }
      // What a node lost while it said that it was done leaves something between the two; it must be
      // told, and `check` sees whether it was.
      if !allowed.contains(now), !isPartial, !isNamed, !node.hasLostWrites {
        violate("\(node.name) is neither as before nor as wanted:" + Self.difference(now, allowed))
      }
      if node.disk["/var/lib/fleetctl/pending"] != nil {
        violate("\(node.name) still waits for a confirmation")
      }
    }
    for entry in reports { check(entry.report, new, entry.isAlone) }
  }

  private mutating func check(_ report: SimApply.Report, _ new: SimFleet, _ isAlone: Bool) {
    if report.isUnstable { violate("the plan depends on the order of its input") }
    guard let status = report.status else { return }
    if status == .success,
      report.results.contains(where: { ![.changed, .unchanged].contains($0.outcome) })
    {
      violate("exit status 0 with a result that is none")
    }
    for result in report.results {
      guard let node = nodes.first(where: { $0.name == result.node.name }), isAlone else {
        continue
      }
      let now = node.look(node)
      let wanted = new.wanted(node.name, fleets, services: services)
      let old = node.before["run-alice"] ?? node.before[""] ?? ""
      switch result.outcome {
      case .changed where status == .success:
        if now != wanted {
          violate(
            "\(node.name) was told as changed and is not as wanted:"
              + Self.difference(now, [wanted])
          )
        }
      case .unchanged:
        if now != old {
          violate(
            "\(node.name) was told as unchanged and is not as before:" + Self.difference(now, [old])
          )
        }
      case .moved:
        if now != node.before["drift"] ?? old {
          violate(
            "\(node.name) was told as moved and is not as it was:" + Self.difference(now, [old])
          )
        }
      case .rolledBack:
        if now != old {
          violate(
            "\(node.name) was told as rolled back and is not as before:"
              + Self.difference(now, [old])
          )
        }
      default: break
      }
    }
  }

  /// The nodes are exactly as `fleet` wants them.
  mutating func mustBe(_ fleet: SimFleet, _ when: String) {
    for node in nodes {
      let now = SimFleet.look(node, fleets, services: true)
      let wanted = fleet.wanted(node.name, fleets, services: true)
      // docs/simulator.md, "Known": a run that was confirmed and cut off before it wrote its record
      // owns nothing of what it created.
      if !node.confirmed.isSubset(of: node.recorded), Self.isOnlyMore(now, wanted) {
        node.note("known: what an unrecorded run created stays")
        leftovers += 1
        continue
      }
      if now != wanted {
        violate("\(when) \(node.name) is not as wanted:" + Self.difference(now, [wanted]))
      }
    }
  }

  private static func difference(_ now: String, _ allowed: Set<String>) -> String {
    let lines = now.split(separator: "\n")
    let nearest = allowed.sorted().map { other -> [String] in
      zip(lines, other.split(separator: "\n")).filter { $0 != $1 }
        .map { "\n    \($0)\n      not \($1.drop { $0 != " " })" }
    }
    return (nearest.min { $0.count < $1.count } ?? []).joined()
  }
}
