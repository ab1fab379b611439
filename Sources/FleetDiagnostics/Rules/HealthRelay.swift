extension Rule {
  /// The health of a node cannot be checked from where it is to be checked.
  package static let healthRelay = Rule(
    "health-relay",
    "FLT3206",
    .warning,
    "A node's health cannot be checked from where it should",
    waivable: true,
    explanation: Explanation(
      does: """
        Looks at every node whose services are checked over the network: a WSL2 node cannot reach
        its own address and needs a `health_via`; the node named there must be in service and able
        to connect to what it checks.
        """,
      matters: """
        AutoBot's backend runs under WSL2. A check from that machine itself fails on a healthy
        backend, one against `127.0.0.1` passed there without having looked at what users reach. A
        deployment that waits for such a check waits for nothing, or rolls back for nothing.
        """,
      example: Passage(
        """
        The backend's machine has no relay any more.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              roles: [backend, celery, autobot-llm-gpu]
              hardware: {gpus: [{id: gpu0, vendor: nvidia}]}
          """
      ),
      instead: Passage(
        """
        Name a node that can connect; AutoBot uses its manager.
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
      )
    )
  )
}
