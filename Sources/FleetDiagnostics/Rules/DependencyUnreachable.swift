extension Rule {
  /// A role needs an endpoint that cannot be reached from its node.
  package static let dependencyUnreachable = Rule(
    "dependency-unreachable",
    "FLT3202",
    .error,
    "A role cannot reach an endpoint that it needs",
    explanation: Explanation(
      does: """
        Follows every need to the port that the provider really opens: after its parameters, after
        the fleet's settings, on the addresses that it binds, through the firewall rules that will
        be written.
        """,
      matters: """
        The provider is there, and the door is shut. AutoBot's backend went through a crash loop
        when PostgreSQL listened on localhost only while the backend was on another node; each try
        cost six minutes.
        """,
      example: Passage(
        """
        The fleet has users (`single_company`), so the backend needs the PostgreSQL that the redis
        role is told to leave out.
        """,
        fleet: """
          settings: {user_mode: single_company, firewall: ufw}
          roles:
            redis: {postgresql: false}
          """
      ),
      instead: Passage(
        """
        Switch the endpoint on, or switch off what needs it.
        """,
        fleet: """
          settings: {user_mode: single_company, firewall: ufw}
          roles:
            redis: {postgresql: true}
          """
      )
    )
  )
}
