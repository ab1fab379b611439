/// Rules of shape: which keys and what kinds of values a file may have (FLT2xxx).
extension Rule {
  /// A key that the schema does not know.
  package static let unknownKey = Rule("unknown-key", "FLT2001", .error, "A key is not known here")
  /// A key that must be there is not.
  package static let missingKey = Rule(
    "missing-key",
    "FLT2002",
    .error,
    "A required key is missing"
  )
  /// Another kind of value than wanted: a list for text, text for a number.
  package static let wrongType = Rule(
    "wrong-type",
    "FLT2003",
    .error,
    "A value is of the wrong kind"
  )
  /// The right kind of value, but not an allowed one: a wrong word, unit or range.
  package static let invalidValue = Rule(
    "invalid-value",
    "FLT2004",
    .error,
    "A value is not allowed here"
  )
  /// The file's `version` is not one that this fleetctl reads.
  package static let unsupportedVersion = Rule(
    "unsupported-version",
    "FLT2005",
    .error,
    "The version of the file is not supported"
  )

  /// The rules of this file, by code.
  static let schemaRules: [Rule] = [
    unknownKey, missingKey, wrongType, invalidValue, unsupportedVersion,
  ]
}
