import ArgumentParser
import FleetDiagnostics

/// Options that every command that reads fleet.yaml has.
struct FleetOptions: ParsableArguments {
  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp("The fleet file; - is standard input.", valueName: "file")
  )
  var file = "fleet.yaml"

  @Flag(help: "Treat every warning that is not waived in the file as an error.")
  var strict = false

  @Option(
    help: ArgumentHelp(
      "Make a rule an error or a warning, or switch it off, as port-collision=error. After --strict; the last one counts. Repeatable.",
      valueName: "rule=error|warning|off"
    ),
    transform: RuleOverride.init(parsing:)
  )
  var warn: [RuleOverride] = []

  @OptionGroup var colours: ColourOptions

  /// Whether to colour what goes to stdout.
  var colour: Bool { colours.colour }

  /// How grave findings are in this run.
  var severities: SeverityPolicy { SeverityPolicy(strict: strict, overrides: warn) }
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
