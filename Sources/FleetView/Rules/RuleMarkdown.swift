package import FleetDiagnostics

/// Renders rules as Markdown: `docs/rules.md`, its table, or one section of it.
///
/// A paragraph is one line, so that no wrapped line can begin a list. The heading of a section is the
/// slug, which makes its anchor what `Rule.helpURI` names.
package enum RuleMarkdown {
  /// Returns the whole page: how to read it, the table, a section for each rule.
  package static func page(_ rules: [Rule]) -> String {
    """
    # The rules

    <!-- Written by `fleetctl explain --all --format markdown`; edit Sources/FleetDiagnostics/Rules. -->

    Every finding of fleetctl names its rule by a word and a number. `fleetctl explain RULE` prints what stands here.

    A rule is an error or a warning by itself. `--strict` makes every warning an error; after that `--warn RULE=error|warning|off` (repeatable, the last one counts) decides about a single rule. A rule that *may be waived* can be broken with a written reason, on a node or in the whole fleet:

    ```yaml
    allow:
      - {rule: unpinned-version, because: "a lab, rebuilt every week"}
    nodes:
      03-AI-Stack:
        allow:
          - {rule: exposure-widened, because: "only the backend's node is admitted"}
    ```

    A waiver that silences nothing is itself a warning. Errors that may not be waived cannot be lowered by `--warn` either: behind them is a fleet that cannot run as declared, or a file whose meaning would have to be guessed.

    An example that does not begin with `version:` is a part of the AutoBot fleet; the rest is as in the `fleet.yaml` of this repository.

    \(table(rules))
    """ + "\n" + rules.map(section).joined(separator: "\n")
  }

  /// Returns the table of rules.
  package static func table(_ rules: [Rule]) -> String {
    "| code | rule | usually | may be waived | what |\n|---|---|---|---|---|\n"
      + rules.map { rule in
        "| \(rule.code) | [\(rule.slug)](#\(rule.slug)) | \(rule.severity.rawValue) | "
          + "\(rule.isWaivable ? "yes" : "no") | \(rule.summary) |\n"
      }.joined()
  }

  /// Returns the section of one rule.
  package static func section(_ rule: Rule) -> String {
    let explanation = rule.explanation
    let waiver = rule.isWaivable ? "may be waived" : "cannot be waived"
    return
      "## \(rule.slug)\n\n\(rule.code), \(rule.severity.rawValue), \(waiver). \(rule.summary).\n"
      + part("What it does", Passage(explanation.does))
      + part("Why it matters", Passage(explanation.matters))
      + part("Example", explanation.example)
      + part("Instead", explanation.instead)
  }

  private static func part(_ title: String, _ passage: Passage) -> String {
    var text = "\n### \(title)\n"
    for paragraph in Prose.paragraphs(passage.text) { text += "\n\(paragraph)\n" }
    for listing in passage.listings {
      let head = listing.file.map { passage.listings.count > 1 ? "\n`\($0)`:\n" : "" } ?? ""
      text += "\(head)\n```\(language(listing))\n\(listing.text)\n```\n"
    }
    return text
  }

  private static func language(_ listing: Passage.Listing) -> String {
    guard let file = listing.file else { return "sh" }
    return file.hasSuffix(".yaml") ? "yaml" : "text"
  }
}
