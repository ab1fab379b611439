extension Rule {
  /// The models of a GPU need more memory than it has.
  package static let vramExceeded = Rule(
    "vram-exceeded",
    "FLT4003",
    .warning,
    "A GPU has less memory than its roles need",
    waivable: true,
    explanation: Explanation(
      does: """
        Adds up the largest models that a role may hold at once (`models`, `max_loaded`), by the
        size in their names (`deepseek-r1:14b`), and compares the sum with the `vram` of the GPU
        that the role was given.
        """,
      matters: """
        What does not fit is unloaded and loaded again for each question, or runs on the CPU, ten
        times slower. The documented set (up to five models at once, two of them of 13 and 14
        billion parameters) never fits the 8 GB of the documented GPU.
        """,
      example: Passage(
        """
        The documented models on the documented GPU.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles: [backend, celery, autobot-llm-gpu]
              hardware: {gpus: [{id: gpu0, vendor: nvidia, model: RTX 4070 Laptop, vram: 8GiB}]}
          """
      ),
      instead: Passage(
        """
        Fewer models at once, smaller ones, a larger GPU, or a waiver with the reason.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles:
                - backend
                - celery
                - autobot-llm-gpu: {models: ["mistral:7b-instruct"], max_loaded: 1}
              hardware: {gpus: [{id: gpu0, vendor: nvidia, model: RTX 4070 Laptop, vram: 8GiB}]}
          """
      )
    )
  )
}
