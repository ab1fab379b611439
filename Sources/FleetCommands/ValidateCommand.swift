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
      Proves ports, units, paths, devices, required roles, dependencies,
      reachability and layers over the whole declared fleet. Exits 0 when it is
      sound, 1 when it is not or a report cannot be written.

      FORMATS
      \(formats)

      EXAMPLES
        fleetctl validate
        fleetctl validate -f lab/fleet.yaml --strict
        fleetctl validate --format json | jq '.diagnostics[].code'
        fleetctl validate --format github
        fleetctl validate --report sarif=fleetctl.sarif --report junit=fleetctl.xml
        git show HEAD:fleet.yaml | fleetctl validate -f -
      """
  )

  private static var formats: String {
    ReportFormats.all.map { format in
      "  " + format.name + String(repeating: " ", count: max(1, 10 - format.name.count))
        + format.purpose
    }.joined(separator: "\n")
  }

  @OptionGroup var options: FleetOptions
  @OptionGroup var reports: ReportOptions

  func run() throws {
    let loaded = try LoadedFleet.load(options)
    let sorted = loaded.diagnostics.sorted()
    var report = DiagnosticsReport(
      sorted,
      sources: loaded.sources,
      subject: name(of: loaded),
      verdict: verdict(loaded, sorted),
      version: Version.current
    )
    report.paths = WorkingPaths.current()
    report.colour = options.colour
    try Terminal.result(reports.format.format.render(report))
    let isWritten = reports.write(report)
    if loaded.diagnostics.hasErrors || !isWritten { throw ExitStatus.failure.error }
  }

  /// The file as spans name it.
  private func name(of loaded: LoadedFleet) -> String {
    loaded.file == "-" ? "stdin" : loaded.file
  }

  private func verdict(_ loaded: LoadedFleet, _ sorted: [Diagnostic]) -> String {
    let counts = HumanDiagnostics.summary(sorted)
    guard !loaded.diagnostics.hasErrors, let resolved = loaded.resolved else {
      return "\(name(of: loaded)) is not sound: \(counts)."
    }
    let nodes = resolved.fleet.nodes.count
    let found = sorted.isEmpty ? "" : " \(counts)."
    return "\(name(of: loaded)) is sound: \(nodes) node\(nodes == 1 ? "" : "s"), "
      + "\(resolved.instances.count) role instances.\(found)"
  }
}
