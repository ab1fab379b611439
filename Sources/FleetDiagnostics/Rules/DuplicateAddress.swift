extension Rule {
  /// Two nodes have one address.
  package static let duplicateAddress = Rule(
    "duplicate-address",
    "FLT3003",
    .error,
    "Two nodes have the same address",
    explanation: Explanation(
      does: """
        Compares the addresses of all nodes after parsing them, so that `::1` and
        `0:0:0:0:0:0:0:1` are one address.
        """,
      matters: """
        Two nodes with one address are one machine with two owners: each apply would remove what
        the other put there, and both would say that they succeeded.
        """,
      example: Passage(
        """
        The line was copied, the last digit was not changed.
        """,
        fleet: """
          nodes:
            browser-automation:
              address: 172.16.168.25
              roles: [browser-service]
            05-LLM-CPU:
              address: 172.16.168.25
              roles: [autobot-llm-cpu]
          """
      ),
      instead: Passage(
        """
        Correct the address. If it is one machine, give it one node that lists the roles of both.
        """,
        fleet: """
          nodes:
            browser-automation:
              address: 172.16.168.25
              roles: [browser-service]
            05-LLM-CPU:
              address: 172.16.168.26
              roles: [autobot-llm-cpu]
          """
      )
    )
  )
}
