extension Rule {
  /// A `-target` names nothing.
  package static let targetUnmatched = Rule(
    "target-unmatched",
    "FLT6001",
    .error,
    "A target matches nothing in the fleet",
    explanation: Explanation(
      does: """
        Compares every `-target` with the addresses of the fleet: nodes, roles and resources. A
        pattern with `*` must match at least one.
        """,
      matters: """
        A plan that is limited to nothing is empty, and an empty plan looks like success. In
        AutoBot, groups of an inventory that matched no host were skipped without a word, and the
        nodes stayed on the old version.
        """,
      example: Passage(
        """
        A node that is not in the fleet:
        """,
        commands: """
          fleetctl plan -target node.04-Database
          """
      ),
      instead: Passage(
        """
        An address as the plan prints it. The message suggests the nearest one; quote patterns, so
        that the shell leaves them alone.
        """,
        commands: """
          fleetctl plan -target node.04-Databases
          fleetctl plan -target '*/unit:redis*.service'
          """
      )
    )
  )
}
