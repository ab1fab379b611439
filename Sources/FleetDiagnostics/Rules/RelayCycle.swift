extension Rule {
  /// Nodes are checked through each other, so that one that is down takes the others' checks along.
  package static let relayCycle = Rule(
    "relay-cycle",
    "FLT3013",
    .warning,
    "Nodes check each other's health in a circle",
    waivable: true,
    explanation: Explanation(
      does: """
        Follows `health_via` from every node. That a node names itself is `unknown-node`.
        """,
      matters: """
        When one of them is down, nobody can tell whether the others are healthy: the one check
        that would say so runs on the machine that does not answer.
        """,
      example: Passage(
        """
        The manager checks the backend, and the backend the manager.
        """,
        fleet: """
          nodes:
            00-SLM-Manager:
              address: 172.16.168.19
              health_via: 01-Backend
              roles: [slm-backend, slm-frontend, slm-database, slm-monitoring]
              hardware: {memory: 4GiB}
          """
      ),
      instead: Passage(
        """
        Let one of them be checked from here, or through a node outside the circle.
        """,
        fleet: """
          nodes:
            00-SLM-Manager:
              address: 172.16.168.19
              roles: [slm-backend, slm-frontend, slm-database, slm-monitoring]
              hardware: {memory: 4GiB}
          """
      )
    )
  )
}
