extension Rule {
  /// A role needs a device that the node does not declare.
  package static let hardwareMissing = Rule(
    "hardware-missing",
    "FLT4001",
    .error,
    "A node lacks a device that a role needs",
    explanation: Explanation(
      does: """
        Compares what each role needs (an NVIDIA GPU, an Intel NPU) with the devices that its node
        declares under `hardware`. A role that can do without gets the warning `optional-hardware`
        instead.
        """,
      matters: """
        Without the GPU Ollama starts, says nothing, and answers with a model of 14 billion
        parameters on the CPU, many times slower. The declaration is compared with the real
        machine when the plan is made.
        """,
      example: Passage(
        """
        The backend's node serves large models but declares no GPU.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles: [backend, celery, autobot-llm-gpu]
          """
      ),
      instead: Passage(
        """
        Declare the device if the machine has it, else move the role to a node that has.
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
      )
    )
  )
}
