extension Rule {
  /// A role that may run once in a fleet is placed on several nodes.
  package static let roleNotReplicable = Rule(
    "role-not-replicable",
    "FLT3006",
    .error,
    "A role that exists once is placed on several nodes",
    explanation: Explanation(
      does: """
        Counts the nodes of each role whose registry entry says `replicas: one`.
        """,
      matters: """
        What uses such a role knows one address. The second instance would serve nobody, or half
        of the consumers would write their sessions, queues and embeddings where the other half
        never looks. AutoBot's provisioning once put the redis role on all seven nodes that it
        knew, because a query lacked a condition.
        """,
      example: Passage(
        """
        A second Redis "for safety" is not a replica: nothing connects the two.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              roles: [redis]
            06-Node-27:
              address: 172.16.168.27
              roles: [redis]
          """
      ),
      instead: Passage(
        """
        Keep one. `fleetctl roles` shows which roles may be repeated (`replicas: many`).
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              roles: [redis]
            06-Node-27:
              address: 172.16.168.27
              reserved: true
          """
      )
    )
  )
}
