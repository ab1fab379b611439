extension Rule {
  /// Every rule, by code: each file of `Rules/` declares one of them.
  package static let all: [Rule] = [
    yamlSyntax, yamlDuplicateKey, yamlLimit, yamlEncoding, yamlMultipleDocuments,
    yamlAmbiguousScalar, yamlUnsupported, unknownKey, missingKey, wrongType, invalidValue,
    unsupportedVersion, includeUnreadable, includeCycle, declaredTwice, groupConflict,
    groupUnmatched, protectUnmatched, unknownRole, notARole, duplicateAddress,
    addressOutsideNetwork,
    roleRepeated, roleNotReplicable, reservedNode, unknownNode, requiredRoleMissing,
    optionalRoleMissing, noLLM, relayCycle, portCollision, unitCollision, pathCollision,
    resourceCollision, dependencyMissing, dependencyUnreachable, dependencyCycle,
    exposureWidened, healthRelay, layerMixing, placementForbidden, placementUnusual,
    parameterInvalid, sharedDatabaseHazard, unpinnedVersion, unusedWaiver, templateError,
    hardwareMissing, hardwareExclusive, vramExceeded, memoryExceeded, modelClass,
    optionalHardware, deviceUnpinned, targetUnmatched, planUnreadable,
  ]

  private static let bySlug = Dictionary(all.map { ($0.slug, $0) }) { first, _ in first }
  private static let byCode = Dictionary(all.map { ($0.code, $0) }) { first, _ in first }

  /// Returns the rule with a slug or a code, in any letter case (`port-collision`, `FLT3101`, `flt3101`).
  package static func named(_ slugOrCode: String) -> Rule? {
    bySlug[slugOrCode] ?? bySlug[slugOrCode.lowercased()] ?? byCode[slugOrCode.uppercased()]
  }

  /// Returns "Did you mean `port-collision`?" for a name that is nearly a rule's, or nothing.
  package static func question(_ slugOrCode: String) -> String? {
    let isCode = slugOrCode.uppercased().hasPrefix("FLT")
    return NearestName.question(slugOrCode, in: isCode ? all.map(\.code) : all.map(\.slug))
  }

  /// Where the rule is explained: a path of the repository with the rule's anchor.
  package var helpURI: String { "docs/rules.md#\(slug)" }
}
