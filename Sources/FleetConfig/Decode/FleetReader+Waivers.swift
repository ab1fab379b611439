internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

extension FleetReader {
  /// Reads `allow`: of a node, of a group or of the fleet.
  mutating func waivers(_ node: YAMLNode) -> [Waiver] {
    (scalars.list(node, "`allow`") ?? []).compactMap { item in
      guard let fields = scalars.mapping(item, "A waiver") else { return nil }
      var rule: Located<String>?
      var because: String?
      var known: Set<String> = []
      for field in fields {
        known.insert(field.key)
        switch field.key {
        case "rule": rule = waivedRule(field.value)
        case "because": because = reason(field.value)
        default:
          if let meant = scalars.unknownKey(field, of: "A waiver", known: FleetKeys.waiver) {
            known.insert(meant)
          }
        }
      }
      for key in FleetKeys.waiver where !known.contains(key) {
        scalars.missingKey(key, of: "A waiver", at: item.span, path: item.path)
      }
      guard let rule, let because else { return nil }
      return Waiver(rule: rule, because: because)
    }
  }

  private mutating func reason(_ node: YAMLNode) -> String? {
    scalars.text(node, "`because`", form: "a sentence that says why") { text in
      !Grammar.hasControl(text) && text.contains { !$0.isWhitespace }
    }
  }

  /// The slug of the rule, which may be written as slug or code.
  private mutating func waivedRule(_ node: YAMLNode) -> Located<String>? {
    guard let text = scalars.text(node) else { return nil }
    guard let rule = Rule.named(text) else {
      let names = Rule.all.filter(\.isWaivable).map(\.slug)
      scalars.report(
        .invalidValue,
        node,
        "There is no rule \(quoted(text)). `fleetctl explain` lists them.",
        suggestions: YAMLReader.schema.correction(of: text, in: names, at: node.span)
      )
      return nil
    }
    guard rule.isWaivable else {
      let why =
        rule.severity == .error
        ? "a fleet that breaks it cannot run as declared. Correct what it reports"
        : "what it reports is corrected in the file"
      scalars.report(
        .invalidValue,
        node,
        "`\(rule.slug)` cannot be waived: \(why); `fleetctl explain \(rule.slug)` says how."
      )
      return nil
    }
    return Located(rule.slug, at: node.span)
  }
}
