extension Rule {
  /// A key that must be there is not.
  package static let missingKey = Rule(
    "missing-key",
    "FLT2002",
    .error,
    "A required key is missing",
    explanation: Explanation(
      does: """
        Looks for the few keys that have no default: `version`, `fleet` and `nodes` in the file,
        `address` in each node, `rule` and `because` in each waiver, `id` and `vendor` in each
        device.
        """,
      matters: """
        There is nothing sensible to assume. A node without an address cannot be connected to, and
        a waiver without a reason is a question for whoever is on call next year.
        """,
      example: Passage(
        """
        The address of the database node is missing.
        """,
        fleet: """
          nodes:
            04-Databases:
              roles: [redis]
          """
      ),
      instead: Passage(
        """
        Add the key.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              roles: [redis]
          """
      )
    )
  )
}
