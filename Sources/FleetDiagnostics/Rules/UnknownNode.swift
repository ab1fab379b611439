extension Rule {
  /// A name that should be a node of the fleet is none.
  package static let unknownNode = Rule(
    "unknown-node",
    "FLT3008",
    .error,
    "A node is not in the fleet",
    explanation: Explanation(
      does: """
        Looks up every node that another part of the file names, such as `health_via`, and
        suggests the nearest id. A node cannot name itself there.
        """,
      matters: """
        AutoBot's backend runs under WSL2 and cannot reach its own address, so 00-SLM-Manager has
        to check it. When nobody is named, or nobody real, the check either fails on a healthy
        backend or, as happened, passes without having looked: then the first to notice an outage
        are the users.
        """,
      example: Passage(
        """
        A letter is missing in the relay.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manger
              roles: [backend, celery, autobot-llm-gpu]
              hardware: {gpus: [{id: gpu0, vendor: nvidia}]}
          """
      ),
      instead: Passage(
        """
        The id of another node, as it stands under `nodes`.
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
