import ArgumentParser
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetView

/// `fleetctl show FILE`.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print a saved plan exactly as `plan` printed it. Needs nothing but the file.",
    discussion: """
      Nodes with the same changes stand together; --expand shows each by itself,
      --node only those that are named.

      EXAMPLES
        fleetctl show fleet.plan
        fleetctl show fleet.plan --node web-07   one of many nodes with the same changes
        fleetctl show fleet.plan --format json | jq '.plan.changes | length'
      """
  )

  @Argument(help: "A file that `fleetctl plan -out FILE` wrote.")
  var file: String

  @OptionGroup var options: ColourOptions

  @OptionGroup var shape: PlanTextOptions

  @Option(help: ArgumentHelp("Show only this node, whole. Repeatable.", valueName: "node"))
  var node: [String] = []

  @Option(help: ArgumentHelp("Output format: human or json.", valueName: "format"))
  var format = TextOrJSON.human

  func run() throws {
    let plan = try SavedPlan.read(file, colour: options.colour)
    try checkNodes(of: plan.plan)
    switch format {
    case .json: try Terminal.result(plan.json.rendered(pretty: true) + "\n")
    case .human: try Terminal.result(options.text(of: plan, shape, nodes: node))
    }
  }
}

extension ShowCommand {
  func validate() throws {
    if format == .json, !node.isEmpty {
      throw ValidationError("--node: the JSON document is the whole plan, its digest stands for it")
    }
  }

  private func checkNodes(of plan: Plan) throws {
    let names = plan.nodes.map(\.id.name)
    for name in node where !names.contains(name) {
      let near = NearestName.question(name, in: names).map { " " + $0 } ?? ""
      Terminal.note("error: --node: the plan has no node \(quoted(name)).\(near)\n")
      throw ExitStatus.usage.error
    }
  }
}

/// Reads saved plans.
enum SavedPlan {
  /// Reads and checks `path`, or ends the command with the reason.
  static func read(_ path: String, colour: Bool) throws -> PlanFile {
    do {
      let bytes = try Files.read(path, limit: PlanFile.byteLimit)
      do {
        return try PlanFile(parsing: bytes)
      } catch {
        Terminal.note(
          HumanDiagnostics.render(error.diagnostics.sorted(), sources: [:], colour: colour)
        )
      }
    } catch {
      Terminal.note("error: \(error)\n")
    }
    throw ExitStatus.failure.error
  }
}
