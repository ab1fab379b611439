extension Rule {
  /// Several roles need one device for themselves.
  package static let hardwareExclusive = Rule(
    "hardware-exclusive",
    "FLT4002",
    .error,
    "Roles on one node claim the same device",
    waivable: true,
    explanation: Explanation(
      does: """
        Gives every role that needs a device for itself one of its own, over all declared devices
        of the node at once: an assignment is found if there is one. If there is none, all
        claimants and all devices are named. That a role could fall back to the CPU does not
        excuse it: it would take the device when it is there.
        """,
      matters: """
        Two services that each fill one GPU work until both are busy. Then one of them runs out of
        memory, in the middle of an answer, and which one it is changes from day to day. The
        registry says of `autobot-llm-gpu` and `npu-worker`: avoid co-locating.
        """,
      example: Passage(
        """
        Two roles, one GPU.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles: [backend, celery, autobot-llm-gpu, npu-worker]
              hardware: {gpus: [{id: gpu0, vendor: nvidia}]}
            npu-worker:
              address: 172.16.168.22
              roles: [tts-worker]
          """
      ),
      instead: Passage(
        """
        A device for each, declared; or one of the roles on another node. If you divided the GPU
        yourself, waive the rule and say how.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles: [backend, celery, autobot-llm-gpu, npu-worker]
              hardware:
                gpus: [{id: gpu0, vendor: nvidia}]
                npus: [{id: npu0, vendor: intel}]
            npu-worker:
              address: 172.16.168.22
              roles: [tts-worker]
          """
      )
    )
  )
}
