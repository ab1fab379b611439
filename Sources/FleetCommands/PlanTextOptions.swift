import ArgumentParser
import FleetPlan
import FleetView

/// How the text of a plan is shown: the same for every command that shows one.
struct PlanTextOptions: ParsableArguments {
  @Flag(help: "Show the content of files that are created, too.")
  var showCreated = false

  @Flag(
    help: "Show every node by itself, though others have the same changes, and long diffs whole."
  )
  var expand = false
}

extension ColourOptions {
  /// The plan as people read it, from its document alone; limited to `nodes` where there are some.
  func text(of file: PlanFile, _ shape: PlanTextOptions, nodes: [String] = []) -> String {
    var options = PlanHuman.Options()
    options.color = colour
    options.showsCreated = shape.showCreated
    options.isExpanded = shape.expand
    options.nodes = Set(nodes)
    return PlanHuman(file, options: options).rendered()
  }
}
