extension Rule {
  /// A role has one of several equal devices, and nothing says which.
  package static let deviceUnpinned = Rule(
    "device-unpinned",
    "FLT4007",
    .warning,
    "A matched device cannot be told from its peers",
    waivable: true,
    explanation: Explanation(
      does: """
        Looks for roles that were given one of several devices of one kind and vendor on their
        node, where that device has no `uuid`.
        """,
      matters: """
        The role's unit then takes the device by its number on the bus. The numbers move when a
        card is added or fails, and the model that was on the large card starts on the small one,
        or on the one that another role was promised.
        """,
      example: Passage(
        """
        Two GPUs, and nothing to tell them apart.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles: [backend, celery, autobot-llm-gpu]
              hardware:
                gpus: [{id: gpu0, vendor: nvidia}, {id: gpu1, vendor: nvidia}]
          """
      ),
      instead: Passage(
        """
        The `uuid` that `nvidia-smi -L` prints (the digits here are an example).
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles: [backend, celery, autobot-llm-gpu]
              hardware:
                gpus:
                  - {id: gpu0, vendor: nvidia, uuid: GPU-8a56a4bc-0000-4000-8000-000000000001}
                  - {id: gpu1, vendor: nvidia, uuid: GPU-8a56a4bc-0000-4000-8000-000000000002}
          """
      )
    )
  )
}
