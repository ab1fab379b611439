import ArgumentParser
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetView

/// `fleetctl validate`.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Check fleet.yaml without a network: every error in one run.",
    discussion: """
      Proves ports, units, paths, devices, required roles, dependencies, reachability and layers over the
      whole declared fleet. Exits 0 when it is sound, 1 when it is not.

      EXAMPLES
        fleetctl validate
        fleetctl validate -f lab/fleet.yaml --strict
        fleetctl validate --format json | jq '.diagnostics[].code'
        git show HEAD:fleet.yaml | fleetctl validate -f -
      """
  )

  @OptionGroup var options: FleetOptions

  @Option(help: ArgumentHelp("Output format: human or json.", valueName: "format"))
  var format = TextOrJSON.human

  func run() throws {
    let loaded = try LoadedFleet.load(options)
    let sorted = loaded.diagnostics.sorted()
    switch format {
    case .json:
      try Terminal.result(JSONDiagnostics.render(sorted, sources: loaded.sources))
    case .human:
      try Terminal.result(
        HumanDiagnostics.render(sorted, sources: loaded.sources, colour: options.colour)
          + summary(loaded)
      )
    }
    if loaded.diagnostics.hasErrors { throw ExitStatus.failure.error }
  }

  private func summary(_ loaded: LoadedFleet) -> String {
    let errors = loaded.diagnostics.count(.error)
    let warnings = loaded.diagnostics.count(.warning)
    let counts =
      "\(errors) error\(errors == 1 ? "" : "s"), \(warnings) warning\(warnings == 1 ? "" : "s")"
    guard errors == 0, let resolved = loaded.resolved else {
      return "\(loaded.file) is not sound: \(counts).\n"
    }
    let nodes = resolved.fleet.nodes.count
    let found = warnings == 0 ? "" : " \(counts)."
    return "\(loaded.file) is sound: \(nodes) node\(nodes == 1 ? "" : "s"), "
      + "\(resolved.instances.count) role instances.\(found)\n"
  }
}
