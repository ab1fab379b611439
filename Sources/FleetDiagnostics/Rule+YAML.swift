/// Rules of the text itself, before any meaning (FLT1xxx). Found by `FleetYAML`.
extension Rule {
  /// The text does not follow the grammar of YAML.
  package static let yamlSyntax = Rule(
    "yaml-syntax",
    "FLT1001",
    .error,
    "The file is not valid YAML"
  )
  /// A mapping has one key twice; YAML leaves open which counts.
  package static let yamlDuplicateKey = Rule(
    "yaml-duplicate-key",
    "FLT1002",
    .error,
    "A key stands twice in one mapping"
  )
  /// Size, nesting, number of events or expansion of aliases is beyond `YAMLLimits`.
  package static let yamlLimit = Rule(
    "yaml-limit",
    "FLT1003",
    .error,
    "The file is beyond a limit of the YAML reader"
  )
  /// The bytes are not UTF-8 text, or hold characters that YAML forbids or reads ambiguously.
  package static let yamlEncoding = Rule(
    "yaml-encoding",
    "FLT1004",
    .error,
    "The file is not plain UTF-8 text"
  )
  /// The stream has a second document.
  package static let yamlMultipleDocuments = Rule(
    "yaml-multiple-documents",
    "FLT1005",
    .error,
    "The file holds more than one YAML document"
  )
  /// An unquoted scalar that YAML 1.1 tools read as something else than it looks.
  package static let yamlAmbiguousScalar = Rule(
    "yaml-ambiguous-scalar",
    "FLT1006",
    .warning,
    "Other YAML tools read this unquoted text differently"
  )
  /// Tags, merge keys and keys that are not text: valid YAML that fleetctl refuses.
  package static let yamlUnsupported = Rule(
    "yaml-unsupported",
    "FLT1007",
    .error,
    "A feature of YAML that fleetctl does not read"
  )

  /// The rules of this file, by code.
  static let yamlRules: [Rule] = [
    yamlSyntax, yamlDuplicateKey, yamlLimit, yamlEncoding, yamlMultipleDocuments,
    yamlAmbiguousScalar, yamlUnsupported,
  ]
}
