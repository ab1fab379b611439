package import FleetModel
internal import FleetResources

/// The restarts that a plan holds back, and the options of a plan that pays them.
package struct RestartDebt: Sendable, Hashable {
  /// Units that run on something older than their files, in plan order.
  package private(set) var units: [PlannedChange]

  /// Takes what `plan` shows as restart debt: of `roles` and `nodes`, or of all where these are empty.
  package init(_ plan: Plan, roles: Set<String> = [], nodes: Set<NodeID> = []) {
    units = plan.changes.filter { change in
      change.label == .restartDebt && change.action == .blocked && change.address.kind == .unit
        && (roles.isEmpty || roles.contains(change.role))
        && (nodes.isEmpty || nodes.contains(change.address.node))
    }
  }

  /// Options of the plan that pays it: these units alone, their roles under maintenance.
  package var options: PlanOptions {
    var options = PlanOptions()
    options.targets = units.map(\.address.description)
    options.maintenance = Set(units.map(\.role)).sorted()
    return options
  }

  /// What `plan`, made with `options`, would do besides restarts: a restart must not bring in changes.
  package func others(in plan: Plan) -> [PlannedChange] {
    let own = Set(units.map(\.address))
    return plan.changes.filter {
      $0.action.isExecuted && !(own.contains($0.address) && $0.actions == [.restart])
    }
  }
}
