extension Rule {
  /// Two roles of one node bring a systemd unit of the same name.
  package static let unitCollision = Rule(
    "unit-collision",
    "FLT3102",
    .error,
    "Two roles on one node claim the same systemd unit",
    explanation: Explanation(
      does: """
        Compares the systemd units of all roles on a node, and what they want of a component that
        exists once there (the code of backend and celery, nginx, PostgreSQL, Ollama).
        """,
      matters: """
        A unit has one file. Each apply would write one role's version over the other's and
        restart the service, for ever. For the backend and its worker that is worse than a
        restart: with different settings the worker waits at one queue and the backend fills the
        other.
        """,
      example: Passage(
        """
        Backend and Celery share their code and its env file, but are told to use different
        queues.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles:
                - backend: {broker_db: 10, result_db: 11}
                - celery: {broker_db: 12, result_db: 11}
                - autobot-llm-gpu
              hardware: {gpus: [{id: gpu0, vendor: nvidia}]}
          """
      ),
      instead: Passage(
        """
        The same value for both, a node of its own for one of them, or another unit name where a
        role has a parameter for it.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles:
                - backend: {broker_db: 10, result_db: 11}
                - celery: {broker_db: 10, result_db: 11}
                - autobot-llm-gpu
              hardware: {gpus: [{id: gpu0, vendor: nvidia}]}
          """
      )
    )
  )
}
