import ArgumentParser
import FleetConfig
import FleetDiagnostics
import FleetRegistry
import FleetView

/// `fleetctl roles export`.
struct RolesExportCommand: ParsableCommand {
  /// `--format`.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case markdown, json
  }

  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract:
      "Write the registry as one document: roles, conflicts, nodes, ports, dependencies, databases.",
    discussion: """
      Everything is computed: the conflicts are what `validate` says of every pair
      of roles on one node. The tables of nodes and ports are those of the
      built-in AutoBot fleet, or of the fleet that -f names, with its own roles.
      Exits 0; 1 when that fleet is not sound.

      EXAMPLES
        fleetctl roles export > roles.md
        fleetctl roles export -f fleet.yaml
        fleetctl roles export --format json | jq '.conflicts.ports[].roles'
      """
  )

  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp("The fleet file; the built-in fleet when left out.", valueName: "file")
  )
  var file: String?

  @Option(help: ArgumentHelp("Output format: markdown or json.", valueName: "format"))
  var format = Format.markdown

  func run() throws {
    let export = RoleExport(try resolved())
    switch format {
    case .markdown: try Terminal.result(export.markdown)
    case .json: try Terminal.result(export.json.rendered(pretty: true) + "\n")
    }
  }

  private func resolved() throws -> ResolvedFleet {
    guard let file else { return try Self.builtIn() }
    let loaded = try LoadedFleet.load(FleetOptions.parse(["--file", file]))
    guard let resolved = loaded.resolved, !loaded.diagnostics.hasErrors else {
      loaded.tell(colour: false)
      Terminal.note("\(displayable(loaded.file)) is not sound; there is nothing to export.\n")
      throw ExitStatus.failure.error
    }
    return resolved
  }

  /// The fleet that the binary carries.
  static func builtIn() throws -> ResolvedFleet {
    var diagnostics = Diagnostics()
    let resolved = FleetValidator.validate(
      source: SourceText(name: "fleet.yaml", bytes: EmbeddedFleet.autobot),
      registry: Registry.builtIn().0,
      strict: false,
      into: &diagnostics
    )
    guard let resolved else {
      Terminal.note("error: the built-in fleet is not sound. This is a bug in fleetctl.\n")
      throw ExitStatus.internalError.error
    }
    return resolved
  }
}
