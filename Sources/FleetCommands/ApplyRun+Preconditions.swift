import FleetApply
import FleetCompile
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources
import FleetTransport

/// What was approved must still hold under the locks.
extension ApplyRun {
  static func look(_ held: Held) -> ProbeRequest {
    ProbeRequest.covering(
      held.link.resources.resources,
      manifest: held.link.observation.node?.manifest.known
    )
  }

  func lookAgain(_ held: [Held]) async -> [NodeID: NodeObservation] {
    await withTaskGroup(of: (NodeID, NodeObservation).self) { group in
      for entry in held {
        group.addTask {
          (entry.link.resources.node.id, await entry.worker.observe(Self.look(entry)))
        }
      }
      var looks: [NodeID: NodeObservation] = [:]
      for await (node, observation) in group { looks[node] = observation }
      return looks
    }
  }

  func inputs(seen looks: [NodeID: NodeObservation]) -> [NodeInput] {
    links.map { link in
      var input = planning.input(link)
      input.observation = looks[input.id] ?? input.observation
      return input
    }
  }

  /// Leaves out the nodes that nobody gets at any more, and those on which something moved since the plan, with
  /// all that need something of them; ends the command where that leaves nothing, or where the run is to be one.
  func settle(
    _ held: [Held],
    _ left: LeftOut,
    _ inputs: [NodeInput],
    _ keeper: LeaseKeeper
  ) async throws -> ([Held], LeftOut) {
    var left = left
    addLost(held, inputs, &left)
    let moved: [Moved.Node]
    do {
      let fresh = try Planner.plan(
        PlanInput(fleet: approved.plan.fleet, nodes: inputs, options: approved.plan.options)
      )
      try Moved.refuseSwapped(approved.plan, fresh)
      moved = Moved.all(approved.plan, fresh).filter { !left.has($0.id) }
    } catch {
      await release(held)
      throw error
    }
    for node in moved { left.add(node) }
    let without = left.addDependents(in: approved.plan)
    if !moved.isEmpty, onFailure != .continue || !left.leavesSomething(of: approved.plan) {
      Terminal.note("error: a node moved since the plan; nothing was changed. Plan again.\n")
      for node in moved { Terminal.note("  \(displayable(node.line))\n") }
      await release(held)
      throw EarlyEnd(
        status: onFailure == .continue ? left.status : .conflict,
        reason: moved.map(\.line).joined(separator: "; ")
      )
    }
    for node in moved {
      Terminal.note("warning: \(displayable(node.line)); it is left out, plan it again\n")
    }
    tell(without, left)
    // A node that is lost keeps its worker: its lock is given back with the others', if it comes back.
    let leaving = Set(moved.map(\.id)).union(without)
    await giveBack(held.filter { leaving.contains($0.worker.node) }, keeper)
    return (held.filter { !leaving.contains($0.worker.node) }, left)
  }

  /// Nodes with approved changes that nobody gets at: not one of them may pass for done.
  private func addLost(_ held: [Held], _ inputs: [NodeInput], _ left: inout LeftOut) {
    let sights = Dictionary(inputs.map { ($0.id, $0.observation) }) { first, _ in first }
    let reached = Set(held.map(\.worker.node))
    let touched = touched
    for node in approved.plan.nodes where node.isReachable && touched.contains(node.id) {
      switch sights[node.id] {
      case .unreachable(let step, let cause, _)?:
        left.addUnreachable(node.id, "\(step): \(cause)")
      case .observed? where !reached.contains(node.id) && !left.has(node.id):
        left.addUnreachable(node.id, "the node cannot be reached any more")
      default: continue
      }
    }
  }
}
