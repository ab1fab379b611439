extension Rule {
  /// An entry of `protect` matches nothing.
  package static let protectUnmatched = Rule(
    "protect-unmatched",
    "FLT2203",
    .warning,
    "A guard protects nothing",
    explanation: Explanation(
      does: """
        Compares each entry of `protect` with the nodes of the fleet, and one that names a role
        with the roles there are. `plan` and `apply`, which have seen the nodes, also report an
        entry that matches neither anything wanted nor anything in the records of its nodes, once
        all of those have answered.
        """,
      matters: """
        A guard with a typing error guards nothing, and nobody notices until the data is gone.
        """,
      example: Passage(
        """
        The nodes are called `db-1` and `db-2`.
        """,
        fleet: """
          version: 1
          fleet: shop
          registry: none
          protect: ["node.dbs-*", "*/role.reddis"]
          nodes:
            db-1: {address: 10.0.0.21}
            db-2: {address: 10.0.0.22}
          """
      ),
      instead: Passage(
        """
        An address as plans print it. `protect` of a node says it without its name.
        """,
        fleet: """
          version: 1
          fleet: shop
          registry: none
          protect: ["node.db-*"]
          nodes:
            db-1: {address: 10.0.0.21, protect: ["dir:/var/lib/shop"]}
            db-2: {address: 10.0.0.22}
          """
      )
    )
  )
}
