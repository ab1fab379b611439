extension Rule {
  /// The health of a node cannot be checked from where it is to be checked.
  package static let healthRelay = Rule(
    "health-relay",
    "FLT3206",
    .warning,
    "The health of a node cannot be checked from where it should be"
  )
}
