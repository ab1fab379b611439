import ArgumentParser
import FleetDiagnostics

/// Options that every command that reads fleet.yaml has.
struct FleetOptions: ParsableArguments {
  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp("The fleet file; - is standard input.", valueName: "file")
  )
  var file = "fleet.yaml"

  @Flag(help: "Treat what widens exposure or weakens the fleet as an error, not a warning.")
  var strict = false

  @OptionGroup var colours: ColourOptions

  /// Whether to colour what goes to stdout.
  var colour: Bool { colours.colour }
}

/// `--color` and `--no-color`.
struct ColourOptions: ParsableArguments {
  @Option(help: ArgumentHelp("When to use colour: auto, always or never.", valueName: "when"))
  var color = ColourChoice.auto

  @Flag(
    name: [.customLong("no-color"), .customLong("no-color", withSingleDash: true)],
    help: "The same as --color never."
  )
  var noColor = false

  /// Whether to colour what goes to stdout.
  var colour: Bool { Terminal.colour(noColor ? .never : color) }
}

extension ColourChoice: ExpressibleByArgument {}

/// `--format` of commands that know two.
enum TextOrJSON: String, ExpressibleByArgument, CaseIterable {
  case human, json
}

/// `--format` of `apply`.
enum TextOrEvents: String, ExpressibleByArgument, CaseIterable {
  case human, jsonl
}

/// `--format` of `plan`.
enum PlanFormat: String, ExpressibleByArgument, CaseIterable {
  case human, json, jsonl
}
