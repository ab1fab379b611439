extension Rule {
  /// An endpoint listens on the network because a consumer lives on another node.
  package static let exposureWidened = Rule(
    "exposure-widened",
    "FLT3204",
    .warning,
    "A loopback endpoint is opened to the fleet",
    waivable: true,
    explanation: Explanation(
      does: """
        Names every port that the registry keeps on its own node and that a role on another node
        connects to. It will listen on the node's fleet address too, and the firewall admits the
        nodes of those consumers, nobody else.
        """,
      matters: """
        The registry says "localhost only" because the service has no password: whoever reaches
        ChromaDB reads and rewrites the knowledge base, whoever reaches Ollama uses the GPU. The
        documents themselves contradict each other here (ChromaDB on loopback, its consumer on
        another node), so the fleet works only if somebody opens the port, and that must be seen.
        """,
      example: Passage(
        """
        The backend on 01-Backend uses ChromaDB on 03-AI-Stack.
        """,
        fleet: """
          nodes:
            03-AI-Stack:
              address: 172.16.168.24
              roles: [ai-stack, chromadb]
          """
      ),
      instead: Passage(
        """
        Put provider and consumer on one node, or keep it and write down why it is safe.
        """,
        fleet: """
          nodes:
            03-AI-Stack:
              address: 172.16.168.24
              roles: [ai-stack, chromadb]
              allow:
                - {rule: exposure-widened, because: "only the backend's node is admitted"}
          """
      )
    )
  )
}
