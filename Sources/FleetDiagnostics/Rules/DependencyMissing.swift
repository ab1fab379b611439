extension Rule {
  /// A role needs another that is on no node.
  package static let dependencyMissing = Rule(
    "dependency-missing",
    "FLT3201",
    .error,
    "A role needs another role that is on no node",
    explanation: Explanation(
      does: """
        Follows every hard need of every role on every node to a role that answers it. Soft needs
        only order the start. A required role that is missing altogether is reported once, as
        `required-role-missing`.
        """,
      matters: """
        The consumer's configuration would name an address that does not exist. The service
        starts, fails, is restarted by systemd, and fails again until somebody reads its log.
        """,
      example: Passage(
        """
        The worker is placed, its queue is not.
        """,
        fleet: """
          version: 1
          fleet: jobs
          registry: none
          role_paths: [roles]
          nodes:
            worker-1: {address: 10.0.0.11, roles: [worker]}
          """,
        files: [
          "roles/worker/role.yaml": """
          name: worker
          summary: Works the queue off.
          layer: business
          needs: [{role: queue, endpoint: amqp, hard: true}]
          """,
          "roles/queue/role.yaml": """
          name: queue
          summary: The queue.
          layer: business
          ports: [{name: amqp, number: 5672, scope: fleet}]
          """,
        ]
      ),
      instead: Passage(
        """
        Assign the provider too, or remove the consumer.
        """,
        fleet: """
          version: 1
          fleet: jobs
          registry: none
          role_paths: [roles]
          nodes:
            worker-1: {address: 10.0.0.11, roles: [worker]}
            queue-1: {address: 10.0.0.12, roles: [queue]}
          """,
        files: [
          "roles/worker/role.yaml": """
          name: worker
          summary: Works the queue off.
          layer: business
          needs: [{role: queue, endpoint: amqp, hard: true}]
          """,
          "roles/queue/role.yaml": """
          name: queue
          summary: The queue.
          layer: business
          ports: [{name: amqp, number: 5672, scope: fleet}]
          """,
        ]
      )
    )
  )
}
