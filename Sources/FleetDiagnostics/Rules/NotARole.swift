extension Rule {
  /// A name that exists, but not as a role: a node id, a service, a library.
  package static let notARole = Rule(
    "not-a-role",
    "FLT3002",
    .error,
    "A name is not the name of a role",
    explanation: Explanation(
      does: """
        Recognises names that exist but are no roles: services and libraries that come with a role
        (`postgresql`, `nginx`, `langchain`, `prometheus`), components, and ids of nodes. The
        message says which role brings them.
        """,
      matters: """
        A role is what a node is responsible for; how it does that is the role's own affair.
        PostgreSQL belongs to two roles with different databases and different users, so "install
        PostgreSQL here" does not say which.
        """,
      example: Passage(
        """
        The fleet table of the role registry lists `redis, postgresql` for this node; only one of
        the two is a role.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              roles: [redis, postgresql]
          """
      ),
      instead: Passage(
        """
        `redis` brings its PostgreSQL along. `fleetctl roles redis` shows all that a role brings.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              roles: [redis]
          """
      )
    )
  )
}
