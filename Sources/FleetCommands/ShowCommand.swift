import ArgumentParser
import FleetDiagnostics
import FleetPlan
import FleetView

/// `fleetctl show FILE`.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print a saved plan exactly as `plan` printed it. Needs nothing but the file.",
    discussion: """
      EXAMPLES
        fleetctl show fleet.plan
        fleetctl show fleet.plan --format json | jq '.plan.changes | length'
      """
  )

  @Argument(help: "A file that `fleetctl plan -out FILE` wrote.")
  var file: String

  @OptionGroup var options: ColourOptions

  @Flag(help: "Show the content of files that are created, too.")
  var showCreated = false

  @Option(help: ArgumentHelp("Output format: human or json.", valueName: "format"))
  var format = TextOrJSON.human

  func run() throws {
    let plan = try SavedPlan.read(file, colour: options.colour)
    switch format {
    case .json: try Terminal.result(plan.json.rendered(pretty: true) + "\n")
    case .human: try Terminal.result(options.text(of: plan, showsCreated: showCreated))
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
