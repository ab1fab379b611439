extension Rule {
  /// A plan file cannot be used.
  package static let planUnreadable = Rule(
    "plan-unreadable",
    "FLT6002",
    .error,
    "The plan file cannot be used",
    explanation: Explanation(
      does: """
        Reads a saved plan whole before anything else: its format, its version, and its digest
        over every byte of the plan.
        """,
      matters: """
        Apply does exactly what the plan says, so a plan that was cut off, edited or made for
        another version is no plan. Nothing was changed.
        """,
      example: Passage(
        """
        The file was edited after it was reviewed, or is not a plan at all:
        """,
        commands: """
          sed -i 's/restart/reload/' fleet.plan
          fleetctl apply fleet.plan
          """
      ),
      instead: Passage(
        """
        Make the plan again and review it again.
        """,
        commands: """
          fleetctl plan -out fleet.plan
          fleetctl show fleet.plan
          fleetctl apply fleet.plan
          """
      )
    )
  )
}
