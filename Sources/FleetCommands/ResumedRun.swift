import FleetApply
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources

/// A run that ended part-way: its plan, as its nodes kept it (docs/decisions/0046-resuming-a-run.md).
struct ResumedRun {
  /// The run's name.
  let run: String
  /// What was approved then.
  let approved: PlanFile
  /// What stands in the nodes' histories after the run, by node.
  private let later: [String: String]
  /// Nodes whose history has the run: its record may have been written there.
  private let recorded: Set<String>

  /// Reads the plan of `run` and the histories from all nodes that answer; ends the command where there is
  /// no such run.
  static func read(_ run: String, _ options: FleetOptions) async throws -> ResumedRun {
    let fleet = try LockedFleet(options, [], needsNodes: false)
    let answers = try await fleet.each { (session) async throws(ApplyError) in
      (try await session.plan(of: run), try await session.history())
    }
    var plans: [String: [UInt8]] = [:]
    var later: [String: String] = [:]
    var recorded: Set<String> = []
    for (node, answer) in answers {
      guard case .success(let (plan, history)) = answer else { continue }
      plans[node] = plan
      let records = history.compactMap { NodeHistory.Record($0, node: node) }
      if let last = records.lastIndex(where: { $0.run == run }) {
        recorded.insert(node)
        later[node] = records[(last + 1)...].last?.run
      }
    }
    guard !plans.isEmpty else {
      Terminal.note(
        "error: no node has the plan of run \(quoted(run)): there was none, it changed nothing, or ten others came "
          + "after it. `fleetctl history` lists the runs; plan and apply anew.\n"
      )
      throw EarlyEnd(status: .failure, reason: "no node has the plan of the run")
    }
    let files = try plans.sorted { $0.key < $1.key }.map { try read($0.value, from: $0.key) }
    guard let first = files.first, files.allSatisfy({ $0.digest == first.digest }) else {
      Terminal.note(
        "error: the nodes have different plans of run \(quoted(run)); plan and apply anew.\n"
      )
      throw EarlyEnd(status: .conflict, reason: "the nodes have different plans of the run")
    }
    return ResumedRun(run: run, approved: first, later: later, recorded: recorded)
  }

  private static func read(_ bytes: [UInt8], from node: String) throws -> PlanFile {
    do {
      return try PlanFile(parsing: bytes)
    } catch {
      let why = error.diagnostics.sorted().map(\.detail).joined(separator: " ")
      Terminal.note(
        "error: node.\(node): the plan that it kept cannot be read: \(displayable(why))\n"
      )
      throw EarlyEnd(status: .failure, reason: "the plan that node.\(node) kept cannot be read")
    }
  }

  init(run: String, approved: PlanFile, later: [String: String] = [:], recorded: Set<String> = []) {
    self.run = run
    self.approved = approved
    self.later = later
    self.recorded = recorded
  }

  /// Ends the command, as an apply would, where a node of the run may not be touched at all.
  func refuseGuarded(_ fresh: Plan) throws {
    let guarded = fresh.nodes.filter { node in
      node.isReachable && node.cause != nil && approved.plan.nodes.contains { $0.id == node.id }
    }
    guard !guarded.isEmpty else { return }
    Terminal.note("error: run \(run) cannot be resumed; nothing was changed.\n")
    for node in guarded {
      Terminal.note("  node.\(node.id): \(displayable(node.cause ?? ""))\n")
      if let remedy = node.remedy { Terminal.note("    \(displayable(remedy))\n") }
    }
    throw EarlyEnd(
      status: .refused,
      reason: guarded.map { "node.\($0.id): \($0.cause ?? "")" }.joined(separator: "; ")
    )
  }

  /// What of `fresh` was not approved then: one line for each node that moved in another way.
  func strangers(in fresh: Plan) -> [String] {
    approved.plan.nodes.compactMap { node in
      guard node.isReachable else { return nil }
      guard let now = fresh.nodes.first(where: { $0.id == node.id }) else {
        return "node.\(node.id) is no longer in fleet.yaml"
      }
      guard now.isReachable else { return nil }
      if let other = later[node.id.name] {
        return "node.\(node.id): run \(displayable(other)) went over it since"
      }
      // Where the run wrote no record nobody may have written one.
      if !recorded.contains(node.id.name), now.generation != node.generation {
        return "node.\(node.id): another apply went over it since"
      }
      let before = approved.plan.changes(of: node.id)
      let strange = fresh.changes(of: node.id).filter { change in
        change.action.isExecuted
          && !before.contains { $0.address == change.address && covers($0, change, fresh) }
      }
      guard !strange.isEmpty else { return nil }
      let addresses = strange.map(\.address.description).joined(separator: ", ")
      return "node.\(node.id) moved, or fleet.yaml asks for something else: \(addresses)"
    }
  }

  /// Whether what is to be done now is what was approved then, or the rest of it.
  private func covers(_ then: PlannedChange, _ now: PlannedChange, _ fresh: Plan) -> Bool {
    guard then.action.isExecuted else { return false }
    if now.address.kind == .unit {
      let begins: Set<ActionWord> = [.start, .restart]
      let allowed = Set(then.actions).union(begins.isDisjoint(with: then.actions) ? [] : begins)
      return allowed.isSuperset(of: now.actions)
    }
    guard then.action == now.action else { return false }
    // What was not known then is made by now.
    guard then.producer == nil else { return true }
    let text = (then.diff.flatMap { approved.plan.diffs[$0] }, now.diff.flatMap { fresh.diffs[$0] })
    return then.differences == now.differences && text.0 == text.1
  }

  /// Addresses of the run that are still to do.
  func remaining(in fresh: Plan) -> Int { fresh.changes.count { $0.action.isExecuted } }
}
