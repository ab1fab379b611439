extension Rule {
  /// Another kind of value than wanted: a list for text, text for a number.
  package static let wrongType = Rule(
    "wrong-type",
    "FLT2003",
    .error,
    "A value is of the wrong kind",
    explanation: Explanation(
      does: """
        Compares the kind of each value (text, number, list, mapping, nothing) with the kind that
        its key wants. The same inside the parameters of a role is `parameter-invalid`.
        """,
      matters: """
        A single name where a list is wanted could be read as a list of one, or as a list of its
        letters. Both have happened, in other tools; here neither does.
        """,
      example: Passage(
        """
        One provider, but not as a list.
        """,
        fleet: """
          settings:
            user_mode: single_company
            firewall: ufw
            cloud_llm: anthropic
          """
      ),
      instead: Passage(
        """
        Brackets make it a list.
        """,
        fleet: """
          settings:
            user_mode: single_company
            firewall: ufw
            cloud_llm: [anthropic]
          """
      )
    )
  )
}
