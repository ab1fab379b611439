extension Rule {
  /// Two groups of one node give different values for one key.
  package static let groupConflict = Rule(
    "group-conflict",
    "FLT2201",
    .error,
    "Two groups give one node different values",
    explanation: Explanation(
      does: """
        Compares `ssh`, `hardware` and the parameters of roles of all groups that a node belongs
        to. Two groups and one key are one finding, however many nodes they share.
        """,
      matters: """
        Groups have no order, so nobody could say which value holds. A tool that lets the last one
        win changes machines when somebody sorts the file.
        """,
      example: Passage(
        """
        The node is in both groups.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          groups:
            web: {nodes: ["web-*"], ssh: {user: deploy}}
            everything: {nodes: ["*"], ssh: {user: ops}}
          nodes:
            web-1: {address: 10.0.0.11}
          """
      ),
      instead: Passage(
        """
        Write the value at the node, which wins over its groups, or take it out of one of them.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          groups:
            web: {nodes: ["web-*"], ssh: {user: deploy}}
            everything: {nodes: ["*"], ssh: {user: ops}}
          nodes:
            web-1: {address: 10.0.0.11, ssh: {user: deploy}}
          """
      )
    )
  )
}
