extension Rule {
  /// Nodes are checked through each other, so that one that is down takes the others' checks along.
  package static let relayCycle = Rule(
    "relay-cycle",
    "FLT3013",
    .warning,
    "Nodes check each other's health in a circle"
  )
}
