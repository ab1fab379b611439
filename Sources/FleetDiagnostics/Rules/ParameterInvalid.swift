extension Rule {
  /// A parameter of a role is unknown, of the wrong kind or out of range.
  package static let parameterInvalid = Rule(
    "parameter-invalid",
    "FLT3401",
    .error,
    "A parameter of a role is not valid",
    explanation: Explanation(
      does: """
        Reads every parameter given to a role, for the whole fleet and on each node, as the type
        that the role declares: its kind, its range, its words, its unit. Unknown names get the
        nearest one suggested.
        """,
      matters: """
        Parameters end in unit files and configuration. A size that only one of three programs
        understands is a limit that is not there; a misspelt name is a default that nobody knows
        of.
        """,
      example: Passage(
        """
        `gigs` is no unit of a size.
        """,
        fleet: """
          roles:
            redis: {maxmemory: 6 gigs}
          """
      ),
      instead: Passage(
        """
        A value as `fleetctl roles redis` documents it. Sizes are `6GiB`, `512MiB`, `8G`.
        """,
        fleet: """
          roles:
            redis: {maxmemory: 6GiB}
          """
      )
    )
  )
}
