extension Rule {
  /// The version of the file is not one that this fleetctl reads.
  package static let unsupportedVersion = Rule(
    "unsupported-version",
    "FLT2005",
    .error,
    "The version of the file is not supported",
    explanation: Explanation(
      does: """
        Compares `version` with the version of the format that this fleetctl reads, which is 1.
        """,
      matters: """
        Another version may give a key another meaning. The rest of the file is not looked at,
        because every further finding would be a guess.
        """,
      example: Passage(
        """
        A file of a later fleetctl.
        """,
        fleet: """
          version: 2
          fleet: web
          registry: none
          nodes:
            web-1: {address: 10.0.0.11}
          """
      ),
      instead: Passage(
        """
        `version: 1`, or the fleetctl that wrote the file. `fleetctl version` tells which one this
        is.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          nodes:
            web-1: {address: 10.0.0.11}
          """
      )
    )
  )
}
