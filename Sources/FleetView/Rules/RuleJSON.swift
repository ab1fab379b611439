package import FleetDiagnostics

/// Renders rules as JSON for programs.
package enum RuleJSON {
  /// Version of the document; the first number changes when a reader could break.
  package static let formatVersion = "1.0"

  /// Returns `{"format_version", "rules"}` with an object for each rule, in their order.
  package static func document(_ rules: [Rule]) -> JSONValue {
    ["format_version": .string(formatVersion), "rules": .array(rules.map(object))]
  }

  /// Returns one rule: its identity and its four headings as `does`, `matters`, `example`, `instead`.
  package static func object(_ rule: Rule) -> JSONValue {
    let explanation = rule.explanation
    return [
      "code": .string(rule.code),
      "rule": .string(rule.slug),
      "severity": .string(rule.severity.rawValue),
      "waivable": .bool(rule.isWaivable),
      "summary": .string(rule.summary),
      "does": .string(text(explanation.does)),
      "matters": .string(text(explanation.matters)),
      "example": passage(explanation.example),
      "instead": passage(explanation.instead),
      "help_uri": .string(rule.helpURI),
    ]
  }

  private static func passage(_ passage: Passage) -> JSONValue {
    let listings = passage.listings.map { listing -> JSONValue in
      ["file": JSONValue(listing.file), "text": .string(listing.text + "\n")]
    }
    return ["text": .string(text(passage.text)), "listings": .array(listings)]
  }

  private static func text(_ prose: String) -> String {
    Prose.paragraphs(prose).joined(separator: "\n\n")
  }
}
