extension Rule {
  /// A node lists a role that no registry has.
  package static let unknownRole = Rule(
    "unknown-role",
    "FLT3001",
    .error,
    "A role is not in the registry",
    explanation: Explanation(
      does: """
        Looks up every name under `roles` of a node, and under the `roles` of the fleet, in the
        registry: the built-in roles and your own from `role_paths`. The nearest name is
        suggested.
        """,
      matters: """
        A role with a wrong name is a service that nobody installs. AutoBot had five lists of its
        services that disagreed (`autobot-agent` or `slm-agent`, `slm-backend` or
        `autobot-slm-backend`), and its dashboards showed services on nodes that never had them.
        """,
      example: Passage(
        """
        A typing error on the database node. That no node has `redis` now follows from it and is
        not reported as well.
        """,
        fleet: """
          nodes:
            04-Databases:
              address: 172.16.168.23
              roles: [reddis]
          """
      ),
      instead: Passage(
        """
        The name as `fleetctl roles` lists it. A role of your own comes in by `role_paths`.
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
