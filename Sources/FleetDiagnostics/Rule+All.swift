extension Rule {
  /// Every rule of the catalogue, by code.
  ///
  /// A new area adds its list here.
  package static let all: [Rule] =
    (yamlRules + schemaRules + fileRules + fleetRules
    + [healthRelay, deviceUnpinned, resourceCollision, relayCycle])
    .sorted { $0.code < $1.code }

  /// Returns the rule with a slug or a code (`port-collision`, `FLT3101`, `flt3101`).
  package static func named(_ slugOrCode: String) -> Rule? {
    let code = slugOrCode.uppercased()
    return all.first { $0.slug == slugOrCode || $0.code == code }
  }

  /// Where the rule is explained: a path of the repository with the rule's anchor.
  package var helpURI: String { "docs/rules.md#\(slug)" }
}
