import ArgumentParser
import FleetDiagnostics
import FleetRegistry

/// `fleetctl roles`.
struct RolesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "roles",
    abstract: "List the roles that this binary knows, explain one, or write them all down.",
    discussion: """
      EXAMPLES
        fleetctl roles
        fleetctl roles redis
        fleetctl roles redis --format json | jq '.ports'
        fleetctl roles export > roles.md
      """,
    subcommands: [RolesShowCommand.self, RolesExportCommand.self],
    defaultSubcommand: RolesShowCommand.self
  )
}

/// `fleetctl roles [NAME]`.
struct RolesShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "List the roles, or explain one. The same without the word `show`.",
    discussion: """
      EXAMPLES
        fleetctl roles
        fleetctl roles redis --format json | jq '.ports'
      """
  )

  @Argument(help: "Name of a role; all when left out.")
  var name: String?

  @Option(help: ArgumentHelp("Output format: human or json.", valueName: "format"))
  var format = TextOrJSON.human

  func run() throws {
    let (registry, diagnostics) = Registry.builtIn()
    guard !diagnostics.hasErrors else {
      Terminal.note("error: the built-in roles do not load. This is a bug in fleetctl.\n")
      throw ExitStatus.internalError.error
    }
    guard let name else { return try Terminal.result(list(registry)) }
    guard let role = registry.role(name) else {
      let names = registry.sortedRoles.map(\.name)
      let near = NearestName.question(name, in: names).map { " " + $0 } ?? ""
      Terminal.note("error: there is no role \(quoted(name)).\(near)\n")
      throw ExitStatus.failure.error
    }
    switch format {
    case .human: try Terminal.result(RoleText.describe(role, in: registry))
    case .json:
      try Terminal.result(RoleJSON.object(role, in: registry).rendered(pretty: true) + "\n")
    }
  }

  private func list(_ registry: Registry) -> String {
    switch format {
    case .json: RoleJSON.array(registry).rendered(pretty: true) + "\n"
    case .human: RoleText.table(registry)
    }
  }
}
