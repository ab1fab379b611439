extension Rule {
  /// One node lists a role twice.
  package static let roleRepeated = Rule(
    "role-repeated",
    "FLT3005",
    .error,
    "A node lists a role twice",
    explanation: Explanation(
      does: """
        Compares the names under `roles` of each node.
        """,
      matters: """
        The two entries may carry different parameters, and only one of them can win. A role is on
        a node once; two Redis servers on one machine are two roles.
        """,
      example: Passage(
        """
        The second entry was meant to replace the first.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              roles: [redis, {redis: {maxmemory: 4GiB}}]
          """
      ),
      instead: Passage(
        """
        One entry with all its parameters.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              roles: [{redis: {maxmemory: 4GiB}}]
          """
      )
    )
  )
}
