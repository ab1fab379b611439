extension Rule {
  /// A model is too large for the class of the device that runs it.
  package static let modelClass = Rule(
    "model-class",
    "FLT4005",
    .warning,
    "A model does not fit the class of its device",
    waivable: true,
    explanation: Explanation(
      does: """
        Compares the size in a model's name (`mistral:7b`) with the class of the role:
        `autobot-llm-cpu` is for models of up to 3 billion parameters, `autobot-llm-gpu` for 7
        billion and more.
        """,
      matters: """
        A large model answers on a CPU slowly and keeps every core busy meanwhile; the requests of
        the AI stack pile up behind it until they time out. A small one on the GPU node takes
        memory from the models that need the GPU.
        """,
      example: Passage(
        """
        A GPU model on the CPU node.
        """,
        fleet: """
          nodes:
            05-LLM-CPU:
              address: 172.16.168.26
              roles:
                - autobot-llm-cpu: {models: ["llama3.2:3b", "mistral:7b-instruct"]}
          """
      ),
      instead: Passage(
        """
        Models of the right class; large ones belong to a node with `autobot-llm-gpu`.
        """,
        fleet: """
          nodes:
            05-LLM-CPU:
              address: 172.16.168.26
              roles:
                - autobot-llm-cpu: {models: ["llama3.2:3b", "gemma2:2b"]}
          """
      )
    )
  )
}
