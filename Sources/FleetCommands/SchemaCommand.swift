import ArgumentParser
import FleetConfig
import FleetDiagnostics
import FleetRegistry

/// `fleetctl schema`.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the JSON Schema of fleet.yaml, for editors.",
    discussion: """
      Draft 2020-12, with the built-in roles and their parameters. Names of roles
      that it does not know are allowed, since they may come from `role_paths`;
      with -f it knows the roles of that fleet and allows no others.

      An editor with yaml-language-server reads the schema that the first line of
      a file names:
        # yaml-language-server: $schema=docs/fleet.schema.json

      EXAMPLES
        fleetctl schema > docs/fleet.schema.json
        fleetctl schema -f fleet.yaml > .fleet.schema.json      with your own roles
        fleetctl schema --included   of a file that `include:` names
        fleetctl schema --role > docs/role.schema.json          of role.yaml
      """
  )

  /// Which file is described.
  enum Kind: String, EnumerableFlag {
    case fleet, included, role

    static func help(for value: Kind) -> ArgumentHelp? {
      switch value {
      case .fleet: "Describe fleet.yaml (the default)."
      case .included: "Describe a file that `include:` of a fleet.yaml names."
      case .role: "Describe role.yaml."
      }
    }
  }

  @Flag(exclusivity: .exclusive) var kind = Kind.fleet

  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp("Know the roles of this fleet, and no others.", valueName: "file")
  )
  var file: String?

  func validate() throws {
    if kind == .role, file != nil {
      throw ValidationError("-f tells about a fleet; the format of role.yaml is one for all.")
    }
  }

  func run() throws {
    let schema =
      switch kind {
      case .fleet: FleetSchema.json(.fleet, registry: try registry(), closed: file != nil)
      case .included: FleetSchema.json(.included, registry: try registry(), closed: file != nil)
      case .role: RoleSchema.json
      }
    try Terminal.result(schema.rendered(pretty: true) + "\n")
  }

  /// The roles to describe; ends the command where roles of the fleet cannot be read.
  private func registry() throws -> Registry {
    guard let file else { return Registry.builtIn().0 }
    var loaded = try LoadedFleet.load(FleetOptions.parse(["-f", file]))
    // What the fleet says of its nodes is no concern here; what keeps roles from being read is.
    var findings = Diagnostics()
    for finding in loaded.diagnostics.all where finding.severity == .error {
      if finding.rule.code < "FLT2" || finding.span?.file.hasSuffix("/role.yaml") == true
        || finding.detail.hasPrefix("`role_paths`")
      {
        findings.add(finding)
      }
    }
    guard findings.hasErrors else { return loaded.registry }
    loaded.diagnostics = findings
    loaded.tell(colour: false)
    Terminal.note("The roles of \(file) cannot be read, so there is no schema of it.\n")
    throw ExitStatus.failure.error
  }
}
