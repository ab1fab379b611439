import ArgumentParser
import FleetPlan

/// Options that decide what a plan holds: the same for `plan` and `apply`.
struct PlanOptionGroup: ParsableArguments {
  @Option(
    name: [.customLong("target"), .customLong("target", withSingleDash: true)],
    help: ArgumentHelp(
      "Only this address and what it needs: node.web-1, node.web-1/role.redis, */unit:redis*.service. Repeatable.",
      valueName: "address"
    )
  )
  var target: [String] = []

  @Option(
    name: [
      .customShort("l"), .customLong("selector"), .customLong("selector", withSingleDash: true),
    ],
    help: ArgumentHelp(
      "Only what this selects: role=redis, zone!=a, node=web-*, group=edge, 'zone in (a,b)'; joined by commas all must hold. With -target both must hold.",
      valueName: "selector"
    )
  )
  var selector: [String] = []

  @Option(
    help: ArgumentHelp(
      "Take over something that exists and is not ours. Repeatable.",
      valueName: "address"
    )
  )
  var adopt: [String] = []

  @Option(
    help: ArgumentHelp(
      "Acknowledge a maintenance window of a role whose updates are manual. Repeatable.",
      valueName: "role"
    )
  )
  var maintenance: [String] = []

  @Flag(
    help: "Only what --adopt takes over and what that needs; the rest waits for the next plan."
  )
  var takeover = false

  @Flag(
    name: [.customLong("purge-data")],
    help: "Delete the data folders of roles that left a node, too. This cannot be undone."
  )
  var purgeData = false

  @Option(
    name: [.customLong("max-destroy"), .customLong("max-destroy", withSingleDash: true)],
    help: ArgumentHelp(
      "Refuse (exit 5) when more than so many things would be deleted or services ended; 0 for none at all.",
      valueName: "number"
    )
  )
  var maxDestroy: Int?

  func validate() throws {
    if let maxDestroy, maxDestroy < 0 {
      throw ValidationError("--max-destroy: write 0 or more")
    }
  }

  /// As the planner wants them.
  var options: PlanOptions {
    var options = PlanOptions()
    options.targets = target
    options.selectors = selector
    options.adopt = adopt
    options.maintenance = maintenance
    options.takeover = takeover
    options.purgesData = purgeData
    return options
  }
}
