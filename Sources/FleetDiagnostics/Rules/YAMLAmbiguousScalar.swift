extension Rule {
  /// An unquoted scalar that YAML 1.1 tools read as something else than it looks.
  package static let yamlAmbiguousScalar = Rule(
    "yaml-ambiguous-scalar",
    "FLT1006",
    .warning,
    "Other YAML tools read this unquoted text differently",
    explanation: Explanation(
      does: """
        Looks at unquoted words and numbers that YAML 1.1 and YAML 1.2 read differently where
        fleetctl takes them as text: `no` and `off` (false), `0644` (420), `1.10` (1.1),
        `12:30:45` (45045), `~` (nothing).

        fleetctl itself takes the type from the key and reads such text as it stands. The warning
        is for the next reader.
        """,
      matters: """
        The same file goes through editors, linters, templates and scripts. One of them writes it
        back, and `version: 1.10` has become `1.1`, or the country `no` has become `false`. A mode
        of `0644` that turns into 420 is a file that everybody may write.
        """,
      example: Passage(
        """
        Norway, or false?
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          nodes:
            web-1: {address: 10.0.0.11, labels: {country: no}}
          """
      ),
      instead: Passage(
        """
        Quotes make it text for every reader.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          nodes:
            web-1: {address: 10.0.0.11, labels: {country: "no"}}
          """
      )
    )
  )
}
