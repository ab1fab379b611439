extension Rule {
  /// A mapping has one key twice; YAML leaves open which counts.
  package static let yamlDuplicateKey = Rule(
    "yaml-duplicate-key",
    "FLT1002",
    .error,
    "A key stands twice in one mapping",
    explanation: Explanation(
      does: """
        Compares the keys of every mapping, at every depth, and shows both places. Keys are
        compared as text, so `a` and `"a"` are one key.
        """,
      matters: """
        Most YAML readers keep the last entry and say nothing. A node that is pasted twice then
        loses the roles of its first entry, and the plan that follows removes them from the
        machine.
        """,
      example: Passage(
        """
        `05-LLM-CPU` was emptied on one branch and kept on another; the merge has both lines.
        """,
        fleet: """
          nodes:
            05-LLM-CPU:
              address: 172.16.168.26
              roles: [autobot-llm-cpu]
              roles: []
          """
      ),
      instead: Passage(
        """
        Keep the entry that is meant, and only that.
        """,
        fleet: """
          nodes:
            05-LLM-CPU:
              address: 172.16.168.26
              roles: [autobot-llm-cpu]
          """
      )
    )
  )
}
