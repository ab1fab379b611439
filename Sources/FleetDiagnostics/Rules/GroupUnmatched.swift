extension Rule {
  /// A group, a pattern or a label of it matches no node.
  package static let groupUnmatched = Rule(
    "group-unmatched",
    "FLT2202",
    .error,
    "A group selects what no node has",
    explanation: Explanation(
      does: """
        Compares each pattern under `nodes` of a group, and its labels, with all nodes of the
        fleet. The nearest id or label is suggested.
        """,
      matters: """
        The nodes that were meant silently lack the roles, the login and the hardware of their
        group. Groups of AutoBot's inventory that matched no host were skipped without a word, and
        those nodes stayed on the old version.
        """,
      example: Passage(
        """
        The nodes are called `web-1` and `web-2`.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          groups:
            front: {nodes: ["www-*"], ssh: {user: deploy}}
          nodes:
            web-1: {address: 10.0.0.11}
            web-2: {address: 10.0.0.12}
          """
      ),
      instead: Passage(
        """
        A pattern that matches; remove a group that has no nodes any more.
        """,
        fleet: """
          version: 1
          fleet: web
          registry: none
          groups:
            front: {nodes: ["web-*"], ssh: {user: deploy}}
          nodes:
            web-1: {address: 10.0.0.11}
            web-2: {address: 10.0.0.12}
          """
      )
    )
  )
}
