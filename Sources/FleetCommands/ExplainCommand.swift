import ArgumentParser
import FleetDiagnostics
import FleetView

/// `fleetctl explain [RULE]`.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explain a rule: what it does, why it matters, an example, what to do instead.",
    discussion: """
      RULE is the word or the number that a finding shows. Without it all rules
      are listed. Needs neither fleet.yaml nor a network. Exits 1 when there is no
      such rule.

      EXAMPLES
        fleetctl explain                      list all rules
        fleetctl explain port-collision
        fleetctl explain FLT3101
        fleetctl explain --all | less
        fleetctl explain no-llm --format json | jq -r .matters
        fleetctl explain --all --format markdown > docs/rules.md
      """
  )

  @Argument(help: "Word or number of a rule; all are listed when left out.")
  var rule: String?

  @Flag(help: "Explain every rule instead of listing them.")
  var all = false

  @Option(help: ArgumentHelp("Output format: human, json or markdown.", valueName: "format"))
  var format = ExplainFormat.human

  @OptionGroup var colours: ColourOptions

  func validate() throws {
    if all, let rule {
      throw ValidationError("--all explains every rule; leave out \(quoted(rule)) or --all.")
    }
  }

  func run() throws {
    guard let name = rule else { return try Terminal.result(all ? everything() : list()) }
    guard let rule = Rule.named(name) else {
      let hint = Rule.question(name).map { " " + $0 } ?? ""
      Terminal.note("error: there is no rule \(quoted(displayable(name))).\(hint)\n")
      Terminal.note("  `fleetctl explain` lists all rules.\n")
      throw ExitStatus.failure.error
    }
    switch format {
    case .human: try Terminal.result(RuleHuman.page(rule, colour: colours.colour))
    case .json: try Terminal.result(RuleJSON.object(rule).rendered(pretty: true) + "\n")
    case .markdown: try Terminal.result(RuleMarkdown.section(rule))
    }
  }

  private func list() -> String {
    switch format {
    case .human: RuleHuman.table(Rule.all, colour: colours.colour)
    case .json: RuleJSON.document(Rule.all).rendered(pretty: true) + "\n"
    case .markdown: RuleMarkdown.table(Rule.all)
    }
  }

  private func everything() -> String {
    switch format {
    case .human:
      Rule.all.map { RuleHuman.page($0, colour: colours.colour) }.joined(separator: "\n\n")
    case .json: RuleJSON.document(Rule.all).rendered(pretty: true) + "\n"
    case .markdown: RuleMarkdown.page(Rule.all)
    }
  }
}

/// `--format` of `explain`.
enum ExplainFormat: String, ExpressibleByArgument, CaseIterable {
  case human, json, markdown
}
