extension Rule {
  /// Two roles use one database in a way that can lose data.
  package static let sharedDatabaseHazard = Rule(
    "shared-database-hazard",
    "FLT3402",
    .warning,
    "Roles share a database in a risky way",
    waivable: true,
    explanation: Explanation(
      does: """
        Compares the Redis databases that a role is given with those that AutoBot's applications
        use under fixed numbers: 0 main, 1 metrics, 2 prompts, 3 agents, 4 cache, 6 sessions, 8
        chat history, 15 testing.
        """,
      matters: """
        The role registry gives Celery the databases 1 and 2 and gives the same two to metrics and
        prompts. A `FLUSHDB` that is meant for the metrics empties the queue, and under memory
        pressure `allkeys-lru` evicts tasks like any other key: work is lost, and no log says so.
        """,
      example: Passage(
        """
        The numbers of the document.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles: [backend, celery, autobot-llm-gpu]
              hardware: {gpus: [{id: gpu0, vendor: nvidia}]}
          """
      ),
      instead: Passage(
        """
        Databases that nobody else uses, for both roles; or a waiver that says why nothing is
        flushed.
        """,
        fleet: """
          roles:
            backend: {broker_db: 10, result_db: 11}
            celery: {broker_db: 10, result_db: 11}
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles: [backend, celery, autobot-llm-gpu]
              hardware: {gpus: [{id: gpu0, vendor: nvidia}]}
          """
      )
    )
  )
}
