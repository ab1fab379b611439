import FleetDiagnostics
package import FleetModel
package import FleetPlan
import FleetResources

/// Compares an approved plan with the nodes as they are now.
package enum Moved {
  /// A node whose part of the plan no longer holds.
  package struct Node: Sendable, Hashable {
    /// The node.
    package let id: NodeID
    /// What moved: the addresses that differ; nil when the node left fleet.yaml.
    package let what: String?

    /// One line for people.
    package var line: String {
      what.map { "node.\(id) moved: \($0)" } ?? "node.\(id) is no longer in fleet.yaml"
    }

    /// Why nothing was done there, in the words of a node that refuses its first batch.
    package var why: String {
      guard let what else { return "the node is no longer in fleet.yaml; plan again" }
      return "moved since the plan, so nothing was done here: \(what); plan again"
    }
  }

  /// One line for each node whose part of the plan no longer holds, with the addresses that differ.
  package static func nodes(_ approved: Plan, _ fresh: Plan) -> [String] {
    all(approved, fresh).map(\.line)
  }

  /// The nodes whose part of the plan no longer holds, in its order.
  package static func all(_ approved: Plan, _ fresh: Plan) -> [Node] {
    approved.nodes.compactMap { node in
      guard approved.changes(of: node.id).contains(where: \.action.isExecuted) else { return nil }
      guard let current = fresh.nodes.first(where: { $0.id == node.id }) else {
        return Node(id: node.id, what: nil)
      }
      // One that cannot be reached is reported as such; nothing is done on it.
      guard node.isReachable, current.isReachable else { return nil }
      let index = indexed(node, current)
      guard current.digest != node.digest else {
        return index.isEmpty ? nil : Node(id: node.id, what: index.joined(separator: ", "))
      }
      let before = Set(approved.changes(of: node.id))
      let after = Set(fresh.changes(of: node.id))
      let addresses = Set(before.symmetricDifference(after).map(\.address.description)).sorted()
      let what = addresses.isEmpty ? "something it depends on" : addresses.joined(separator: ", ")
      return Node(id: node.id, what: ([what] + index).joined(separator: ", "))
    }
  }

  /// One line for each node that is another machine than the one that was planned.
  package static func swapped(_ approved: Plan, _ fresh: Plan) -> [String] {
    approved.nodes.compactMap { node in
      guard !node.machine.isEmpty,
        approved.changes(of: node.id).contains(where: \.action.isExecuted),
        let now = fresh.nodes.first(where: { $0.id == node.id }), !now.machine.isEmpty,
        now.machine != node.machine
      else { return nil }
      return
        "node.\(node.id) is another machine than the one that was planned: its machine-id differs"
    }
  }

  /// Ends the command where a node is another machine.
  static func refuseSwapped(_ approved: Plan, _ fresh: Plan) throws {
    let lines = swapped(approved, fresh)
    guard !lines.isEmpty else { return }
    Terminal.note("error: a machine was swapped since the plan; nothing was changed.\n")
    for line in lines { Terminal.note("  \(displayable(line))\n") }
    Terminal.note("  Check the address in fleet.yaml, then plan again.\n")
    throw EarlyEnd(status: .identityRefused, reason: lines.joined(separator: "; "))
  }

  /// What of the check-index differs though the changes are the same.
  private static func indexed(_ before: PlannedNode, _ now: PlannedNode) -> [String] {
    var moved: [String] = []
    if before.generation != now.generation {
      let numbers = [before.generation, now.generation].map { $0.map(String.init) ?? "none" }
      moved.append("another apply went over it (generation \(numbers[0]), now \(numbers[1]))")
    }
    for (unit, invocation) in before.invocations.sorted(by: { $0.key < $1.key }) {
      if let current = now.invocations[unit], current != invocation {
        moved.append("unit:\(unit) was started anew")
      }
    }
    return moved
  }
}
