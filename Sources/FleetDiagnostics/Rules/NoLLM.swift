extension Rule {
  /// Neither a local nor a cloud language model can be reached.
  package static let noLLM = Rule(
    "no-llm",
    "FLT3012",
    .warning,
    "No language model is reachable from the fleet",
    waivable: true,
    explanation: Explanation(
      does: """
        Looks for a role that serves language models (`autobot-llm-cpu`, `autobot-llm-gpu`), then
        for a cloud provider in `settings.cloud_llm`. With either there is no finding.
        """,
      matters: """
        Every answer of the assistant comes from a model. Without one all services are up, all
        checks are green, and every chat ends in an error.
        """,
      example: Passage(
        """
        Both LLM roles were removed to move to a cloud provider, which is not named.
        """,
        fleet: """
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles: [backend, celery]
            05-LLM-CPU:
              address: 172.16.168.26
          """
      ),
      instead: Passage(
        """
        Name the provider, or assign one of the roles.
        """,
        fleet: """
          settings:
            user_mode: single_company
            firewall: ufw
            cloud_llm: [anthropic]
          nodes:
            01-Backend:
              address: 172.16.168.20
              wsl2: true
              health_via: 00-SLM-Manager
              roles: [backend, celery]
            05-LLM-CPU:
              address: 172.16.168.26
          """
      )
    )
  )
}
