extension Rule {
  /// No node has a role that every fleet needs.
  package static let requiredRoleMissing = Rule(
    "required-role-missing",
    "FLT3010",
    .error,
    "A required role is on no node",
    explanation: Explanation(
      does: """
        Looks for every role that the registry in use calls required. Up to three roles that need
        it are shown. With `registry: none` only your own roles say what is required.
        """,
      matters: """
        The registry defines it: without a required role the fleet's health is critical. The
        backend, for one, loads ChromaDB during its six minutes of start-up, so a missing one is
        noticed late, and by users.
        """,
      example: Passage(
        """
        ChromaDB was taken off the AI node and put nowhere else.
        """,
        fleet: """
          nodes:
            03-AI-Stack:
              address: 172.16.168.24
              roles: [ai-stack]
          """
      ),
      instead: Passage(
        """
        Assign the role. The message names its usual node; `chromadb` may also go to the database
        node or the backend.
        """,
        fleet: """
          nodes:
            03-AI-Stack:
              address: 172.16.168.24
              roles: [ai-stack, chromadb]
          """
      )
    )
  )
}
