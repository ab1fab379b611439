extension Rule {
  /// Management and business roles share a node.
  package static let layerMixing = Rule(
    "layer-mixing",
    "FLT3301",
    .error,
    "Roles of separate layers share a node",
    waivable: true,
    explanation: Explanation(
      does: """
        Compares the layers of the roles on each node. Roles of the layer `shared`, such as
        `slm-agent`, go with both.
        """,
      matters: """
        The management layer holds the SSH key to every machine, the certificate authority and the
        deployment code. Whoever breaks into a service that talks to users must not find himself
        beside them. The layer design of AutoBot puts it as a rule: the business layer never uses
        SSH, it asks the SLM.
        """,
      example: Passage(
        """
        Grafana was moved to the AI node "because there is room".
        """,
        fleet: """
          nodes:
            00-SLM-Manager:
              address: 172.16.168.19
              roles: [slm-backend, slm-frontend, slm-database]
            03-AI-Stack:
              address: 172.16.168.24
              roles: [ai-stack, chromadb, slm-monitoring]
          """
      ),
      instead: Passage(
        """
        Separate nodes. A lab of one machine may waive the rule with the reason.
        """,
        fleet: """
          nodes:
            00-SLM-Manager:
              address: 172.16.168.19
              roles: [slm-backend, slm-frontend, slm-database, slm-monitoring]
            03-AI-Stack:
              address: 172.16.168.24
              roles: [ai-stack, chromadb]
          """
      )
    )
  )
}
